// Which facts a question is about, and which group each belongs to.
import type { Knex } from "knex";
import { MetricsGrouping } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { TicketChannel } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { ChosenCustomers, Grouping } from "./cells.ts";
import type { Segment } from "./facts.ts";
import type { Question } from "./question.ts";

const { TEAM, ASSIGNEE, CHANNEL, CUSTOMER } = MetricsGrouping;

interface Named {
  /** The names of groups, as far as they have one. */
  names(db: Knex, groups: readonly number[]): Promise<Map<number, string>>;
}

/** All groups by team, assignee or channel. */
export interface SegmentCandidates extends Grouping, Named {
  readonly by: "segment";
}

/** Customers, each a group. */
export interface CustomerCandidates extends Named {
  readonly by: "customer";
  readonly name: string;
  readonly groups: number;
  /** 0 for each segment that counts, else -1. */
  readonly segments: Int32Array;
  /** The group of each customer by its number; -1 for one who does not count. */
  readonly groupOf: Int32Array;
}

/** What a question counts. */
export interface Candidates {
  /** All that counts, as one group. */
  readonly all: Grouping;
  /** The groups that it tells apart, before it is known which of them are shown; none if it tells nothing apart. */
  readonly groups: SegmentCandidates | CustomerCandidates | undefined;
}

const within = <T>(allowed: readonly T[] | undefined, value: T) =>
  !allowed || allowed.length === 0 || allowed.includes(value);

const KEYS: Readonly<Partial<Record<MetricsGrouping, (segment: Segment) => string>>> = {
  [TEAM]: ({ team }) => team,
  [ASSIGNEE]: ({ assignee }) => assignee,
  [CHANNEL]: ({ channel }) => TicketChannel[channel].toLowerCase(),
};

function customersFiltered(db: Knex, { filter }: Question): Promise<number[]> | undefined {
  const ids = filter?.customerIds ?? [];
  return ids.length === 0 ? undefined : db("metrics_customer").whereIn("customer_id", ids).pluck("id");
}

async function lastCustomer(db: Knex): Promise<number> {
  return (await db("metrics_customer").max({ last: "id" }).first())?.last ?? 0;
}

async function byCustomer(
  db: Knex,
  { name, segments }: Grouping,
  allowed: readonly number[] | undefined,
): Promise<CustomerCandidates> {
  const groups = (await lastCustomer(db)) + 1;
  const groupOf = new Int32Array(groups);
  if (allowed) groupOf.fill(-1);
  if (allowed) for (const id of allowed) groupOf[id] = id;
  else for (let id = 0; id < groups; id++) groupOf[id] = id;
  // Those who have been forgotten cannot be told apart any more: they are the group 0.
  const forgotten: number[] = await db("metrics_customer").whereNull("customer_id").pluck("id");
  if (!allowed) for (const id of forgotten) groupOf[id] = 0;
  return {
    by: "customer",
    ...{ name, groups, segments, groupOf },
    async names(knex, groups) {
      const rows = await knex("metrics_customer").whereIn("id", groups).select("id", "customer_id");
      return new Map(rows.map(({ id, customer_id }) => [id, customer_id ?? ""]));
    },
  };
}

/** The groups of segments by `keyOf`, numbered as they come. */
function bySegment(
  segments: ReadonlyMap<number, Segment>,
  { filter }: Question,
  keyOf: (segment: Segment) => string,
): { keys: string[]; groupOf: Int32Array } {
  const keys: string[] = [];
  const groupOfKey = new Map<string, number>();
  const groupOf = new Int32Array(segments.size + 1).fill(-1);
  for (const [id, segment] of segments) {
    const { team, assignee, channel } = segment;
    if (!within(filter?.teams, team) || !within(filter?.assignees, assignee) || !within(filter?.channels, channel)) {
      continue;
    }
    const key = keyOf(segment);
    const group = groupOfKey.get(key) ?? keys.push(key) - 1;
    groupOfKey.set(key, group);
    groupOf[id] = group;
  }
  return { keys, groupOf };
}

