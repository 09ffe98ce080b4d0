// ImportTickets: rows of a file or of another desk become tickets, batch by batch.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Knex } from "knex";
import { type Actor, ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import {
  type ImportedRow,
  ImportedRowSchema,
  type ImportRow,
  RefusedRowSchema,
} from "#gen/deskwire/ticket/v1/import_pb.js";
import {
  type Ticket,
  TicketChannel,
  TicketPriority,
  TicketSchema,
  TicketStatus,
  TicketUrgency,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  type ImportTicketsRequest,
  type ImportTicketsResponse,
  ImportTicketsResponseSchema,
  TicketService,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, type Origin } from "../../runtime/call.ts";
import { take } from "../../runtime/database/counter.ts";
import { type Database, isUniqueViolation } from "../../runtime/database/database.ts";
import { formatId } from "../../runtime/ids.ts";
import type { Policy } from "../../runtime/policy/policy.ts";
import type { KnownCustomer, ResolveCustomer } from "./customer-directory.ts";
import { differences } from "./differences.ts";
import { appendEvents, type NewEvent } from "./event-store.ts";
import { contentHash, refusal } from "./import-row.ts";
import { dueTime } from "./priority/due.ts";
import { isDone } from "./status.ts";
import { findByExternalIds, insertTickets, markUnread } from "./ticket-store.ts";

const BATCH = 500;
const ATTEMPTS = 5;
/** Customers that are looked up in the CRM at once. */
const LOOKUPS = 8;
const SUBJECT_CHARACTERS = 80;
const METHOD = methodName(TicketService.method.importTickets);
const IMPORTER: Actor = create(ActorSchema, { kind: ActorKind.SYSTEM, id: "import", name: "Import" });

/** What an import stands on. */
export interface ImportOptions {
  readonly database: Database;
  readonly policy: Policy;
  /** Milliseconds UTC. */
  readonly now: () => number;
  readonly origin: Origin;
}

interface KeyedRow {
  readonly row: ImportRow;
  readonly line: bigint;
  readonly key: string;
}

/** Counts rows of the same content, so that a file that has a row twice gives two tickets, and the file again none. */
class Keys {
  readonly #seen = new Map<string, number>();

  of(row: ImportRow): string {
    if (row.externalId) return row.externalId;
    const hash = contentHash(row);
    const occurrence = row.occurrence > 0n ? Number(row.occurrence) : (this.#seen.get(hash) ?? 0) + 1;
    this.#seen.set(hash, occurrence);
    return `import:${hash}:${occurrence}`;
  }
}

/** The first characters of a text on one line, cut between characters, not within one. */
function firstCharacters(text: string, count: number): string {
  // A text may be long, and only its beginning is needed; a character is at most two UTF-16 units.
  const oneLine = text
    .trimStart()
    .slice(0, 10 * count)
    .replace(/\s+/g, " ")
    .trimEnd();
  return [...oneLine.slice(0, 2 * count)].slice(0, count).join("") || "(no subject)";
}

/** A row as a ticket. Its words are read afterwards: reading takes longer than storing. */
function toTicket({ row, key }: KeyedRow, id: number, customer: KnownCustomer | undefined, now: number): Ticket {
  const name = <E extends Record<string, string | number>>(values: E, text: string) => values[text.toUpperCase()];
  const status = (row.status ? name(TicketStatus, row.status) : TicketStatus.OPEN) as TicketStatus;
  const created = timestampFromMs(row.createTime ? Date.parse(row.createTime) : now);
  const init: MessageInitShape<typeof TicketSchema> = {
    id: formatId("TKT", id),
    subject: row.subject || firstCharacters(row.description, SUBJECT_CHARACTERS),
    description: row.description,
    customerId: customer?.id ?? "",
    plan: customer?.plan ?? "",
    urgency: TicketUrgency.MEDIUM,
    status,
    priority: (row.priority ? name(TicketPriority, row.priority) : TicketPriority.NORMAL) as TicketPriority,
    channel: TicketChannel.IMPORT,
    tags: row.label ? [row.label] : [],
    customFields: row.source ? { source: row.source } : {},
    waitingOn: isDone(status) ? WaitingOn.NOBODY : WaitingOn.DESK,
    externalId: key,
    etag: "v1",
    createTime: created,
    updateTime: timestampFromMs(now),
    waitingSince: created,
    ...(status === TicketStatus.RESOLVED && { resolveTime: timestampFromMs(now) }),
    ...(status === TicketStatus.CLOSED && { closeTime: timestampFromMs(now) }),
  };
  return create(TicketSchema, init);
}

async function insertNew(
  trx: Knex.Transaction,
  rows: readonly KeyedRow[],
  customers: ReadonlyMap<KeyedRow, KnownCustomer>,
  { policy, now, origin }: { readonly policy: Policy; readonly now: number; readonly origin: Origin },
): Promise<Map<string, string>> {
  if (rows.length === 0) return new Map();
  const first = await take(trx, "ticket", rows.length);
  const tickets = rows.map((row, index) => {
    const ticket = toTicket(row, first + index, customers.get(row), now);
    return Object.assign(ticket, { dueTime: dueTime(policy, ticket) });
  });
  await insertTickets(trx, tickets);
  const waiting = tickets.filter(({ waitingOn }) => waitingOn === WaitingOn.DESK);
  await markUnread(
    trx,
    waiting.map(({ id }) => id),
  );
  const events = tickets.map((ticket): NewEvent => {
    const { id: ticketId, customerId, etag } = ticket;
    const type = TicketEventType.CREATED;
    const changes = differences(undefined, ticket);
    const common = { ticketId, customerId, etag, type, actor: IMPORTER, changes };
    return { ...common, createTime: timestampFromMs(now), method: METHOD, ...origin };
  });
  await appendEvents(trx, events);
  return new Map(tickets.map(({ externalId, id }) => [externalId, id]));
}

/** A writer other than an import may take a key between the look and the insert; then the look is taken again. */
async function untilKeysAreFree<T>(insert: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await insert();
    } catch (error) {
      if (attempt === ATTEMPTS || !isUniqueViolation(error, "ticket.external_id")) throw error;
    }
  }
}

