// Desks of a thousand and of a million tickets, made once and kept: the services' own rows, written without their calls.
import { mkdir, mkdtemp, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import type { Knex } from "knex";
import { ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility, type TicketMessage, TicketMessageSchema } from "#gen/deskwire/ticket/v1/message_pb.js";
import type { Ticket } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Database, openDatabase } from "../../runtime/database/database.ts";
import { formatId } from "../../runtime/messages/ids.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import { rulesOf } from "../../services/analytics/metrics/count-events.ts";
import { insertCustomer } from "../../services/crm/customer-store.ts";
import { DATABASES } from "../../services/databases.ts";
import { differences } from "../../services/ticket/differences.ts";
import { appendEvents, type NewEvent } from "../../services/ticket/event-store.ts";
import { insertMessages } from "../../services/ticket/message-store.ts";
import { dueTime } from "../../services/ticket/priority/due.ts";
import { insertTickets } from "../../services/ticket/ticket-store.ts";
import { customersOf, type MadeUp, madeUpAnswer, madeUpTicket } from "./made-up.ts";

const KEPT = new URL("../.data/", import.meta.url).pathname;
const BATCH = 2_000;
/** The time of the last ticket. */
const END = Date.UTC(2026, 9, 1);
const CACHE_KIB = 524_288;
const policy = readPolicy();
const IMPORTER = create(ActorSchema, { kind: ActorKind.SYSTEM, id: "bench" });
const AGENT = create(ActorSchema, { kind: ActorKind.AGENT, id: "agent-1" });

type Progress = (what: string) => void;

/** Goes up when what is made up changes; a schema that has changed is brought up to date in place. */
const VERSION = 1;

function answerTo(ticket: Ticket, index: number): TicketMessage {
  return create(TicketMessageSchema, {
    id: formatId("MSG", 1_001 + index),
    ticketId: ticket.id,
    author: AGENT,
    visibility: MessageVisibility.PUBLIC,
    body: madeUpAnswer(index),
    createTime: ticket.updateTime as never,
  });
}

async function storeTickets(trx: Knex.Transaction, desk: MadeUp, from: number, to: number): Promise<void> {
  const tickets: Ticket[] = [];
  const events: NewEvent[] = [];
  const answers: TicketMessage[] = [];
  for (let index = from; index < to; index++) {
    const ticket = madeUpTicket(desk, index);
    Object.assign(ticket, { dueTime: dueTime(policy, ticket) });
    tickets.push(ticket);
    const { id: ticketId, customerId, etag, createTime, updateTime } = ticket;
    const common = { ticketId, customerId, etag };
    const changes = differences(undefined, ticket);
    events.push({
      ...common,
      type: TicketEventType.CREATED,
      actor: IMPORTER,
      changes,
      createTime: createTime as never,
    });
    if (ticket.messageCount === 0) continue;
    const message = answerTo(ticket, index);
    answers.push(message);
    const type = TicketEventType.MESSAGE_ADDED;
    events.push({ ...common, type, actor: AGENT, message, createTime: updateTime as never });
  }
  await insertTickets(trx, tickets);
  await insertMessages(trx, answers);
  await appendEvents(trx, events);
}

/** Takes indexes and triggers away while a table is filled, and makes them at the end, which is many times quicker. */
async function withoutIndexes(database: Database, progress: Progress, fill: () => Promise<void>): Promise<void> {
  const { knex } = database;
  const made = "type in ('index', 'trigger') AND sql IS NOT NULL AND tbl_name NOT LIKE '%\\_search%' ESCAPE '\\'";
  const parts: { type: string; name: string; sql: string }[] = await knex("sqlite_master").whereRaw(made);
  for (const { type, name } of parts) await knex.raw(`DROP ${type} ??`, [name]);
  await fill();
  for (const [at, { name, sql }] of parts.entries()) {
    progress(`making indexes: ${at + 1} of ${parts.length}, ${name}`);
    await knex.raw(sql);
  }
  for (const index of ["ticket_search", "message_search"]) {
    progress(`making indexes: ${index}`);
    await knex.raw("INSERT INTO ?? (??) VALUES ('rebuild')", [index, index]);
  }
}

