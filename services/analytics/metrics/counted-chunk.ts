// What has been counted of a chunk by a grouping: it is kept, so that most questions add up chunks, and look at no facts.
import { MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { Grouping } from "./cells.ts";
import type { Facts } from "./fact-cache.ts";
import { FactCounter } from "./fact-counter.ts";
import type { Tally } from "./tally.ts";

const { VOLUME, RESPONSE_TIME, RESOLUTION_TIME, ANSWERS, MOOD } = MetricsKind;
const ALL_KINDS = new Set([VOLUME, RESPONSE_TIME, RESOLUTION_TIME, ANSWERS, MOOD]);

/** Counts all facts of a chunk into one bucket. */
export function countChunk(facts: Facts, grouping: Grouping): Tally {
  const { minTime: start, maxTime } = facts.entry;
  const counter = new FactCounter({ start, end: maxTime + 1, starts: [start] }, grouping, ALL_KINDS, true);
  counter.add(facts);
  return counter.end(true);
}
