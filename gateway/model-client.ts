// Turns of the model by the official SDK, which is loaded when the first is asked for.
import Anthropic, { APIConnectionError, APIError, APIUserAbortError } from "@anthropic-ai/sdk";
import type { Message, MessageParam } from "@anthropic-ai/sdk/resources/messages";
import { pause } from "../runtime/background/pause.ts";
import { ModelFailure } from "./api-failure.ts";
import type { ModelParams } from "./messages.ts";
import { failureOfModel } from "./model-errors.ts";
import { patientFetch } from "./patient-fetch.ts";
import type { Turn, TurnOptions, UpstreamOptions } from "./upstream.ts";

/** The pause before the first repeat; it doubles with each, up to the longest. */
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 8_000;
/** Errors that come as an event of a stream and pass. */
const PASSING = new Set<string | null>(["overloaded_error", "api_error", "rate_limit_error", "timeout_error"]);

/** Whether an answer that broke off midway is worth another try: the connection was lost, or the API said that it is overloaded. */
function brokeOff(error: unknown): boolean {
  // These come before an answer has begun, and the SDK has tried them again already.
  if (error instanceof APIUserAbortError || error instanceof APIConnectionError) return false;
  if (error instanceof APIError) return error.status === undefined && PASSING.has(error.type);
  // What is thrown while a stream is read: a cut connection, an event that is no JSON, an end in the middle.
  return error instanceof Error;
}

/** Connects to the model's API with a key, which stays in here. */
export function connectModel(apiKey: string, options: UpstreamOptions): Turn {
  const { baseUrl, maxRetries = 4, stallMs = 90_000, maxRetryAfterMs = 30_000, log } = options;
  const client = new Anthropic({
    apiKey,
    ...(baseUrl && { baseURL: baseUrl }),
    maxRetries,
    timeout: stallMs,
    fetch: patientFetch({ stallMs, maxRetryAfterMs }),
    // Its lines hold what customers wrote.
    logLevel: "off",
    // Trace context and baggage of the desk are nobody's business outside.
    openTelemetry: { propagation: false },
  });

  async function once(
    params: ModelParams,
    messages: readonly MessageParam[],
    { signal, headers, onEvent }: TurnOptions,
  ) {
    let shown = false;
    const stream = client.messages.stream({ ...params, messages } as never, { signal, headers });
    try {
      for await (const event of stream) shown = onEvent(event) || shown;
      return { message: await stream.finalMessage() };
    } catch (error) {
      return { error, shown };
    }
  }

  return async (params, messages, turn): Promise<Message> => {
    for (let attempt = 0; ; attempt++) {
      const { message, error, shown } = await once(params, messages, turn);
      // Without what the SDK keeps beside the fields of the API.
      if (message) return JSON.parse(JSON.stringify(message));
      if (shown || attempt >= maxRetries || turn.signal.aborted || !brokeOff(error)) {
        throw new ModelFailure(failureOfModel(error), error);
      }
      log("the model's answer broke off; asking again", { attempt: attempt + 1, error }, "warn");
      await pause(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (1 - Math.random() / 4), turn.signal);
    }
  };
}
