// How the service asks for readings, whatever reads: the engine in this process, or a model far away.

import type { Taught } from "../corrections/teaching.ts";
import type { Reading } from "../engine/engine.ts";

/** A reading, and who made it. */
export interface Answer {
  readonly reading: Reading;
  /** Name of the engine that answered. */
  readonly engine: string;
}

/** The call that asks. */
export interface Call {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Milliseconds that the caller still has; undefined for no limit. */
  timeoutMs(): number | undefined;
}

/** Reads texts as the desk has taught it. */
export interface Reader {
  /**
   * One answer a text, in the order of the texts.
   *
   * @throws the signal's reason once it is aborted
   */
  read(texts: readonly string[], taught: Taught, call: Call): Promise<Answer[]>;
}
