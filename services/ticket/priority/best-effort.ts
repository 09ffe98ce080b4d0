// Asking another service for what a write can do without.
import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import { onBehalfOf } from "../../../runtime/calls/call.ts";
import type { Log } from "../../../runtime/log.ts";

/** What a write waits for an answer at most. */
const TIMEOUT_MS = 300;
/** For so long nobody is asked again after a failure, so that an outage costs one write the wait, not all of them. */
const PAUSE_MS = 5_000;

/** Asks a service that may be away. */
export class BestEffort {
  readonly #service: string;
  readonly #log: Log;
  #pausedUntil = 0;

  /** @param service named in the log */
  constructor(service: string, log: Log) {
    this.#service = service;
    this.#log = log;
  }

  /** The answer of a call on behalf of the one in `context`; undefined where there is none in time. */
  async ask<T>(context: HandlerContext, call: (options: CallOptions) => Promise<T>): Promise<T | undefined> {
    if (performance.now() < this.#pausedUntil) return undefined;
    try {
      return await call(onBehalfOf(context, TIMEOUT_MS));
    } catch (error) {
      if (context.signal.aborted) return undefined;
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.#log("tickets are written without advice for now", { service: this.#service, error });
      return undefined;
    }
  }
}
