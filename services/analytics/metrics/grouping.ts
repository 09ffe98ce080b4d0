// Which facts a question is about, and which group each belongs to.
import type { Knex } from "knex";
import { MetricsGrouping } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { TicketChannel } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Segment } from "./facts.ts";
import type { Grouping } from "./fold.ts";
import type { Question } from "./question.ts";

const { TEAM, ASSIGNEE, CHANNEL, CUSTOMER } = MetricsGrouping;

/** Groups of facts that a question tells apart, before it is known which of them are shown. */
export interface Candidates extends Grouping {
  /** What tells the groups apart; by the other, all that counts is 0. */
  readonly by: "segment" | "customer";
  /** The names of groups, as far as they have one. */
  names(db: Knex, groups: readonly number[]): Promise<Map<number, string>>;
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

async function byCustomer(db: Knex, segments: Int32Array, allowed: Set<number> | undefined): Promise<Candidates> {
  const last = (await db("metrics_customer").max({ last: "id" }).first())?.last ?? 0;
  // Those who have been forgotten cannot be told apart any more: they are the group 0.
  const forgotten = new Set<number>(await db("metrics_customer").whereNull("customer_id").pluck("id"));
  const groupOf = (id: number) => (allowed && !allowed.has(id) ? -1 : forgotten.has(id) ? 0 : id);
  return {
    by: "customer",
    groups: last + 1,
    segments: segments.map((group) => Math.min(group, 0)),
    customers: Int32Array.from({ length: last + 1 }, (_, id) => groupOf(id)),
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
  if (groupBy === CUSTOMER) return byCustomer(db, groupOf, filtered && new Set(filtered));
  return {
    by: "segment",
    groups: keys.length,
    segments: groupOf,
    ...(filtered && { customers: onlyThese(filtered) }),
    names: async (_db, groups) => new Map(groups.map((group) => [group, keys[group] ?? ""])),
  };
}

/** Lets these customers through, and no others. */
function onlyThese(customers: readonly number[]): Int32Array {
  const groups = new Int32Array(Math.max(0, ...customers) + 1).fill(-1);
  for (const id of customers) groups[id] = 0;
  return groups;
}

/** The groups that are shown, by their number among the candidates, those with the most going on first. */
export function ranked(counts: Float64Array, limit: number): { shown: number[]; leftOut: number } {
  const active = [...counts.keys()].filter((group) => (counts[group] as number) > 0);
  active.sort((one, other) => (counts[other] as number) - (counts[one] as number) || one - other);
  return { shown: active.slice(0, limit), leftOut: Math.max(0, active.length - limit) };
}

/** The groups that are shown, numbered from 0 on, and one more for all the others. */
export function narrowed({ by, segments, customers }: Candidates, shown: readonly number[]): Grouping {
  const place = new Map(shown.map((group, index) => [group, index]));
  const renumbered = (group: number) => (group < 0 ? group : (place.get(group) ?? shown.length));
  return {
    groups: shown.length + 1,
    segments: by === "segment" ? segments.map(renumbered) : segments,
    ...(customers && { customers: by === "customer" ? customers.map(renumbered) : customers }),
  };
}