async function fillTickets(database: Database, desk: MadeUp, progress: Progress): Promise<void> {
  for (let from = 0; from < desk.tickets; from += BATCH) {
    const to = Math.min(desk.tickets, from + BATCH);
    await database.transaction((trx) => storeTickets(trx, desk, from, to));
    progress(`making a desk of ${desk.tickets} tickets: ${to}`);
  }
  await database.transaction(async (trx) => {
    for (const name of ["ticket", "message"])
      await trx("counter")
        .where({ name })
        .update({ value: 1_000 + desk.tickets });
  });
}

async function fillCustomers(database: Database, desk: MadeUp, progress: Progress): Promise<void> {
  const customers = customersOf(desk);
  const nothing = {
    phone: "",
    company: "",
    plan: "",
    locale: "",
    timeZone: "",
    tags: [],
    attributes: {},
    externalId: "",
  };
  for (let from = 1; from <= customers; from += BATCH) {
    progress(`making a desk of ${desk.tickets} tickets: ${from} customers`);
    await database.transaction(async (trx) => {
      for (let number = from; number < Math.min(customers + 1, from + BATCH); number++) {
        const emails = [`customer${number}@example.com`];
        await insertCustomer(trx, { ...nothing, name: `Customer ${number}`, emails }, END);
      }
    });
  }
}

type Name = keyof typeof DATABASES;
type Open = (name: Name) => Promise<Database>;

/**
 * Brings the schema up to date, and tells what reads the log or follows the policy that it has done so: what they make of it is
 * measured elsewhere (`bench:metrics`), and is not to go on beside what is measured here.
 */
async function settle(open: Open): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const opened = new Map<Name, Database>();
  for (const name of Object.keys(DATABASES) as Name[]) {
    const database = await open(name);
    resources.defer(() => database.close());
    opened.set(name, database);
  }
  const [ticket, analytics] = [opened.get("ticket") as Database, opened.get("analytics") as Database];
  const { value: position } = await ticket.knex("counter").where({ name: "event" }).first();
  await analytics.knex("metrics_cursor").update({ position, event_time: END, complete: 1, rules: rulesOf(policy) });
  await ticket.knex("applied_policy").update({ fingerprint: policy.fingerprint, next_id: null });
}

async function fillDesk(tickets: number, open: Open, progress: Progress): Promise<void> {
  const desk = { tickets, end: END };
  await using databases = new AsyncDisposableStack();
  const opened = async (name: Name) => {
    const database = await open(name);
    databases.defer(() => database.close());
    // What is made here is kept whole or not at all, so it need not be safe on the way.
    for (const pragma of ["synchronous = OFF", `cache_size = -${CACHE_KIB}`])
      await database.knex.raw(`PRAGMA ${pragma}`);
    return database;
  };
  await fillCustomers(await opened("crm"), desk, progress);
  const ticket = await opened("ticket");
  await withoutIndexes(ticket, progress, () => fillTickets(ticket, desk, progress));
}

const opener =
  (folder: string): Open =>
  (name) =>
    openDatabase({
      name,
      location: { kind: "sqlite", file: join(folder, name, `${name}.db`) },
      migrations: DATABASES[name],
      log: () => {},
    });

/** The folder of a desk of so many tickets, made if it is not there yet. It is for reading; runs work on copies. */
export async function scaleDesk(tickets: number, progress: Progress): Promise<string> {
  const kept = join(KEPT, `scale-${VERSION}-${tickets}`);
  if ((await stat(kept).catch(() => undefined)) === undefined) {
    await mkdir(KEPT, { recursive: true });
    const folder = await mkdtemp(join(KEPT, "new-"));
    await fillDesk(tickets, opener(folder), progress);
    await rename(folder, kept);
  }
  progress(`bringing the desk of ${tickets} tickets up to date`);
  await settle(opener(kept));
  return kept;
}
