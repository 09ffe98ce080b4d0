// Customers with a word of their own in every place where the desk keeps a text.
import { create } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category, Sentiment } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { ApprovalDecision } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { ReceiveMessageRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { migrations } from "../../gateway/runs/migrations.ts";
import { RunStore } from "../../gateway/runs/store.ts";
import { fingerprint } from "../../runtime/calls/fingerprint.ts";
import type { Config } from "../../runtime/config.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { databaseLocation } from "../../services/databases.ts";
import { type Clients, eventually, unique } from "../contract/case.ts";
import { startedRun } from "../gateway/desk.ts";

/** A customer, and what was planted. */
export interface Planted {
  readonly customerId: string;
  readonly email: string;
  readonly ticketIds: readonly string[];
  readonly correctionId: string;
  readonly words: readonly string[];
  /** Of a message that came in: by it, whoever has the text can tell that it was this one. */
  readonly receivedHash: string;
  /** Ends each of the words: where it occurs, something is left. The index of FTS5 drops beginnings that words share. */
  readonly mark: string;
  /** Sends again what was sent. */
  readonly again: Readonly<Record<"customer" | "ticket" | "note" | "correction", () => Promise<unknown>>>;
}

const { AGENT, AI, CUSTOMER } = ActorKind;
const agent = { kind: AGENT, id: "sam" };

/** Adds a customer and does with them all that writes a text. */
export async function plant(clients: Clients, mark: string): Promise<Planted> {
  const { crm, tickets, support } = clients;
  const words: string[] = [];
  const word = (name: string) => {
    const made = `${name}${mark}`;
    words.push(made);
    return made;
  };
  const key = () => ({ requestId: unique() });
  const email = `${word("mail")}@example.com`;
  const customer = {
    ...{ name: word("oldname"), emails: [email], phone: word("phone"), company: word("company") },
    ...{
      plan: "pro",
      tags: [word("label")],
      attributes: { [word("key")]: word("value") },
      externalId: word("external"),
    },
  };
  const newCustomer = { customer, ...key() };
  const customerId = (await crm.createCustomer(newCustomer)).customer?.id ?? "";
  await crm.updateCustomer({ customer: { id: customerId, name: word("name") }, ...key() });
  const note = { note: { customerId, author: agent, body: word("note") }, ...key() };
  await crm.addNote(note);

  const ticket = {
    ...{ customerId, subject: word("oldsubject"), description: word("description"), team: "billing", tags: ["vip"] },
    ...{ customFields: { [word("fieldname")]: word("field") }, externalId: word("foreign") },
  };
  const newTicket = { ticket, actor: { kind: CUSTOMER, id: email, name: word("author") }, ...key() };
  const ticketId = (await tickets.createTicket(newTicket)).ticket?.id ?? "";
  await tickets.updateTicket({ ticket: { id: ticketId, subject: word("subject") }, ...key() });
  await tickets.respondToTicket({ ticketId, response: word("answer"), author: agent, addCustomerNote: true, ...key() });
  await tickets.recordCustomerReply({ ticketId, body: word("reply"), ...key() });
  await tickets.addInternalNote({ ticketId, body: word("internal"), ...key() });
  const received = { fromEmail: email, subject: word("mailsubject"), text: word("mailtext") };
  const inbound = await tickets.receiveMessage({ ...received, ...key() });
  const reply = { ...received, subject: `[${inbound.ticketId}]`, text: word("mailreply") };
  await tickets.receiveMessage({ ...reply, ...key() });
  const receivedHash = fingerprint(ReceiveMessageRequestSchema, create(ReceiveMessageRequestSchema, reply), []);
  const row = {
    customerEmail: email,
    subject: word("rowsubject"),
    description: word("rowtext"),
    source: word("source"),
    status: "closed",
  };
  const { imported } = await tickets.importTickets(
    (async function* () {
      yield { row };
    })(),
  );

  const draft = (name: string) => ({
    ticketId,
    response: `${word(name)} ask eve@elsewhere.example`,
    author: { kind: AI },
  });
  const held = [];
  for (const name of ["pending", "rejected", "edited"]) {
    held.push((await tickets.respondToTicket({ ...draft(name), ...key() })).approval?.id ?? "");
  }
  const rejection = { decision: ApprovalDecision.REJECT, comment: word("comment"), ...key() };
  await tickets.decideApproval({ approvalId: held[1] ?? "", ...rejection });
  const edited = { decision: ApprovalDecision.APPROVE, editedText: word("edit"), ...key() };
  await tickets.decideApproval({ approvalId: held[2] ?? "", ...edited });

  const correction = { ticketId, sentiment: Sentiment.NEGATIVE, category: Category.SHIPPING, ...key() };
  const { corrections } = await support.correctAnalysis(correction);
  const other = await tickets.createTicket({ ticket: { customerId, subject: word("mergedsubject") }, ...key() });
  await tickets.mergeTickets({ ticketId: other.ticket?.id ?? "", intoTicketId: inbound.ticketId, ...key() });
  const old = imported[0]?.ticketId ?? "";
  const followUp = await tickets.createFollowUp({ ticketId: old, description: word("followup"), ...key() });
  await tickets.changeStatus({ ticketId, status: TicketStatus.RESOLVED, ...key() });
  // The note that the answer asked for.
  await eventually(async () => (await crm.listNotes({ customerId })).totalSize === 2);
  const ticketIds = [ticketId, inbound.ticketId, other.ticket?.id ?? "", followUp.ticket?.id ?? "", old];
  expect(new Set(ticketIds).size).toBe(5);
  return {
    ...{ customerId, email, ticketIds, words, receivedHash, mark, correctionId: corrections[0]?.id ?? "" },
    again: {
      customer: () => crm.createCustomer(newCustomer),
      ticket: () => tickets.createTicket(newTicket),
      note: () => crm.addNote(note),
      correction: () => support.correctAnalysis(correction),
    },
  };
}

/** All that the desk answers about a customer. */
export async function everythingAbout(clients: Clients, { customerId, ticketIds }: Planted) {
  const { crm, tickets, analytics } = clients;
  const page = { pageSize: 100 };
  return {
    customer: await crm.getCustomer({ customerId }),
    notes: await crm.listNotes({ customerId, ...page }),
    corrections: await analytics.listCorrections({ customerId, includeUndone: true, ...page }),
    tickets: await Promise.all(
      ticketIds.map(async (ticketId) => ({
        ticket: (await tickets.getTicket({ ticketId, messageLimit: 200 })).ticket,
        messages: await tickets.listTicketMessages({ ticketId, ...page }),
        history: await tickets.listTicketHistory({ ticketId, ...page }),
        approvals: await tickets.listApprovals({ ticketId, ...page }),
      })),
    ),
  };
}

/** A word in the run of somebody whose identifier only begins like that of the erased customer. */
export const OTHER_RUN = "runofanother";

/** Keeps runs of the messages gateway about a customer, as it would; answers their words. */
export async function keepRuns(
  config: Config,
  { customerId, ticketIds, mark }: Planted,
  cleanup: AsyncDisposableStack,
) {
  const location = databaseLocation(config, "gateway");
  const database = await openDatabase({ name: "gateway", location, migrations, log: () => {} });
  cleanup.defer(() => database.close());
  const store = new RunStore(database);
  const words = [`runbycustomer${mark}`, `runbyticket${mark}`];
  const texts = [
    `${words[0]} ${customerId}`,
    `${words[1]} ${ticketIds[0]?.toLowerCase()}`,
    `${OTHER_RUN} ${customerId}0`,
  ];
  for (const [index, content] of texts.entries()) {
    const name = `run_${index}`;
    const run = startedRun(name, { messages: [{ role: "user", content }] });
    await store.begin("p", { name, explicit: true, hash: name, again: false }, run);
  }
  return words;
}
