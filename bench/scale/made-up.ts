// A made-up desk of any size, the same for everyone: ticket by ticket from its number alone.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Ticket,
  TicketChannel,
  TicketPriority,
  TicketSchema,
  TicketStatus,
  TicketUrgency,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { formatId } from "../../runtime/messages/ids.ts";
import { DAY_MS } from "../../runtime/time-units.ts";

/** The first ticket of the desk is two years old. */
const LIFE_MS = 730 * DAY_MS;
const LONGEST_TICKET_MS = 20 * DAY_MS;
const TICKETS_A_CUSTOMER = 20;
const { OPEN, IN_PROGRESS, RESOLVED, CLOSED } = TicketStatus;
const { LOW, NORMAL, HIGH, URGENT } = TicketPriority;
const { DESK, CUSTOMER, THIRD_PARTY, NOBODY } = WaitingOn;

const STATUSES = [OPEN, OPEN, IN_PROGRESS, RESOLVED, CLOSED, CLOSED, CLOSED, CLOSED];
const PRIORITIES = [LOW, NORMAL, NORMAL, NORMAL, HIGH, URGENT];
const WAITING = [DESK, DESK, DESK, CUSTOMER, CUSTOMER, THIRD_PARTY];

/** What tickets are filtered by in the bench. */
export const CATEGORIES = [
  "billing",
  "technical",
  "account",
  "shipping",
  "refunds",
  "cancellation",
  "complaint",
  "general",
];
export const TEAMS = ["payments", "logistics", "platform", "care", "partners", "north", "south", "night"];
const ASSIGNEES = Array.from({ length: 24 }, (_, index) => `agent-${index + 1}`);
export const TAGS = Array.from({ length: 40 }, (_, index) => `tag-${index + 1}`);

/** Pseudo-random numbers from 0 to 1 that depend on a number alone (mulberry32). */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SYLLABLES = ["ba", "co", "di", "fu", "ga", "ho", "ki", "lu", "ma", "no", "pe", "ri", "sa", "to", "vu", "ze"];

/** The word of a rank in the language of this desk: `ba`, `co`, … for the commonest, longer ones for the rare. */
export function word(rank: number): string {
  let text = "";
  for (let left = rank + 16; left > 0; left = Math.floor(left / 16)) text += SYLLABLES[left % 16];
  return text;
}

const VOCABULARY = Array.from({ length: 60_000 }, (_, rank) => word(rank));

/** Words as often as in any language: the word of rank r occurs 1/r as often as the first (Zipf). */
const someWord = (value: number) => VOCABULARY[Math.floor(VOCABULARY.length ** value) - 1] as string;

/** How old the desk is at the time of its last ticket, and where its customers begin. */
export interface MadeUp {
  readonly tickets: number;
  /** The time of the last ticket, milliseconds UTC. */
  readonly end: number;
}

/** How many customers a desk of this size has. */
export const customersOf = ({ tickets }: MadeUp): number => Math.max(1, Math.round(tickets / TICKETS_A_CUSTOMER));

/** A ticket of the desk. `index` counts from 0, the oldest. */
export function madeUpTicket(desk: MadeUp, index: number): Ticket {
  const next = randomOf(index);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  const words = (count: number) => Array.from({ length: count }, () => someWord(next())).join(" ");
  const status = pick(STATUSES);
  const done = status === RESOLVED || status === CLOSED;
  const created = desk.end - LIFE_MS + Math.floor((LIFE_MS * (index + 1)) / desk.tickets);
  const changed = Math.min(desk.end, created + Math.floor(next() ** 3 * LONGEST_TICKET_MS));
  const time = timestampFromMs(changed);
  return create(TicketSchema, {
    id: formatId("TKT", 1_001 + index),
    subject: `${words(4)} (${index})`,
    description: words(20 + Math.floor(next() * 30)),
    // A few customers write far more often than others.
    customerId: formatId("CUS", 1_001 + Math.floor(customersOf(desk) * next() ** 2)),
    status,
    priority: pick(PRIORITIES),
    category: pick(CATEGORIES),
    team: pick(TEAMS),
    assignee: next() < 0.2 ? "" : pick(ASSIGNEES),
    tags: [...new Set(Array.from({ length: Math.floor(next() * 3) }, () => pick(TAGS)))],
    channel: TicketChannel.EMAIL,
    waitingOn: done ? NOBODY : pick(WAITING),
    urgency: TicketUrgency.MEDIUM,
    sentimentScore: Math.round(next() * 2_000 - 1_000) / 1_000,
    externalId: `scale-${index}`,
    etag: "v1",
    messageCount: index % 2,
    createTime: timestampFromMs(created),
    updateTime: time,
    waitingSince: time,
    ...(status === RESOLVED && { resolveTime: time }),
    ...(status === CLOSED && { closeTime: time }),
  });
}

/** What the desk answered to a ticket with an odd index. */
export function madeUpAnswer(index: number): string {
  const next = randomOf(~index);
  return Array.from({ length: 25 }, () => someWord(next())).join(" ");
}
