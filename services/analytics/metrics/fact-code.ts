// A fact as numbers, as it is stored and counted: a code for what it is, and up to two values for what it says.
import { Answered, type Fact, KINDS, type Mood } from "./facts.ts";

/** A fact with the numbers under which its segment, customer and engine are known. */
export interface NumberedFact {
  readonly fact: Fact;
  readonly segment: number;
  readonly customer: number;
  /** 0 where no text was read. */
  readonly engine: number;
}

const bits = (from: number, width: number) => ({
  of: (value: number) => value << from,
  in: (code: number) => (code >>> from) & ((1 << width) - 1),
});

/** Lengths of time, numbered for storage; 0 is none. */
export const Span = { NONE: 0, FIRST: 1, NEXT: 2, RESOLUTION: 3 } as const;
const BACKLOG = [0, 1, -1] as const;

/** The parts of a fact's code, which has 11 bits. */
export const Code = {
  kind: bits(0, 4),
  /** Index into 0, +1, -1. */
  backlog: bits(4, 2),
  answered: bits(6, 2),
  span: bits(8, 2),
  met: bits(10, 1),
  /** How many values a fact with this code has: one for a text, two (seconds on the wall, of business) for a length of time. */
  values: (code: number) => ((code & 15) < 2 ? 1 : (code >>> 8) & 3 ? 2 : 0),
  /** What it does to the backlog. */
  change: (code: number): number => BACKLOG[(code >>> 4) & 3] ?? 0,
} as const;

/** How many codes there can be. */
export const CODES = 2 ** 11;

/** Engines beyond this number are told apart no more. */
export const MAX_ENGINE = 2047;
const SCORES = 10_000;
const score = bits(0, 15);
const sentiment = bits(15, 2);
const category = bits(17, 4);
const engine = bits(21, 11);

/** How a text reads, in one value. */
export const MoodValue = {
  of: (mood: Mood, engineNumber: number) =>
    (score.of(Math.round((mood.score + 1) * SCORES)) |
      sentiment.of(mood.sentiment) |
      category.of(mood.category) |
      engine.of(Math.min(engineNumber, MAX_ENGINE))) >>>
    0,
  /** In ten-thousandths. */
  score: (value: number) => score.in(value) - SCORES,
  sentiment: sentiment.in,
  category: category.in,
  engine: engine.in,
} as const;

const MAX_TIME = 2 ** 32 - 1;
const MAX_SECONDS = 2 ** 31 - 1;

/** Milliseconds UTC as the seconds that facts have: before 1970 is 1970, after 2106 is 2106. */
export function toSeconds(ms: number): number {
  return Math.min(Math.max(Math.floor(ms / 1000), 0), MAX_TIME);
}

const length = (ms: number) => Math.min(Math.round(ms / 1000), MAX_SECONDS);

/** The code of a fact, and its values. */
export function encode({ fact, engine: engineNumber }: NumberedFact): { code: number; values: readonly number[] } {
  const kind = KINDS.indexOf(fact.kind);
  const common = Code.kind.of(kind) | Code.backlog.of(BACKLOG.indexOf(fact.backlog));
  const spanned = (span: number, { wall, business, met }: { wall: number; business: number; met: boolean }) => ({
    bits: Code.span.of(span) | Code.met.of(met ? 1 : 0),
    values: [length(wall), length(business)],
  });
  switch (fact.kind) {
    case "created":
    case "message":
      return { code: common, values: [MoodValue.of(fact.mood, engineNumber)] };
    case "reply": {
      const { response } = fact;
      const span = response && spanned(response.of === "first" ? Span.FIRST : Span.NEXT, response);
      return { code: common | Code.answered.of(fact.by) | (span?.bits ?? 0), values: span?.values ?? [] };
    }
    case "resolved": {
      const span = spanned(Span.RESOLUTION, fact.resolution);
      return { code: common | Code.answered.of(fact.by) | span.bits, values: span.values };
    }
    default:
      return { code: common | Code.answered.of(Answered.NOBODY), values: [] };
  }
}

const ACTIVITY: readonly Fact["kind"][] = ["created", "reply", "resolved"];

/** Whether a fact counts as something going on, by which groups are ranked: a ticket opened, an answer, a resolution. */
export function isActivity(code: number): boolean {
  return ACTIVITY.includes(KINDS[Code.kind.in(code)] as Fact["kind"]);
}