/** Finds what a question counts, and the groups that it tells apart. */
export async function candidatesOf(
  db: Knex,
  question: Question,
  segments: ReadonlyMap<number, Segment>,
): Promise<Candidates> {
  const { filter, groupBy } = question;
  const filtered = await customersFiltered(db, question);
  const grouped = (by: MetricsGrouping, groups: number, groupOf: Int32Array): Grouping => {
    const { teams = [], assignees = [], channels = [] } = filter ?? {};
    return {
      name: JSON.stringify([by, teams, assignees, channels, filtered]),
      ...{ groups, segments: groupOf, ...(filtered && { customers: onlyThese(filtered) }) },
    };
  };
  const all = grouped(MetricsGrouping.UNSPECIFIED, 1, bySegment(segments, question, () => "").groupOf);
  if (groupBy === CUSTOMER) return { all, groups: await byCustomer(db, all, filtered) };
  const keyOf = KEYS[groupBy];
  if (!keyOf) return { all, groups: undefined };
  const { keys, groupOf } = bySegment(segments, question, keyOf);
  return {
    all,
    groups: {
      by: "segment",
      ...grouped(groupBy, keys.length, groupOf),
      names: async (_db, shown) => new Map(shown.map((group) => [group, keys[group] ?? ""])),
    },
  };
}

/** Lets these customers through, and no others. */
function onlyThese(customers: readonly number[]): ChosenCustomers {
  return { ids: Uint32Array.from(customers).sort(), groups: new Int8Array(customers.length) };
}

/** The groups that are shown, by their number among the candidates, those with the most going on first; none for limit 0. */
export function ranked(counts: Float64Array, limit: number): { shown: number[]; leftOut: number } {
  const shown: number[] = [];
  let active = 0;
  for (let group = 0; limit > 0 && group < counts.length; group++) {
    const count = counts[group] as number;
    if (count <= 0) continue;
    active++;
    // Of equals the first stays before.
    if (shown.length === limit && count <= (counts[shown[limit - 1] as number] as number)) continue;
    const place = shown.findIndex((other) => (counts[other] as number) < count);
    shown.splice(place < 0 ? shown.length : place, 0, group);
    if (shown.length > limit) shown.pop();
  }
  return { shown, leftOut: active - shown.length };
}

/** Where each group is among those that are shown; -1 for one that is not. */
function placesOf(groups: number, shown: readonly number[]): Int32Array {
  const places = new Int32Array(groups).fill(-1);
  for (const [place, group] of shown.entries()) places[group] = place;
  return places;
}

/** The groups that are shown, numbered from 0 on. */
export function narrowed(candidates: SegmentCandidates, shown: readonly number[]): Grouping {
  const { name, groups, segments, customers } = candidates;
  const places = placesOf(groups, shown);
  const renumbered = segments.map((group) => (group < 0 ? -1 : (places[group] as number)));
  return {
    name: `${name} ${shown}`,
    ...{ groups: shown.length, segments: renumbered, ...(customers && { customers }) },
  };
}

/** The customers that are shown, numbered from 0 on. */
export function onlyShown(candidates: CustomerCandidates, shown: readonly number[]): Grouping {
  const { name, groups, segments, groupOf } = candidates;
  const places = placesOf(groups, shown);
  const [ids, chosen]: [number[], number[]] = [[], []];
  for (let id = 0; id < groupOf.length; id++) {
    const group = groupOf[id] as number;
    const place = group < 0 ? -1 : (places[group] as number);
    if (place >= 0) chosen[ids.push(id) - 1] = place;
  }
  return {
    // Of those who have been forgotten there may be more next time.
    name: `${name} ${shown} ${ids.length}`,
    ...{ groups: shown.length, segments },
    customers: { ids: Uint32Array.from(ids), groups: Int8Array.from(chosen) },
  };
}
