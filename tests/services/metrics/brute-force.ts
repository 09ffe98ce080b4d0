// The metrics by their definitions in docs/metrics.md, computed the long way: from raw events alone, for one question at a time.
// It shares nothing with the service but the policy's targets, and what texts read like.
import type { JsonObject } from "@bufbuild/protobuf";
import { toJson } from "@bufbuild/protobuf";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { type TicketEvent, TicketEventSchema } from "#gen/deskwire/ticket/v1/event_pb.js";
import { levelOf, type Policy } from "../../../runtime/policy/policy.ts";
import type { Engine } from "../../../services/analytics/engine/engine.ts";

const QUARTER = 15 * 60_000;

type Fields = Readonly<Record<string, string>>;

/** One event, with the ticket's fields before and after it. */
interface Moment {
  readonly time: number;
  readonly type: string;
  readonly event: JsonObject;
  readonly before: Fields;
  readonly after: Fields;
}

interface History {
  readonly moments: readonly Moment[];
  readonly customerId: string;
  readonly imported: boolean;
  readonly created: number;
}

const isActive = ({ status }: Fields) => status === "TICKET_STATUS_OPEN" || status === "TICKET_STATUS_IN_PROGRESS";

/** The tickets' histories. */
function historiesOf(events: readonly TicketEvent[]): History[] {
  const byTicket = Map.groupBy(events, ({ ticketId }) => ticketId);
  return [...byTicket.values()].map((own) => {
    let fields: Fields = {};
    const moments = own.map((event): Moment => {
      const json = toJson(TicketEventSchema, event) as JsonObject;
      const before = fields;
      const changes = (json.changes ?? []) as JsonObject[];
      fields = {
        ...fields,
        ...Object.fromEntries(changes.map(({ field, after }) => [field, (after ?? "") as string])),
      };
      return {
        time: Date.parse(json.createTime as string),
        type: json.type as string,
        event: json,
        before,
        after: fields,
      };
    });
    const imported = `${moments[0]?.event.method}`.endsWith("/ImportTickets");
    const created = imported ? Date.parse(moments[0]?.after.create_time ?? "") : (moments[0]?.time ?? 0);
    return { moments, customerId: own[0]?.customerId ?? "", imported, created };
  });
}

/** Tells for each quarter of an hour whether the desk is open then: asked of the clocks of the zone, one by one. */
export class SlowCalendar {
  readonly #open = new Map<number, boolean>();
  readonly #format: Intl.DateTimeFormat;
  readonly #isOpen: (weekday: string, minutes: number, day: string) => boolean;

