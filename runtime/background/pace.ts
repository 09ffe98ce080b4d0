// Work that nobody waits for gives way to calls, and most of all to whoever writes much.
import { callsUnderWay } from "../calls/service.ts";
import { pause } from "./pause.ts";
import { Turn } from "./turn.ts";

/** While calls are under way, a rest is so many times as long as the work before it: a fifth of the time is left for that. */
const REST = 4;
const MOST_MS = 250;
/** While much is written, hardly any time is left: each commit of the work would end a transaction that is best when it is long. */
const WRITING_MS = 2_000;

let largeWrites = 0;

/** Writes much at once. Until it is over, work in the background rests for two seconds after each piece. */
export async function undisturbed<T>(write: () => Promise<T>): Promise<T> {
  largeWrites++;
  try {
    return await write();
  } finally {
    largeWrites--;
  }
}

/** The pace of work in the background: without a rest where nobody waits for an answer, a fifth of the time else. */
export class Pace extends Turn {
  readonly #callsUnderWay: () => number;

  /** `underWay` tells how many calls wait for an answer; those of this process, if left out. */
  constructor(underWay: () => number = callsUnderWay) {
    super();
    this.#callsUnderWay = underWay;
  }

  /** Lets others have their turn, between two pieces of the work; `signal` cuts the rest short. */
  async rest(signal?: AbortSignal): Promise<void> {
    const { workedMs } = this;
    await this.pass();
    if (largeWrites > 0) await pause(WRITING_MS, signal);
    else if (this.#callsUnderWay() > 0) await pause(Math.min(MOST_MS, REST * workedMs), signal);
    else return;
    this.begin();
  }
}
