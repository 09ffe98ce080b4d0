// What somebody wrote to the desk from outside becomes a reply, a follow-up or a new ticket, once however often it is sent.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Knex } from "knex";
import { ActorKind, ActorSchema } from "#gen/deskwire/actor/v1/actor_pb.js";
import {
  type Ticket,
  TicketChannel,
  TicketPriority,
  TicketStatus,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import {
  ReceivedAs,
  type ReceiveMessageRequest,
  ReceiveMessageRequestSchema,
  type ReceiveMessageResponse,
  ReceiveMessageResponseSchema,
  TicketService,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { methodName, originOf, principalOf, REPLAYED_HEADER } from "../../../runtime/calls/call.ts";
import { fingerprint } from "../../../runtime/calls/fingerprint.ts";
import { requestIdReused } from "../../../runtime/calls/idempotency.ts";
import type { Database, Dialect } from "../../../runtime/database/database.ts";
import { isBlank } from "../../../runtime/messages/blank.ts";
import type { Policy } from "../../../runtime/policy/policy.ts";
import { DAY_MS } from "../../../runtime/time-units.ts";
import { beginFollowUp, recordReply } from "../conversation.ts";
import type { CustomerDirectory, KnownCustomer } from "../customer-directory.ts";
import { TicketDraft, type Words, type WriteInfo } from "../draft.ts";
import { firstWords, type TextReader } from "../priority/text-reader.ts";
import { goesOnIn } from "../thread.ts";

const { method } = TicketService;
const REFERENCE = /\[(TKT-[1-9][0-9]{3,14})\]/i;
const SUBJECT_CHARACTERS = 300;
const NO_SUBJECT = "(no subject)";
/** Longer than the field's days of retries: senders of webhooks try for up to three days. */
const REQUEST_KEPT_MS = 30 * DAY_MS;
/** What is left of a message's hash when its customer was erased: by a hash, whoever has a text can tell that it was this one. */
const ERASED_HASH = "";

/** What the reception stands on. */
export interface ReceptionOptions {
  readonly database: Database;
  readonly customers: CustomerDirectory;
  readonly reader: TextReader;
  readonly policy: Policy;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

/** The ticket that a message belongs to, if it is this customer's. `lock` as in `goesOnIn`. */
async function ticketOf(
  db: Knex,
  { ticketId, subject }: ReceiveMessageRequest,
  customerId: string,
  lock: boolean,
): Promise<Ticket | undefined> {
  const named = ticketId || REFERENCE.exec(subject)?.[1]?.toUpperCase();
  const ticket = named ? await goesOnIn(db, named, lock) : undefined;
  return ticket?.customerId === customerId ? ticket : undefined;
}

/** As much of a message's subject as a ticket keeps; empty where it is blank. */
const subjectOf = ({ subject }: ReceiveMessageRequest) =>
  isBlank(subject) ? "" : [...subject.trim()].slice(0, SUBJECT_CHARACTERS).join("");

/** What was written: people put short messages into the subject alone. */
const textOf = ({ subject, text }: ReceiveMessageRequest) => (isBlank(text) ? subject : text);

/**
 * The words to read: those that are stored, and no others, so that an erasure knows what was read. A reply is read without its
 * subject, which says how the conversation began.
 */
async function wordsToRead(db: Knex, request: ReceiveMessageRequest, customerId: string): Promise<string> {
  const ticket = await ticketOf(db, request, customerId, false);
  return ticket
    ? textOf(request)
    : firstWords({ subject: subjectOf(request) || NO_SUBJECT, description: request.text });
}

async function receive(
  trx: Knex.Transaction,
  info: WriteInfo,
  request: ReceiveMessageRequest,
  customerId: string,
  words: Words,
): Promise<ReceiveMessageResponse> {
  const subject = subjectOf(request);
  const ticket = await ticketOf(trx, request, customerId, true);
  const answer = (receivedAs: ReceivedAs, ticketId: string, messageId = "") =>
    create(ReceiveMessageResponseSchema, { receivedAs, ticketId, messageId, customerId });
  if (ticket && ticket.status !== TicketStatus.CLOSED) {
    const { message } = await recordReply(await TicketDraft.load(trx, info, ticket.id), textOf(request), words);
    return answer(ReceivedAs.REPLY, ticket.id, message.id);
  }
  if (ticket) {
    const { id } = await beginFollowUp(trx, info, ticket, { subject, description: textOf(request) }, words);
    return answer(ReceivedAs.FOLLOW_UP, id);
  }
  const draft = await TicketDraft.begin(trx, info, {
    ...{ customerId, description: request.text, channel: request.channel || TicketChannel.EMAIL },
    subject: subject || NO_SUBJECT,
    status: TicketStatus.OPEN,
    priority: TicketPriority.NORMAL,
    waitingOn: WaitingOn.DESK,
  });
  return answer(ReceivedAs.NEW_TICKET, (await draft.heed(words).save()).id);
}

/** The answer that the same message got before; undefined where it is new. `key` as in `keyOf`. */
async function earlier(
  db: Knex,
  key: string,
  request: ReceiveMessageRequest,
): Promise<ReceiveMessageResponse | undefined> {
  const row = await db("received_message").where({ request_id: key }).first();
  if (!row) return undefined;
  if (row.request_hash !== ERASED_HASH && row.request_hash !== hashOf(request))
    throw requestIdReused(request.requestId);
  return fromBinary(ReceiveMessageResponseSchema, row.response);
}

/** What a message is remembered by: request ids of different principals never meet. Empty where there is none. */
const keyOf = (requestId: string, context: HandlerContext) => requestId && `${principalOf(context)} ${requestId}`;

const hashOf = (request: ReceiveMessageRequest) => fingerprint(ReceiveMessageRequestSchema, request, ["request_id"]);

/** Forgets what the messages of a customer said. That they were taken in stays, so that none comes twice. */
export async function forgetReceived(trx: Knex.Transaction, dialect: Dialect, customerId: string): Promise<void> {
  const named = toBinary(ReceiveMessageResponseSchema, create(ReceiveMessageResponseSchema, { customerId }));
  const find = dialect === "sqlite" ? "instr(response, ?) > 0" : "position(?::bytea in response) > 0";
  await trx("received_message")
    .whereRaw(find, [Buffer.from(named)])
    .update({ request_hash: ERASED_HASH });
}

/** Stores that a message is taken in; false where another call has just done so and this one waited for it. */
async function remember(
  trx: Knex.Transaction,
  key: string,
  request: ReceiveMessageRequest,
  now: number,
): Promise<boolean> {
  await trx("received_message")
    .where("create_time", "<", now - REQUEST_KEPT_MS)
    .delete();
  const row = {
    request_id: key,
    request_hash: hashOf(request),
    response: new Uint8Array(),
    create_time: now,
  };
  return (
    (await trx("received_message").insert(row).onConflict("request_id").ignore().returning("request_id")).length > 0
  );
}

/**
 * Takes a message in. Unlike other writes it remembers its request ids for 30 days, and answers a repetition without
 * asking the CRM: what was decided first stays, whatever has become of ticket and customer since.
 *
 * @throws ConnectError REQUEST_ID_REUSED; `unavailable` (CRM_UNAVAILABLE)
 */
export async function receiveMessage(
  { database, customers, reader, policy, now }: ReceptionOptions,
  request: ReceiveMessageRequest,
  context: HandlerContext,
): Promise<ReceiveMessageResponse> {
  const { requestId } = request;
  const replayed = (response: ReceiveMessageResponse) => {
    context.responseHeader.set(REPLAYED_HEADER, "true");
    return response;
  };
  const key = keyOf(requestId, context);
  const before = key ? await earlier(database.knex, key, request) : undefined;
  if (before) return replayed(before);
  const sender = { email: request.fromEmail, name: request.fromName };
  const [customer] = await customers.resolver(context)([sender]);
  const { id: customerId, plan } = customer as KnownCustomer;
  const reading = await reader.read(await wordsToRead(database.knex, request, customerId), context);
  const actor = create(ActorSchema, { kind: ActorKind.CUSTOMER, id: customerId });
  const time = now();
  const call = { method: methodName(method.receiveMessage), requestId, origin: originOf(context) };
  return await database.transaction(async (trx) => {
    if (key && !(await remember(trx, key, request, time))) {
      const first = await earlier(trx, key, request);
      if (first) return replayed(first);
    }
    const info: WriteInfo = { actor, clock: now, policy, ...call };
    const response = await receive(trx, info, request, customerId, { reading, plan });
    if (key) {
      await trx("received_message")
        .where({ request_id: key })
        .update({ response: toBinary(ReceiveMessageResponseSchema, response) });
    }
    return response;
  });
}
