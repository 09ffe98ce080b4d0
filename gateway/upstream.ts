// The model's API, by the official SDK: one turn at a time, always as a stream, so that a long answer is no long silence.
import type { Message, MessageParam, RawMessageStreamEvent } from "@anthropic-ai/sdk/resources/messages";
import { Code } from "@connectrpc/connect";
import { fail } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { ModelParams } from "./messages.ts";

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

/**
 * Has the model answer a conversation.
 *
 * Rejects with `ModelFailure`, and with `MODEL_KEY_MISSING`.
 */
export type Turn = (params: ModelParams, messages: readonly MessageParam[], options: TurnOptions) => Promise<Message>;

/** The model. */
export interface Upstream {
  /** Whether there is a key. */
  readonly ready: boolean;
  readonly turn: Turn;
}

/** The error for a desk without a model. */
export function modelKeyMissing() {
  return fail(
    Code.Unavailable,
    "MODEL_KEY_MISSING",
    "This desk has no key for the model, so it cannot answer here; everything else works. Set CLAUDE_API_KEY (or ANTHROPIC_API_KEY) where the desk is started, and start it again.",
  );
}

/** Makes the way to the model's API. The key is in no log, no error and no answer. */
export function createUpstream(options: UpstreamOptions): Upstream {
  const { apiKey } = options;
  if (!apiKey) return { ready: false, turn: () => Promise.reject(modelKeyMissing()) };
  let connected: Promise<Turn> | undefined;
  return {
    ready: true,
    async turn(...args) {
      // Loading the SDK takes a fifth of a second, which the start of a desk need not wait for.
      connected ??= import("./model-client.ts").then(({ connectModel }) => connectModel(apiKey, options));
      return (await connected)(...args);
    },
  };
}
