// How far a run may go before it is paused.

/** Bounds of one run. */
export interface RunLimits {
  /** Answers of the model. */
  readonly maxTurns: number;
  /** Tokens in and out, over all turns. */
  readonly maxTokens: number;
  /** Milliseconds from the start to the last call of the model; a tool that is at work then may finish. */
  readonly maxMs: number;
}

/** The limit at which a run was stopped. */
export type LimitName = "turn_limit" | "token_limit" | "time_limit";

/** The limit that stands before another turn; undefined where there is none. */
export function reachedLimit(
  { maxTurns, maxTokens, maxMs }: RunLimits,
  spent: { readonly turns: number; readonly tokens: number; readonly ms: number },
): LimitName | undefined {
  if (spent.turns >= maxTurns) return "turn_limit";
  if (spent.tokens >= maxTokens) return "token_limit";
  return spent.ms >= maxMs ? "time_limit" : undefined;
}