  constructor(timeZone: string, isOpen: (weekday: string, minutes: number, day: string) => boolean) {
    const options = { timeZone, weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    this.#format = new Intl.DateTimeFormat("en-US", { ...options, year: "numeric", month: "2-digit", day: "2-digit" });
    this.#isOpen = isOpen;
  }

  parts(time: number): Record<string, string> {
    return Object.fromEntries(this.#format.formatToParts(time).map(({ type, value }) => [type, value]));
  }

  businessMs(from: number, to: number): number {
    let ms = 0;
    for (let quarter = Math.floor(from / QUARTER) * QUARTER; quarter < to; quarter += QUARTER) {
      let open = this.#open.get(quarter);
      if (open === undefined) {
        const { weekday = "", hour, minute, year, month, day } = this.parts(quarter);
        open = this.#isOpen(weekday.toLowerCase(), Number(hour) * 60 + Number(minute), `${year}-${month}-${day}`);
        this.#open.set(quarter, open);
      }
      if (open) ms += Math.min(to, quarter + QUARTER) - Math.max(from, quarter);
    }
    return ms;
  }
}

/** What the brute force goes by. */
export interface Rules {
  readonly policy: Policy;
  readonly calendar: SlowCalendar;
  readonly engine: Engine;
}

/** The stretches in which a ticket's clock runs. */
function running({ moments, created }: History, pauses: boolean): [number, number][] {
  return moments.flatMap(({ time, after }, index): [number, number][] => {
    if (!isActive(after) || (pauses && after.waiting_on === "WAITING_ON_CUSTOMER")) return [];
    return [[index === 0 ? created : time, moments[index + 1]?.time ?? Number.POSITIVE_INFINITY]];
  });
}

interface Length {
  readonly wall: number;
  readonly business: number;
  readonly met: boolean;
}

/** One thing that happened, by the definitions. */
interface Happening {
  readonly what: string;
  readonly second: number;
  readonly fields: Fields;
  readonly customerId: string;
  readonly length?: Length;
  readonly text?: string;
}

const second = (time: number) => Math.floor(time / 1000);
const priorityOf = ({ priority, urgency }: Fields) => ({
  priority: (priority ?? "").replace("TICKET_PRIORITY_", "").toLowerCase() || "normal",
  urgency: (urgency ?? "").replace("TICKET_URGENCY_", "").toLowerCase() || "medium",
});

function happeningsOf(history: History, { policy, calendar }: Rules): Happening[] {
  const { moments, customerId, imported, created } = history;
  const stretches = running(history, policy.pauseWhileWaitingOnCustomer);
  const happenings: Happening[] = [];
  const length = (kind: "first_response" | "next_response" | "resolution", from: number, { time, after }: Moment) => {
    const parts = stretches.map(([a, b]) => [Math.max(a, from), Math.min(b, time)] as const).filter(([a, b]) => a < b);
    const wall = parts.reduce((sum, [a, b]) => sum + b - a, 0);
    const business = parts.reduce((sum, [a, b]) => sum + calendar.businessMs(a, b), 0);
    const target = policy.target(kind, levelOf(priorityOf(after)), after.plan ?? "");
    const met = (target.clock === "business_hours" ? business : wall) <= target.ms;
    return { wall: Math.round(wall / 1000), business: Math.round(business / 1000), met };
  };
  const isMessage = ({ event }: Moment, ...kinds: string[]) => {
    const message = event.message as JsonObject | undefined;
    if (!message || message.mergedFrom || message.visibility !== "MESSAGE_VISIBILITY_PUBLIC") return false;
    return kinds.includes(`${(message.author as JsonObject).kind}`);
  };
  const counting = policy.aiReplyStopsFirstResponse ? ["ACTOR_KIND_AGENT", "ACTOR_KIND_AI"] : ["ACTOR_KIND_AGENT"];
  const isAnsweredByMerge = ({ event }: Moment) =>
    policy.aiReplyStopsFirstResponse &&
    Boolean((event.message as JsonObject | undefined)?.mergedFrom) &&
    ((event.changes ?? []) as JsonObject[]).some(({ field }) => field === "first_response_time");
  const firstReply = imported
    ? -1
    : moments.findIndex((moment) => isMessage(moment, ...counting) || isAnsweredByMerge(moment));
  for (const [index, moment] of moments.entries()) {
    const { time, before, after, type, event } = moment;
    const add = (what: string, more: Partial<Happening> = {}) =>
      happenings.push({ what, second: second(time), fields: after, customerId, ...more });
    if (index === 0) {
      add("created", { second: second(created), text: `${after.subject ?? ""}\n${after.description ?? ""}` });
      continue;
    }
    const earlier = moments.slice(0, index);
    if (isMessage(moment, "ACTOR_KIND_CUSTOMER")) add("message", { text: (event.message as { body: string }).body });
    if (isMessage(moment, "ACTOR_KIND_AGENT")) add("by_people");
    if (isMessage(moment, "ACTOR_KIND_AI")) add("by_ai");
    if (index === firstReply && !isAnsweredByMerge(moment))
      add("first_response", { length: length("first_response", created, moment) });
    else if (isMessage(moment, ...counting) && (imported || index > firstReply)) {
      const done = earlier.findLastIndex((one) => isActive(one.before) && !isActive(one.after));
      const since = Math.max(
        done,
        firstReply,
        earlier.findLastIndex((one) => isMessage(one, ...counting)),
      );
      const waits = (one: Moment) => isActive(one.after) && one.after.waiting_on === "WAITING_ON_DESK";
      const asked = earlier.find(
        (one, at) =>
          (at > since && isMessage(one, "ACTOR_KIND_CUSTOMER")) ||
          (at === since && at === firstReply && isAnsweredByMerge(one) && waits(one)),
      );
      if (asked) add("next_response", { length: length("next_response", asked.time, moment) });
    }
    if (before.status === after.status) continue;
    if (type === "TICKET_EVENT_TYPE_MERGED") add("merged");
    else {
      if (isActive(before) && !isActive(after)) {
        add("resolved", { length: length("resolution", created, moment) });
        const [ai, people] = ["ACTOR_KIND_AI", "ACTOR_KIND_AGENT"].map(
          (who) => earlier.some((one) => isMessage(one, who)) || isMessage(moment, who),
        );
        add(
          ai && people
            ? "resolved_by_both"
            : ai
              ? "resolved_by_ai_alone"
              : people
                ? "resolved_by_people_alone"
                : "resolved_without_answer",
        );
      }
      if (after.status === "TICKET_STATUS_CLOSED") add("closed");
      if (!isActive(before) && isActive(after)) add("reopened");
    }
  }
  return happenings;
}

/** Which part of a desk is asked about. */
export type Passes = (fields: Fields, customerId: string) => boolean;

/** What the desk's events come to. */
export class BruteForce {
  readonly #histories: readonly History[];
  readonly #happenings: readonly Happening[];
  readonly #rules: Rules;

  constructor(events: readonly TicketEvent[], rules: Rules) {
    this.#histories = historiesOf(events);
    this.#happenings = this.#histories.flatMap((history) => happeningsOf(history, rules));
    this.#rules = rules;
  }

  /** Tickets that are open or in progress just before a second. */
  #backlog(end: number, passes: Passes): number {
    return this.#histories.filter(({ moments, created, customerId }) => {
      const last = moments.findLast(({ time }, index) => second(index === 0 ? created : time) < end);
      return last !== undefined && isActive(last.after) && passes(last.after, customerId);
    }).length;
  }

  /** The figures of a window in seconds, as ProtoJSON has them. */
  metrics(start: number, end: number, passes: Passes): JsonObject {
    const inside = this.#happenings.filter(
      (one) => one.second >= start && one.second < end && passes(one.fields, one.customerId),
    );
    const of = (what: string) => inside.filter((one) => one.what === what);
    const count = (what: string) => of(what).length;
    const thousandth = (value: number) => Math.round(value * 1000) / 1000;
    const share = (name: string, part: number, whole: number) =>
      whole > 0 ? { [name]: thousandth(part / whole) } : {};
    const statistics = (values: number[]) => {
      const sorted = values.toSorted((a, b) => a - b);
      const rank = (p: number) => sorted[Math.ceil(p * sorted.length) - 1] as number;
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      return { p50Seconds: rank(0.5), p90Seconds: rank(0.9), meanSeconds: Math.round(mean * 10) / 10 };
    };
    const times = (what: string) => {
      const lengths = of(what).map(({ length }) => length as Length);
      const withinTarget = lengths.filter(({ met }) => met).length;
      return {
        ...{ count: lengths.length, withinTarget, ...share("attainment", withinTarget, lengths.length) },
        ...(lengths.length > 0 && {
          wallClock: statistics(lengths.map(({ wall }) => wall)),
          businessHours: statistics(lengths.map(({ business }) => business)),
        }),
      };
    };
    const read = ({ text = "" }: Happening) => this.#rules.engine.analyze(text);
    const texts = inside.filter(({ text }) => text !== undefined).map(read);
    const mood = (sentiment: Sentiment) => texts.filter((reading) => reading.sentiment.sentiment === sentiment).length;
    const score = texts.reduce((sum, { sentiment }) => sum + Math.round((sentiment.score + 1) * 10_000) - 10_000, 0);
    const categories = Map.groupBy(of("created").map(read), ({ categorization }) => categorization.primaryCategory);
    return {
      volume: {
        ...{ created: count("created"), resolved: count("resolved"), closed: count("closed"), merged: count("merged") },
        ...{ reopened: count("reopened"), ...share("reopenRate", count("reopened"), count("resolved")) },
        backlog: this.#backlog(end, passes),
      },
      firstResponse: times("first_response"),
      nextResponse: times("next_response"),
      resolution: times("resolved"),
      answers: {
        ...{ byAi: count("by_ai"), byPeople: count("by_people") },
        ...share("aiShare", count("by_ai"), count("by_ai") + count("by_people")),
        resolvedByAiAlone: count("resolved_by_ai_alone"),
        resolvedByPeopleAlone: count("resolved_by_people_alone"),
        resolvedByBoth: count("resolved_by_both"),
        resolvedWithoutAnswer: count("resolved_without_answer"),
      },
      mood: {
        negative: mood(Sentiment.NEGATIVE),
        neutral: mood(Sentiment.NEUTRAL),
        positive: mood(Sentiment.POSITIVE),
        ...(texts.length > 0 && { meanScore: thousandth(score / texts.length / 10_000) }),
        categories: [...categories]
          .map(([category, found]) => ({ category, count: found.length }))
          .sort((one, other) => other.count - one.count || one.category - other.category)
          .map((one) => ({ ...one, category: `CATEGORY_${Category[one.category]}` })),
      },
    };
  }
}
