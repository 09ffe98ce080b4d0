// Full-text search among a million tickets, newest first, and how the desk answers other calls meanwhile.
import { setTimeout as delay } from "node:timers/promises";
import { TicketOrder } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { openSession } from "../lib/http2.ts";
import { call, type ScaleDesk, timed } from "./desk.ts";
import { type Finding, quantile } from "./finding.ts";
import { word } from "./made-up.ts";

const SEARCHERS = 2;
const BETWEEN_CALLS_MS = 5;

/** From words that nearly every ticket has to words of a handful, alone, together and as beginnings. */
const QUESTIONS: readonly string[] = [
  ...[0, 1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000].map((rank) => word(rank)),
  `${word(0)} ${word(1)}`,
  `${word(2)} ${word(40)}`,
  `${word(200)} ${word(201)}`,
  `${word(500)} ${word(3)}`,
  `${word(4_000)} ${word(2)} ${word(7)}`,
  word(900).slice(0, -1),
  word(9_000).slice(0, -2),
];

const searchFor = (desk: Pick<ScaleDesk, "session">, query: string) =>
  call(desk, TicketService.method.listTickets, { query, order: TicketOrder.UPDATED_NEWEST });

/** Reads one ticket every few milliseconds until `until` is settled; how long each took. */
async function readTickets(desk: ScaleDesk, until: Promise<unknown>): Promise<number[]> {
  await using resources = new AsyncDisposableStack();
  const session = await openSession(resources, desk.url);
  const times: number[] = [];
  let going = true;
  const stop = () => (going = false);
  void until.then(stop, stop);
  while (going) {
    const ticketId = `TKT-${1_001 + Math.floor(Math.random() * desk.tickets)}`;
    times.push(await timed(() => call({ session }, TicketService.method.getTicket, { ticketId })));
    await delay(BETWEEN_CALLS_MS);
  }
  return times;
}

/** Asks every question so many times, two at a time, with other calls on the side. */
export async function measureSearch(
  desk: ScaleDesk,
  rounds: number,
  progress: (what: string) => void,
): Promise<{ readonly findings: Finding[]; readonly questions: Record<string, number> }> {
  for (const query of QUESTIONS) await searchFor(desk, query);
  const alone = await readTickets(desk, delay(2_000));
  const times = new Map<string, number[]>(QUESTIONS.map((query) => [query, []]));
  const waiting = Array.from({ length: rounds }, () => QUESTIONS).flat();
  const all = waiting.length;
  const searching = Promise.all(
    Array.from({ length: SEARCHERS }, async () => {
      for (let query = waiting.pop(); query !== undefined; query = waiting.pop()) {
        const asked = query;
        times.get(asked)?.push(await timed(() => searchFor(desk, asked)));
        progress(`search: ${all - waiting.length} of ${all}`);
      }
    }),
  );
  const beside = await readTickets(desk, searching);
  await searching;
  const every = [...times.values()].flat();
  const group = "search";
  const findings: Finding[] = [
    { group, name: `newest first at ${desk.name}, p50`, value: quantile(every, 0.5), unit: "ms" },
    {
      group,
      name: `newest first at ${desk.name}, p99`,
      value: quantile(every, 0.99),
      unit: "ms",
      goal: { at: "most", value: 50 },
    },
    { group, name: "reading a ticket, nothing beside it, p99", value: quantile(alone, 0.99), unit: "ms" },
    { group, name: "reading a ticket while two search, p50", value: quantile(beside, 0.5), unit: "ms" },
    {
      group,
      name: "reading a ticket while two search, p99",
      value: quantile(beside, 0.99),
      unit: "ms",
      goal: { at: "most", value: 25 },
    },
  ];
  const questions = Object.fromEntries([...times].map(([query, ms]) => [query, quantile(ms, 0.5)]));
  return { findings, questions };
}
