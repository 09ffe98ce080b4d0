import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Ticket,
  TicketPriority,
  TicketSchema,
  TicketUrgency,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { parsePolicy } from "../../../runtime/policy/read-policy.ts";
import { DAY_MS, HOUR_MS } from "../../../runtime/time-units.ts";
import { dueTime } from "./due.ts";
import { priorityScore } from "./score.ts";

const policy = parsePolicy(
  JSON.stringify({
    calendar: { time_zone: "Europe/Berlin", holidays: ["12-25"] },
    priority: { plans: { pro: 0.5, max: 1 } },
  }),
  "test",
);
const { LOW, NORMAL, HIGH, URGENT } = TicketPriority;
/** A Thursday. */
const OPENED = Date.parse("2026-11-26T10:00:00+01:00");

const FIRST = timestampFromMs(OPENED);
const CHRISTMAS = timestampFromMs(Date.parse("2026-12-25T03:00:00Z"));
const LAST = timestampFromMs(Date.parse("9999-12-31T23:59:59Z"));

const ticketOf = (fields: MessageInitShape<typeof TicketSchema> = {}): Ticket =>
  create(TicketSchema, {
    ...{ priority: NORMAL, urgency: TicketUrgency.MEDIUM, waitingOn: WaitingOn.DESK },
    waitingSince: timestampFromMs(OPENED),
    ...fields,
  });
const factorsOf = (fields: MessageInitShape<typeof TicketSchema>, now = OPENED) =>
  Object.fromEntries(priorityScore(policy, ticketOf(fields), now).factors.map(({ name, ...rest }) => [name, rest]));

describe("when a ticket is due", () => {
  const due = (fields: MessageInitShape<typeof TicketSchema>) => {
    const time = dueTime(policy, ticketOf(fields));
    return time && timestampDate(time).toISOString();
  };

  test.each<readonly [name: string, fields: MessageInitShape<typeof TicketSchema>, due: string]>([
    ["eight business hours on", {}, "2026-11-27T09:00:00.000Z"],
    ["sooner where it reads as urgent", { urgency: TicketUrgency.HIGH }, "2026-11-26T11:00:00.000Z"],
    ["no later where it reads as not urgent", { urgency: TicketUrgency.LOW }, "2026-11-27T09:00:00.000Z"],
    ["as the desk has said", { priority: LOW, urgency: TicketUrgency.HIGH }, "2026-11-30T09:00:00.000Z"],
    ["around the clock where it is urgent", { priority: URGENT, waitingSince: CHRISTMAS }, "2026-12-25T04:00:00.000Z"],
    ["sooner on a better plan", { plan: "Enterprise" }, "2026-11-26T13:00:00.000Z"],
    ["by the target of answers that follow", { priority: HIGH, firstResponseTime: FIRST }, "2026-11-26T13:00:00.000Z"],
    ["at the end of time at last", { waitingSince: LAST }, "9999-12-31T23:59:59.999Z"],
  ])("%s", (_, fields, time) => {
    expect(due(fields)).toBe(time);
  });

  test.each([WaitingOn.CUSTOMER, WaitingOn.THIRD_PARTY, WaitingOn.NOBODY])(
    "not while it waits on party %s",
    (waitingOn) => {
      expect(due({ waitingOn })).toBeUndefined();
      expect(priorityScore(policy, ticketOf({ waitingOn }), OPENED)).toMatchObject({ score: 0, factors: [] });
    },
  );
});

/** Tickets of all kinds, and a moment. */
const anything = fc.record({
  priority: fc.constantFrom(LOW, NORMAL, HIGH, URGENT),
  urgency: fc.constantFrom(TicketUrgency.LOW, TicketUrgency.MEDIUM, TicketUrgency.HIGH),
  sentimentScore: fc.double({ min: -1, max: 1, noNaN: true }),
  plan: fc.constantFrom("", "free", "pro", "max"),
  reopenCount: fc.nat(10),
  unansweredFollowUps: fc.nat(10),
});
const moments = fc.integer({ min: 0, max: 400 * HOUR_MS }).map((ms) => OPENED + ms);
type Fields = typeof anything extends fc.Arbitrary<infer T> ? T : never;

const score = (fields: Fields, now: number) => priorityScore(policy, ticketOf(fields), now).score;

