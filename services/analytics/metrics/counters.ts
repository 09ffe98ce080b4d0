// What is counted in each cell, and by which facts.
import { MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { CODES, Code } from "./fact-code.ts";
import { type Fact, KINDS } from "./facts.ts";

const kind = (name: (typeof KINDS)[number]) => KINDS.indexOf(name);

const [REPLIES, RESOLUTIONS, KEPT, SENTIMENTS, CATEGORIES] = [16, 20, 24, 28, 32];
/** How many counters a cell has. */
export const COUNTERS = CATEGORIES + 16;

/** Places of the counters within a cell. Facts are counted by kind, from 0 on; what they say comes after. */
export const Counter = {
  kind,
  /** Answers by AI and by people, by `Answered`. */
  replies: (by: number) => REPLIES + by,
  /** Resolutions by who had answered. */
  resolved: (by: number) => RESOLUTIONS + by,
  /** Lengths of time that kept their target, by `Span`. */
  met: (span: number) => KEPT + span,
  mood: (sentiment: number) => SENTIMENTS + sentiment,
  /** Opening texts by category. */
  category: (category: number) => CATEGORIES + category,
} as const;

function placesOf(code: number): number[] {
  const [what, answered, span] = [Code.kind.in(code), Code.answered.in(code), Code.span.in(code)];
  return [
    what,
    ...(what === kind("reply") ? [REPLIES + answered] : []),
    ...(what === kind("resolved") ? [RESOLUTIONS + answered] : []),
    ...(Code.met.in(code) ? [KEPT + span] : []),
  ];
}

/** The counters that a fact counts in by its code alone. */
export const PLACES: readonly (readonly number[])[] = Array.from({ length: CODES }, (_, code) => placesOf(code));

const { VOLUME, RESPONSE_TIME, RESOLUTION_TIME, ANSWERS, MOOD } = MetricsKind;

/** Which kinds of figures facts count in. */
export const KINDS_OF: Readonly<Record<Fact["kind"], readonly MetricsKind[]>> = {
  created: [VOLUME, MOOD],
  message: [MOOD],
  reply: [ANSWERS, RESPONSE_TIME],
  resolved: [VOLUME, ANSWERS, RESOLUTION_TIME],
  closed: [VOLUME],
  merged: [VOLUME],
  reopened: [VOLUME],
  entered: [VOLUME],
  left: [VOLUME],
};
