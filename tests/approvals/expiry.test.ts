// Approvals over time, and what is left of them when a customer is to be forgotten.
import { createClient } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { ApprovalDecision, ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { DESK_PRINCIPAL } from "../../runtime/calls/call.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { HOUR_MS } from "../../runtime/time-units.ts";
import { crmModule } from "../../services/crm/index.ts";
import { expireDue } from "../../services/ticket/approvals/expiry.ts";
import { forgetCustomer } from "../../services/ticket/approvals/store.ts";
import { ticketModule } from "../../services/ticket/index.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { refusalOf } from "../contract/case.ts";
import { DIALECTS, temporaryDatabase } from "../support/databases.ts";
import { silent } from "../support/desk.ts";
import { AI } from "./callers.ts";

const { PENDING, EXPIRED } = ApprovalState;

describe.each(DIALECTS)("%s", (dialect) => {
  /** A ticket service with a clock, its database, and an answer that waits for two hours. */
  async function waiting() {
    const stack = new AsyncDisposableStack();
    const storage = await temporaryDatabase(dialect);
    stack.defer(() => storage.remove());
    const clock = { ms: Date.now() };
    const services: Parameters<typeof directTransport>[0] extends readonly (infer S)[] ? S[] : never = [];
    const transport = directTransport(services);
    const crm = await crmModule({ database: { kind: "sqlite", file: ":memory:" }, tickets: transport, log: silent });
    stack.defer(() => crm.close());
    const module = await ticketModule({
      ...{ database: storage.location, crm: transport, analytics: transport },
      ...{ now: () => clock.ms, log: silent },
      ...{ policies: { respond_to_ticket: "approve" }, approvalHours: 2 },
    });
    stack.defer(() => module.close());
    services.push(...crm.services, ...module.services);
    const database = await openDatabase({ name: "ticket", location: storage.location, migrations, log: silent });
    stack.defer(() => database.close());
    const tickets = createClient(TicketService, transport);
    const { customer } = await createClient(CrmService, transport).createCustomer({ customer: { name: "Ada" } });
    const { ticket } = await tickets.createTicket({ ticket: { subject: "x", customerId: customer?.id ?? "" } });
    const ticketId = ticket?.id ?? "";
    const { approval } = await tickets.respondToTicket({ ticketId, response: "Private words.", author: AI });
    return {
      stack,
      clock,
      database,
      tickets,
      ticketId,
      customerId: customer?.id ?? "",
      approvalId: approval?.id ?? "",
    };
  }

  test("what nobody decides in time is expired: it cannot be decided, and the log tells so once", async () => {
    const { stack, clock, database, tickets, ticketId, approvalId } = await waiting();
    await using _ = stack;
    expect(await expireDue(database, clock.ms)).toBe(0);
    clock.ms += 2 * HOUR_MS;
    expect((await tickets.listApprovals({ state: PENDING })).approvals).toEqual([]);
    expect((await tickets.listApprovals({ state: EXPIRED })).totalSize).toBe(1);
    const late = await refusalOf(tickets.decideApproval({ approvalId, decision: ApprovalDecision.APPROVE }));
    expect(late).toMatchObject({ reason: "APPROVAL_DECIDED", metadata: { state: "expired" } });
    await Promise.all([expireDue(database, clock.ms), expireDue(database, clock.ms)]);
    expect(await expireDue(database, clock.ms)).toBe(0);
    const { events } = await tickets.listTicketHistory({ ticketId });
    const decided = events.filter(({ type }) => type === TicketEventType.APPROVAL_DECIDED);
    expect(decided).toMatchObject([{ principal: DESK_PRINCIPAL, approval: { id: approvalId, state: EXPIRED } }]);
    expect((await tickets.getTicket({ ticketId })).messages).toEqual([]);
  });

  test("a decision that cannot be stored to its end leaves approval and ticket as they were", async () => {
    const { stack, database, tickets, ticketId, approvalId } = await waiting();
    await using _ = stack;
    const before = await tickets.getTicket({ ticketId });
    // In the way of the decision's last event, which follows the message's.
    const { value } = await database.knex("counter").where({ name: "event" }).first("value");
    const blocker = { position: value + 2, ticket_id: 1001, type: 1, create_time: 0, event: "{}" };
    await database.knex("event").insert(blocker);
    const decision = { approvalId, decision: ApprovalDecision.APPROVE, requestId: "decide-once" };
    expect(await refusalOf(tickets.decideApproval(decision))).toMatchObject({ code: "Internal" });
    expect(await tickets.getTicket({ ticketId })).toEqual(before);
    expect((await tickets.getApproval({ approvalId })).approval?.state).toBe(PENDING);
    await database.knex("event").where({ position: blocker.position }).delete();
    const { message } = await tickets.decideApproval(decision);
    expect((await tickets.getTicket({ ticketId })).messages.map(({ id }) => id)).toEqual([message?.id]);
    expect((await tickets.decideApproval(decision)).message?.id).toBe(message?.id);
  });

  test("a customer is forgotten in drafts, and what waited can no longer be decided", async () => {
    const { stack, clock, database, tickets, customerId, approvalId } = await waiting();
    await using _ = stack;
    await database.transaction((trx) => forgetCustomer(trx, customerId, clock.ms));
    const row = await database.knex("approval").first();
    expect(JSON.stringify(row)).not.toContain("Private");
    const { approval } = await tickets.getApproval({ approvalId });
    expect(approval).toMatchObject({ state: EXPIRED, draft: "", reasons: [{ message: expect.any(String) }] });
  });
});