test("the factors add up to the score, which is from 0 to 100", () => {
  const property = fc.property(anything, moments, (fields, now) => {
    const { score, factors } = priorityScore(policy, ticketOf(fields), now);
    expect(factors.reduce((sum, { points }) => sum + points, 0)).toBe(score);
    for (const { points, why } of factors) {
      expect(points).toBeGreaterThanOrEqual(0);
      expect(why).not.toBe("");
    }
    expect(score).toBeLessThanOrEqual(100);
  });
  fc.assert(property);
  const worst = { priority: URGENT, sentimentScore: -1, plan: "max", reopenCount: 3, unansweredFollowUps: 3 };
  expect(priorityScore(policy, ticketOf(worst), OPENED + 1e9).score).toBe(100);
});

/** Pairs of values of a field, the second of which presses at least as much as the first. */
const growing: { [Name in keyof Fields]: fc.Arbitrary<readonly [Fields[Name], Fields[Name]]> } = {
  priority: ordered(LOW, NORMAL, HIGH, URGENT),
  urgency: ordered(TicketUrgency.LOW, TicketUrgency.MEDIUM, TicketUrgency.HIGH),
  sentimentScore: fc
    .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }))
    .map(([a, b]) => [Math.max(a, b), Math.min(a, b)] as const),
  plan: ordered("free", "pro", "max"),
  reopenCount: ordered(0, 1, 2, 3, 9),
  unansweredFollowUps: ordered(0, 1, 2, 3, 9),
};

function ordered<T>(...values: T[]): fc.Arbitrary<readonly [T, T]> {
  const index = fc.nat(values.length - 1);
  return fc.tuple(index, index).map(([a, b]) => [values[Math.min(a, b)] as T, values[Math.max(a, b)] as T] as const);
}

test.each(Object.entries(growing))("more %s never makes a ticket press less", (name, pairs) => {
  const property = fc.property(
    anything,
    moments,
    pairs as fc.Arbitrary<readonly [never, never]>,
    (fields, now, [less, more]) => {
      expect(score({ ...fields, [name]: more }, now)).toBeGreaterThanOrEqual(score({ ...fields, [name]: less }, now));
    },
  );
  fc.assert(property);
});

test("waiting longer never makes a ticket press less, and in the end more", () => {
  const property = fc.property(anything, moments, moments, (fields, a, b) => {
    expect(score(fields, Math.max(a, b))).toBeGreaterThanOrEqual(score(fields, Math.min(a, b)));
  });
  fc.assert(property);
});

test("half of the points of waiting are there when it is due, all when it is late by as much again", () => {
  const { weights } = policy;
  expect(factorsOf({}).waiting).toMatchObject({ points: 0, why: "has waited 0m of 8h in business hours" });
  expect(factorsOf({}, OPENED + 2.5 * HOUR_MS).waiting?.why).toBe("has waited 2h 30m of 8h in business hours");
  const due = Date.parse("2026-11-27T09:00:00Z");
  expect(factorsOf({}, due).waiting?.points).toBe(Math.round(weights.waiting / 2));
  expect(factorsOf({}, due + 1.5 * HOUR_MS).waiting?.why).toBe("overdue by 1h 30m on a target of 8h in business hours");
  expect(factorsOf({}, OPENED + 7 * DAY_MS).waiting).toMatchObject({
    ...{ points: weights.waiting, why: "overdue by more than its target of 8h in business hours" },
  });
});

test("each factor says why", () => {
  const why = (fields: MessageInitShape<typeof TicketSchema>) =>
    Object.fromEntries(Object.entries(factorsOf(fields)).map(([name, factor]) => [name, factor.why]));
  expect(why({ urgency: TicketUrgency.HIGH, sentimentScore: -0.62, plan: "pro", reopenCount: 1 })).toMatchObject({
    ...{ urgency: "reads as urgent", sentiment: "the customer is unhappy (-0.62)", plan: "plan pro" },
    ...{ reopened: "opened again once", follow_ups: "no further message unanswered" },
  });
  expect(
    why({ priority: LOW, urgency: TicketUrgency.HIGH, sentimentScore: 0.5, unansweredFollowUps: 2 }),
  ).toMatchObject({
    ...{ urgency: "priority low", sentiment: "the customer is not unhappy", plan: "no plan known" },
    ...{ reopened: "never opened again", follow_ups: "the customer wrote again 2 times" },
  });
  expect(why({}).sentiment).toBe("mood not read yet");
});
