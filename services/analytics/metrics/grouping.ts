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

/** All groups by team, assignee or channel; one group where nothing is told apart. */
export interface SegmentCandidates extends Grouping, Named {
  readonly by: "segment";
}

/** Customers, each a group. */
export interface CustomerCandidates extends Named {
  readonly by: "customer";
  readonly groups: number;
  /** 0 for each segment that counts, else -1. */
  readonly segments: Int32Array;
  /** The group of each customer by its number; -1 for one who does not count. */
  readonly groupOf: Int32Array;
  /** All who count, as one group. */
  readonly everybody: Grouping;
}

/** Groups of facts that a question tells apart, before it is known which of them are shown. */
export type Candidates = SegmentCandidates | CustomerCandidates;

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
  segments: Int32Array,
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
  const anyOf = segments.map((group) => Math.min(group, 0));
  return {
    by: "customer",
    groups,
    segments: anyOf,
    groupOf,
    everybody: { groups: 1, segments: anyOf, ...(allowed && { customers: onlyThese(allowed) }) },
    async names(knex, groups) {
      const rows = await knex("metrics_customer").whereIn("id", groups).select("id", "customer_id");
      return new Map(rows.map(({ id, customer_id }) => [id, customer_id ?? ""]));
    },
  };
}

/** Finds the groups that a question tells apart; one group where it tells nothing apart. */
export async function candidatesOf(
  db: Knex,
  question: Question,
  segments: ReadonlyMap<number, Segment>,
): Promise<Candidates> {
  const { filter, groupBy } = question;
  const keyOf = KEYS[groupBy] ?? (() => "");
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
  const filtered = await customersFiltered(db, question);
  if (groupBy === CUSTOMER) return byCustomer(db, groupOf, filtered);
  return {
    by: "segment",
    // Nothing that counts is a group too.
    groups: Math.max(1, keys.length),
    segments: groupOf,
    ...(filtered && { customers: onlyThese(filtered) }),
    names: async (_db, groups) => new Map(groups.map((group) => [group, keys[group] ?? ""])),
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

/** Where each group is among those that are shown; `others` for one that is not. */
function placesOf(groups: number, shown: readonly number[], others: number): Int32Array {
  const places = new Int32Array(groups).fill(others);
  for (const [place, group] of shown.entries()) places[group] = place;
  return places;
}

/** The groups that are shown, numbered from 0 on, and one more for all the others. */
export function narrowed({ groups, segments, customers }: SegmentCandidates, shown: readonly number[]): Grouping {
  const places = placesOf(groups, shown, shown.length);
  const renumbered = segments.map((group) => (group < 0 ? -1 : (places[group] as number)));
  return { groups: shown.length + 1, segments: renumbered, ...(customers && { customers }) };
}

/** The customers that are shown, numbered from 0 on. */
export function onlyShown({ groups, segments, groupOf }: CustomerCandidates, shown: readonly number[]): Grouping {
  const places = placesOf(groups, shown, -1);
  const [ids, chosen]: [number[], number[]] = [[], []];
  for (const [id, group] of groupOf.entries()) {
    const place = group < 0 ? -1 : (places[group] as number);
    if (place >= 0) chosen[ids.push(id) - 1] = place;
  }
  return { groups: shown.length, segments, customers: { ids: Uint32Array.from(ids), groups: Int8Array.from(chosen) } };
}
