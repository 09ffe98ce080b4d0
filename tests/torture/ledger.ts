// What the agents asked for and what they were told: held against the databases afterwards.

/** What an agent was told of a call; nothing yet while it is pending. */
export type State = "pending" | "acknowledged" | "refused";

/** One call of a tool, with all its attempts. */
export interface Call {
  /** Its request_id, which is part of every text that it writes. */
  readonly id: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly begun: number;
  attempts: number;
  state: State;
  /** From the first attempt to the answer. */
  latencyMs?: number;
  answer?: unknown;
}

/** All calls of a run. */
export class Ledger {
  readonly calls: Call[] = [];
  /** How often each error was met, by its code and reason. */
  readonly errors = new Map<string, number>();

  begin(id: string, tool: string, args: Readonly<Record<string, unknown>>): Call {
    const call: Call = { id, tool, arguments: args, begun: performance.now(), attempts: 0, state: "pending" };
    this.calls.push(call);
    return call;
  }

  end(call: Call, state: State, answer: unknown): void {
    Object.assign(call, { state, answer, latencyMs: performance.now() - call.begun });
  }

  failed(error: string): void {
    this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
  }

  count(state: State): number {
    return this.calls.filter((call) => call.state === state).length;
  }

  get retries(): number {
    return this.calls.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0);
  }

  /** Milliseconds within which this share of the acknowledged calls was, all attempts included. */
  latency(share: number): number {
    const sorted = this.calls
      .filter(({ state }) => state === "acknowledged")
      .map(({ latencyMs = 0 }) => latencyMs)
      .sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }
}
