// The model's API, by the official SDK: one turn at a time, always as a stream, so that a long answer is no long silence.
import Anthropic, { APIConnectionError, APIError, APIUserAbortError } from "@anthropic-ai/sdk";
import type { Message, MessageParam, RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import { Code } from "@connectrpc/connect";
import { fail } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { ModelParams } from "./messages.ts";
import { patientFetch } from "./patient-fetch.ts";

/** Where the model is, and with what key. */
export interface UpstreamOptions {
  /** Undefined where none is set: then every turn is refused with what to set. */
  readonly apiKey: string | undefined;
  /** Undefined for the SDK's own. */
  readonly baseUrl: string | undefined;
  /** How often a turn is tried again that failed with 408, 409, 429, 529, 5xx or a lost connection. Default: 4. */
  readonly maxRetries?: number;
  /** Milliseconds without a byte after which a connection counts as lost. Default: 90 s. */
  readonly stallMs?: number;
  /** The longest that a `retry-after` is waited for, in milliseconds; one that asks for more is passed on. Default: 30 s. */
  readonly maxRetryAfterMs?: number;
  readonly log: Log;
}

/** What one turn needs. */
export interface TurnOptions {
  readonly signal: AbortSignal;
  /** Headers of the client that are for the model's API, such as `anthropic-beta`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Told of every event as it comes, when it is sure that this turn counts; returns whether the client has seen something of it. */
  onEvent(event: RawMessageStreamEvent): boolean;
}

/** The model. */
export interface Upstream {
  /** Whether there is a key. */
  readonly ready: boolean;
  /**
   * Has the model answer a conversation.
   *
   * Rejects with the SDK's errors, and with `MODEL_KEY_MISSING`.
   */
  turn(params: ModelParams, messages: readonly MessageParam[], options: TurnOptions): Promise<Message>;
}

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 8_000;
/** Errors that come as an event of a stream and pass. */
const PASSING = new Set<string | null>(["overloaded_error", "api_error", "rate_limit_error", "timeout_error"]);

/** The error for a desk without a model. */
export function modelKeyMissing() {
  return fail(
    Code.Unavailable,
    "MODEL_KEY_MISSING",
    "This desk has no key for the model, so it cannot answer here; everything else works. Set CLAUDE_API_KEY (or ANTHROPIC_API_KEY) where the desk is started, and start it again.",
  );
}

/** Whether an answer that broke off midway is worth another try: the connection was lost, or the API said that it is overloaded. */
function brokeOff(error: unknown): boolean {
  // These come before an answer has begun, and the SDK has tried them again already.
  if (error instanceof APIUserAbortError || error instanceof APIConnectionError) return false;
  if (error instanceof APIError) return error.status === undefined && PASSING.has(error.type);
  // What is thrown while a stream is read: a cut connection, an event that is no JSON, an end in the middle.
  return error instanceof Error;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}

/** Connects to the model's API. The key stays in here: it is in no log, no error and no answer. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { apiKey, baseUrl, maxRetries = 4, stallMs = 90_000, maxRetryAfterMs = 30_000, log } = options;
  if (!apiKey) return { ready: false, turn: () => Promise.reject(modelKeyMissing()) };
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
      const message = await stream.finalMessage();
      // The SDK takes a stream that just ends for a whole one.
      if (message.stop_reason === null) throw new Error("the stream ended before its message did");
      return { message };
    } catch (error) {
      return { error, shown };
    }
  }

  return {
    ready: true,
    async turn(params, messages, turn) {
      for (let attempt = 0; ; attempt++) {
        const { message, error, shown } = await once(params, messages, turn);
        // Without what the SDK keeps beside the fields of the API.
        if (message) return JSON.parse(JSON.stringify(message));
        if (shown || attempt >= maxRetries || turn.signal.aborted || !brokeOff(error)) throw error;
        log("the model's answer broke off; asking again", { attempt: attempt + 1, error: String(error) });
        await pause(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt) * (1 - Math.random() / 4), turn.signal);
      }
    },
  };
}
