// Two whole desks on one PostgreSQL database, as two replicas of every service.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { connect } from "../../runtime/database/connect.ts";
import { databaseLocation } from "../../services/databases.ts";
import { type Desk, openDesk } from "../../services/desk.ts";
import { appendEvents } from "../../services/ticket/event-store.ts";
import { silent, temporaryStorage } from "../support/desk.ts";
import { type Clients, clientsOf, eventually, newCustomer } from "./case.ts";

let storage: Awaited<ReturnType<typeof temporaryStorage>>;
let desks: Desk[];
let one: Clients;
let other: Clients;
let customerId: string;
const migrated: string[] = [];

beforeAll(async () => {
  storage = await temporaryStorage("postgres");
  const config = readConfig(storage.environment);
  const log = (message: string) => void (message === "migrated" && migrated.push(message));
  const parts = ["crm", "ticket", "analytics", "support"] as const;
  desks = await Promise.all([1, 2].map(() => openDesk({ config, parts, demo: false, log })));
  [one, other] = desks.map(({ services }) => clientsOf(directTransport(services))) as [Clients, Clients];
  customerId = await newCustomer(one);
});
afterAll(async () => {
  await Promise.all(desks.map((desk) => desk.close()));
  await storage.remove();
});

/** Reads one desk's log until `signal` is aborted. */
function watch({ tickets }: Clients, afterPosition: bigint, signal: AbortSignal): bigint[] {
  const seen: bigint[] = [];
  void (async () => {
    for await (const { event } of tickets.watchEvents({ afterPosition }, { signal })) seen.push(event?.position ?? 0n);
  })().catch(() => {});
  return seen;
}

test("migrations ran once, though both desks opened at the same moment", () => {
  expect(migrated).toHaveLength(3);
});

test("a stream of either desk brings the writes of both, without gaps, and each note is kept once", async () => {
  const caller = new AbortController();
  const seen = [one, other].map((clients) => watch(clients, 0n, caller.signal));
  const work = Array.from({ length: 20 }, async (_, index) => {
    const [here, there] = index % 2 ? [one, other] : [other, one];
    const { ticket } = await here.tickets.createTicket({ ticket: { subject: "x", customerId } });
    const answer = { ticketId: ticket?.id ?? "", response: `answer ${index}`, addCustomerNote: true };
    const twice = [here, there].map(({ tickets }) => tickets.respondToTicket({ ...answer, requestId: `r ${index}` }));
    const [first, second] = await Promise.all(twice);
    expect(second?.message).toEqual(first?.message);
  });
  await Promise.all(work);
  const positions = Array.from({ length: 60 }, (_, index) => BigInt(index + 1));
  await eventually(async () => seen.every(({ length }) => length >= positions.length));
  caller.abort();
  expect(seen).toEqual([positions, positions]);
  await eventually(async () => (await one.crm.listNotes({ customerId })).totalSize >= 20);
  expect((await other.crm.listNotes({ customerId })).totalSize).toBe(20);
});

test("what one desk is taught the other follows, and both come to the same however they were taught", async () => {
  const author = { kind: ActorKind.AGENT, id: "sam" };
  const texts = Array.from({ length: 20 }, (_, index) => `The barometer by the pond shows ${index} again.`);
  const taught = await Promise.all(
    texts.map((text, index) =>
      (index % 2 ? one : other).analytics.correctAnalysis({ text, category: Category.SHIPPING, author }),
    ),
  );
  const analyze = async ({ analytics }: Clients) => (await analytics.batchAnalyze({ texts })).analyses;
  const read = await eventually(async () => {
    const [here, there] = await Promise.all([analyze(one), analyze(other)]);
    return here.every(({ corrected }) => corrected) && here[0]?.engine === there[0]?.engine && ([here, there] as const);
  });
  expect(read[0]).toEqual(read[1]);
  expect(read[0].every(({ categorization }) => categorization?.primaryCategory === Category.SHIPPING)).toBe(true);
  for (const { correction } of taught) {
    await one.analytics.undoCorrection({ correctionId: correction?.id ?? "", actor: author });
  }
  await eventually(async () => (await analyze(other)).every(({ corrected }) => !corrected));
  expect(await analyze(one)).toEqual(await analyze(other));
});

test("a writer who took its position first and commits last is not skipped: the next one waits for it", async () => {
  const config = readConfig(storage.environment);
  const knex = await connect("test", databaseLocation(config, "ticket"), silent);
  const { events } = await one.tickets.listEvents({ pageSize: 1000 });
  const last = events.at(-1)?.position ?? 0n;
  const caller = new AbortController();
  const seen = watch(one, last, caller.signal);
  const slow = await knex.transaction();
  await appendEvents(slow, [{ ticketId: "TKT-1001", customerId }]);
  let done = false;
  const quick = other.tickets.createTicket({ ticket: { subject: "quick", customerId } }).then(() => (done = true));
  const { rows } = await slow.raw("SELECT pg_backend_pid() AS pid");
  const waiting = () => knex("pg_stat_activity").whereRaw("? = ANY(pg_blocking_pids(pid))", rows[0].pid);
  await eventually(async () => (await waiting()).length > 0);
  expect([done, seen]).toEqual([false, []]);
  await slow.commit();
  await quick;
  await eventually(async () => seen.length >= 2);
  caller.abort();
  expect(seen).toEqual([last + 1n, last + 2n]);
  await knex.destroy();
});
