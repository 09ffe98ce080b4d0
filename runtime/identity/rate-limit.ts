// How often a caller may call: token buckets, in the memory of this process.
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, type HandlerContext } from "@connectrpc/connect";
import { principalOf, TOOL_HEADER } from "../calls/call.ts";
import { failForNow } from "../errors.ts";
import { Recent } from "../recent.ts";
import type { Rate } from "./rate.ts";

/** Callers, each with the tools it calls, that are remembered; one who was forgotten begins with a full bucket. */
const MAX_BUCKETS = 20_000;

interface Bucket {
  tokens: number;
  /** On the clock of `now`. */
  at: number;
}

/** What is allowed. */
export interface RateLimits {
  /** For each caller who shows credentials and has no limit of its own; undefined for none. */
  readonly callers: Rate | undefined;
  /** For each caller and tool, or method such as `TicketService/RespondToTicket`. */
  readonly calls: ReadonlyMap<string, Rate>;
}

/** Counts calls against their limits. */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  readonly #buckets = new Recent<string, Bucket>(MAX_BUCKETS);

  /** @param now milliseconds of a clock that only goes forward */
  constructor(limits: RateLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether there is a limit on any tool or method. */
  get limitsCalls(): boolean {
    return this.#limits.calls.size > 0;
  }

  /**
   * Counts a request of a caller.
   *
   * @param own the limit of this caller's key, in place of the usual one
   * @throws ConnectError `resource_exhausted` (RATE_LIMITED) with how long to wait
   */
  countCaller(principal: string, own: Rate | undefined): void {
    const rate = own ?? this.#limits.callers;
    if (rate) this.#take(principal, rate, "This caller");
  }

  /**
   * Counts a call of a tool or a method.
   *
   * @throws ConnectError `resource_exhausted` (RATE_LIMITED) with how long to wait
   */
  countCall(method: DescMethod, context: HandlerContext): void {
    const names = [context.requestHeader.get(TOOL_HEADER), `${method.parent.name}/${method.name}`];
    for (const name of names) {
      const rate = name === null ? undefined : this.#limits.calls.get(name);
      if (rate) this.#take(`${principalOf(context)}\n${name}`, rate, `This caller's use of ${name}`);
    }
  }

  #take(key: string, { count, perMs, text }: Rate, who: string): void {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: count, at: now };
    const tokens = Math.min(count, bucket.tokens + ((now - bucket.at) / perMs) * count);
    const waitMs = tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / count) * perMs);
    this.#buckets.set(key, { tokens: waitMs === 0 ? tokens - 1 : tokens, at: now });
    if (waitMs === 0) return;
    throw failForNow(
      Code.ResourceExhausted,
      "RATE_LIMITED",
      `${who} is limited to ${text}, and this call was not begun. Wait ${(waitMs / 1000).toFixed(1)} seconds, then go on more slowly.`,
      waitMs,
    );
  }
}