/** Imports a stream of rows. What was stored before an error stays. */
export async function importTickets(
  { database, policy, now, origin }: ImportOptions,
  requests: AsyncIterable<ImportTicketsRequest>,
  resolveCustomer: ResolveCustomer,
): Promise<ImportTicketsResponse> {
  const response = create(ImportTicketsResponseSchema);
  const keys = new Keys();
  let batch: KeyedRow[] = [];
  let count = 0n;

  const store = async () => {
    const present = await findByExternalIds(
      database.knex,
      batch.map(({ key }) => key),
    );
    const customers = new Map<KeyedRow, KnownCustomer>();
    const absent = batch.filter(({ key }) => !present.has(key)).values();
    const lookUp = async () => {
      // All of them take from the one iterator.
      for (const keyed of absent) {
        customers.set(keyed, await resolveCustomer(keyed.row.customerEmail, keyed.row.customerName));
      }
    };
    await Promise.all(Array.from({ length: LOOKUPS }, lookUp));
    const insert = async (trx: Knex.Transaction) => {
      // Another import may have been quicker since; the counter's lock lets only one at a time past this point.
      await trx("counter").where({ name: "ticket" }).forUpdate().first();
      for (const [key, id] of await findByExternalIds(
        trx,
        batch.map(({ key }) => key),
      ))
        present.set(key, id);
      const fresh = new Map<string, KeyedRow>();
      // Of rows with the same key the first counts, as it does when they come in two batches.
      for (const keyed of batch) if (!present.has(keyed.key) && !fresh.has(keyed.key)) fresh.set(keyed.key, keyed);
      return insertNew(trx, [...fresh.values()], customers, { policy, now: now(), origin });
    };
    const added = await untilKeysAreFree(() => database.transaction(insert));
    const reported = new Set<string>();
    for (const { key, line } of batch) {
      const ticketId = added.get(key) ?? present.get(key) ?? "";
      const alreadyPresent = present.has(key) || reported.has(key);
      reported.add(key);
      response.imported.push(create(ImportedRowSchema, { line, ticketId, alreadyPresent }) satisfies ImportedRow);
    }
    batch = [];
  };

  for await (const { row } of requests) {
    count += 1n;
    const line = row?.line || count;
    const refused = refusal(row);
    if (refused) response.refused.push(create(RefusedRowSchema, { ...refused, line }));
    else if (row) batch.push({ row, line, key: keys.of(row) });
    if (batch.length >= BATCH) await store();
  }
  if (batch.length > 0) await store();
  return response;
}
