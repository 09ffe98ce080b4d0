// Calls of AI agents that wait for a person, on a desk whose policy holds them.
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApprovalDecision, ApprovalReasonKind, ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { REPLAYED_HEADER } from "../../runtime/calls/call.ts";
import { type Clients, clientsOf, newTicket, refusalOf, stateOf, unique } from "../contract/case.ts";
import { DIALECTS } from "../support/databases.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { ADA, AI, by, heldReply, machine, person } from "./callers.ts";

const { APPROVE, REJECT } = ApprovalDecision;
const { PENDING, APPROVED, REJECTED } = ApprovalState;
const HOLDABLE = ["respond_to_ticket", "update_ticket", "merge_tickets", "add_internal_note", "record_customer_reply"];
const TOOL_APPROVAL = [...HOLDABLE.map((tool) => `${tool}=approve`), "open_ticket=deny"].join(",");

describe.each(DIALECTS)("%s", (dialect) => {
  let desk: TestDesk;
  let clients: Clients;
  beforeAll(async () => {
    desk = await openTestDesk({ dialect, environment: { TOOL_APPROVAL } });
    clients = clientsOf(desk.transport);
  });
  afterAll(() => desk[Symbol.asyncDispose]());
  const decide = (approvalId: string, fields: object = {}, options = person) =>
    clients.tickets.decideApproval({ approvalId, decision: APPROVE, author: ADA, ...fields }, options);

  test("a held answer leaves the ticket as it is, and is in the log without its text", async () => {
    const { ticket, answer, approvalId } = await heldReply(clients, "The secret draft");
    expect(answer.message).toBeUndefined();
    expect(answer.ticket).toEqual(ticket);
    expect(answer.approval).toMatchObject({
      ...{ state: PENDING, ticketId: ticket.id, customerId: ticket.customerId, tool: "respond_to_ticket" },
      ...{ draft: "The secret draft", principal: "machine", requestedBy: AI, ticketEtag: ticket.etag },
      reasons: [{ kind: ApprovalReasonKind.POLICY }],
    });
    const after = await stateOf(clients, ticket.id);
    expect(after.ticket).toEqual(ticket);
    expect(after.messages).toEqual([]);
    const event = after.events.at(-1);
    expect(event).toMatchObject({
      type: TicketEventType.APPROVAL_REQUESTED,
      etag: ticket.etag,
      actor: AI,
      principal: "machine",
      approval: { id: approvalId, state: PENDING, draft: "" },
    });
    expect(inspect(event, { depth: 9 })).not.toContain("secret");
  });

  test("an approved answer is done in full, in the drafter's name", async () => {
    const { ticket, request, approvalId } = await heldReply(clients);
    const { approval, message, ticket: now } = await decide(approvalId, { comment: "fine" });
    expect(approval).toMatchObject({ state: APPROVED, decidedBy: ADA, comment: "fine", messageId: message?.id });
    expect(message).toMatchObject({ body: request.response, author: AI });
    expect(now).toMatchObject({ status: TicketStatus.RESOLVED, messageCount: 1 });
    const { events, messages } = await stateOf(clients, ticket.id);
    expect(messages).toHaveLength(1);
    expect(events.slice(-3).map(({ type }) => type)).toEqual([
      TicketEventType.MESSAGE_ADDED,
      TicketEventType.STATUS_CHANGED,
      TicketEventType.APPROVAL_DECIDED,
    ]);
    const decided = { actor: ADA, principal: "person", etag: now?.etag, approval: { messageId: message?.id } };
    expect(events.at(-1)).toMatchObject(decided);
  });

  test("an edited answer is the editor's", async () => {
    const { approvalId } = await heldReply(clients);
    const { approval, message } = await decide(approvalId, { editedText: "Better so." });
    expect(message).toMatchObject({ body: "Better so.", author: ADA });
    expect(approval).toMatchObject({ editedText: "Better so.", draft: "It is on its way." });
  });

  test("a rejected answer is never done, whatever the ticket has become", async () => {
    const { ticket, approvalId } = await heldReply(clients);
    await clients.tickets.changeStatus({ ticketId: ticket.id, status: TicketStatus.CLOSED });
    const { approval, message } = await decide(approvalId, { decision: REJECT, comment: "too early" });
    expect(approval).toMatchObject({ state: REJECTED, comment: "too early" });
    expect(message).toBeUndefined();
    expect((await stateOf(clients, ticket.id)).messages).toEqual([]);
    const again = await refusalOf(decide(approvalId));
    expect(again).toMatchObject({ code: "FailedPrecondition", reason: "APPROVAL_DECIDED" });
    expect(again.metadata).toMatchObject({ state: "rejected" });
  });

  test("what has happened in between is told first, and stands in the way until the decider has seen it", async () => {
    const { ticket, approvalId } = await heldReply(clients);
    await clients.tickets.updateTicket({ ticket: { id: ticket.id, team: "a" } });
    expect((await clients.tickets.getApproval({ approvalId })).news).toEqual([]);
    await clients.tickets.recordCustomerReply({ ticketId: ticket.id, body: "Never mind." });
    const { news, ticket: now } = await clients.tickets.getApproval({ approvalId });
    expect(news).toHaveLength(1);
    expect(news[0]).toContain("message_added");
    const before = await stateOf(clients, ticket.id);
    for (const ticketEtag of ["", ticket.etag]) {
      const refusal = await refusalOf(decide(approvalId, { ticketEtag }));
      expect(refusal).toMatchObject({ code: "Aborted", reason: "APPROVAL_OUTDATED" });
      expect(refusal.metadata).toMatchObject({ current_etag: now?.etag });
    }
    expect(await stateOf(clients, ticket.id)).toEqual(before);
    expect((await decide(approvalId, { ticketEtag: now?.etag })).approval?.state).toBe(APPROVED);
  });

  test("a call that cannot be done any more is refused as such, and still waits", async () => {
    const { ticket, approvalId } = await heldReply(clients);
    await clients.tickets.changeStatus({ ticketId: ticket.id, status: TicketStatus.CLOSED });
    const { ticket: now } = await clients.tickets.getApproval({ approvalId });
    expect(await refusalOf(decide(approvalId, { ticketEtag: now?.etag }))).toMatchObject({ reason: "TICKET_CLOSED" });
    expect((await clients.tickets.getApproval({ approvalId })).approval?.state).toBe(PENDING);
  });

  test("a key in another system that has been taken meanwhile is refused as such, and one that is taken at once", async () => {
    const { tickets } = clients;
    const [{ id }, holder] = [await newTicket(clients), await newTicket(clients)];
    const externalId = unique();
    const take = (ticketId: string) =>
      tickets.updateTicket({ ticket: { id: ticketId, externalId }, actor: AI }, machine);
    const held = await take(id);
    await tickets.updateTicket({ ticket: { id: holder.id, externalId } }, person);
    const taken = { reason: "EXTERNAL_ID_TAKEN", metadata: { ticket_id: holder.id } };
    expect(await refusalOf(decide(held.approval?.id ?? ""))).toMatchObject(taken);
    expect(await refusalOf(take((await newTicket(clients)).id))).toMatchObject(taken);
  });

  test("a call that is not allowed is refused at once, and never waits", async () => {
    const ticket = await newTicket(clients, { status: TicketStatus.CLOSED });
    const reply = { ticketId: ticket.id, response: "x", author: AI };
    expect(await refusalOf(clients.tickets.respondToTicket(reply))).toMatchObject({ reason: "TICKET_CLOSED" });
    const { totalSize } = await clients.tickets.listApprovals({ ticketId: ticket.id });
    expect(totalSize).toBe(0);
  });

  test("of several deciders at once one decides", async () => {
    const { ticket, approvalId } = await heldReply(clients);
    const decisions = [{}, { editedText: "b" }, { decision: REJECT, comment: "c" }, {}, { editedText: "d" }];
    const outcomes = await Promise.allSettled(decisions.map((fields) => decide(approvalId, fields)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { messages, events } = await stateOf(clients, ticket.id);
    const { approval } = await clients.tickets.getApproval({ approvalId });
    expect(messages).toHaveLength(approval?.state === APPROVED ? 1 : 0);
    expect(events.filter(({ type }) => type === TicketEventType.APPROVAL_DECIDED)).toHaveLength(1);
  });

  test("request and decision can each be sent again: the same answer, one effect", async () => {
    const ticket = await newTicket(clients);
    const request = { ticketId: ticket.id, response: "Once.", author: AI, requestId: unique() };
    const first = await clients.tickets.respondToTicket(request, machine);
    const approvalId = first.approval?.id ?? "";
    const decision = { requestId: unique() };
    const decided = await decide(approvalId, decision);
    let replayed: string | null = null;
    const onHeader = (headers: Headers) => {
      replayed = headers.get(REPLAYED_HEADER);
    };
    expect(await clients.tickets.respondToTicket(request, { ...machine, onHeader })).toEqual(first);
    expect(replayed).toBe("true");
    expect(await decide(approvalId, decision)).toEqual(decided);
    expect((await stateOf(clients, ticket.id)).messages).toHaveLength(1);
  });

  test("the same draft again is the same approval, another one is another", async () => {
    const { ticket, request, approvalId } = await heldReply(clients);
    const again = { ...request, requestId: unique(), etag: ticket.etag };
    expect((await clients.tickets.respondToTicket(again, machine)).approval?.id).toBe(approvalId);
    const other = await clients.tickets.respondToTicket({ ...request, response: "Other." }, machine);
    expect(other.approval?.id).not.toBe(approvalId);
    const { approvals } = await clients.tickets.listApprovals({ ticketId: ticket.id, state: PENDING });
    expect(approvals.map(({ id }) => id)).toEqual([other.approval?.id, approvalId]);
  });

  test("who asked does not decide where keys tell callers apart, and no key without the scope decides", async () => {
    const ticket = await newTicket(clients);
    const both = by("both", "tickets:reply", "approvals");
    const { approval } = await clients.tickets.respondToTicket(
      { ticketId: ticket.id, response: "x", author: AI },
      both,
    );
    const approvalId = approval?.id ?? "";
    expect(await refusalOf(decide(approvalId, {}, both))).toMatchObject({ reason: "OWN_APPROVAL" });
    const missing = await refusalOf(decide(approvalId, {}, machine));
    expect(missing).toMatchObject({ code: "PermissionDenied", reason: "SCOPE_MISSING" });
    expect((await decide(approvalId, {}, by("root", "admin"))).approval?.state).toBe(APPROVED);
  });

  test("a key that is no person's is held, whatever its calls say; a person's is not", async () => {
    const ticket = await newTicket(clients);
    const answer = { ticketId: ticket.id, response: "x", author: ADA };
    expect((await clients.tickets.respondToTicket(answer, machine)).approval).toBeDefined();
    const done = await clients.tickets.respondToTicket(answer, person);
    expect(done.approval).toBeUndefined();
    expect(done.message?.body).toBe("x");
    expect((await clients.tickets.respondToTicket({ ...answer, author: AI }, person)).approval).toBeDefined();
  });

  test("every other write that can wait is held and done in the same way", async () => {
    const ticket = await newTicket(clients);
    const { id: ticketId, customerId } = ticket;
    const { id: intoTicketId } = await newTicket(clients, { customerId });
    const { tickets } = clients;
    const calls = {
      update: await tickets.updateTicket(
        { ticket: { id: ticketId, etag: ticket.etag, team: "held" }, actor: AI, addTags: ["vip"] },
        machine,
      ),
      status: await tickets.changeStatus({ ticketId, status: TicketStatus.IN_PROGRESS, actor: AI }, machine),
      note: await tickets.addInternalNote({ ticketId, body: "A note.", author: AI }, machine),
      reply: await tickets.recordCustomerReply({ ticketId, body: "By telephone.", recorder: AI }, machine),
      merge: await tickets.mergeTickets({ ticketId, intoTicketId, actor: AI }, machine),
    };
    expect((await stateOf(clients, ticketId)).ticket).toEqual(ticket);
    for (const { approval } of Object.values(calls)) expect(approval?.state).toBe(PENDING);
    const { ticketEtag = "" } = calls.merge.approval ?? {};
    for (const { approval } of Object.values(calls)) {
      const { ticket: now } = await tickets.getApproval({ approvalId: approval?.id ?? "" });
      await decide(approval?.id ?? "", { ticketEtag: now?.etag || ticketEtag });
    }
    const merged = await stateOf(clients, ticketId);
    expect(merged.ticket).toMatchObject({ team: "held", tags: ["vip"], mergedInto: intoTicketId });
    const { messages } = await stateOf(clients, intoTicketId);
    expect(messages.map(({ body }) => body).sort()).toEqual(["A note.", "By telephone.", ticket.subject].sort());
    expect(await refusalOf(decide(calls.update.approval?.id ?? ""))).toMatchObject({ reason: "APPROVAL_DECIDED" });
  });

  test("a text cannot be put into a call that has none", async () => {
    const { id } = await newTicket(clients);
    const { approval } = await clients.tickets.updateTicket({ ticket: { id, team: "x" }, actor: AI }, machine);
    const refusal = await refusalOf(decide(approval?.id ?? "", { editedText: "x" }));
    expect(refusal).toMatchObject({ code: "InvalidArgument", reason: "NOTHING_TO_EDIT" });
  });

  test("what the policy denies is refused to AI agents and left to people", async () => {
    const { customerId } = await newTicket(clients);
    const opening = { ticket: { subject: "x", customerId } };
    const denied = await refusalOf(clients.tickets.createTicket({ ...opening, actor: AI }));
    expect(denied).toMatchObject({
      code: "PermissionDenied",
      reason: "TOOL_DENIED",
      metadata: { tool: "open_ticket" },
    });
    expect((await clients.tickets.createTicket({ ...opening, actor: ADA })).ticket?.id).toBeDefined();
  });

  test("approvals are listed by state and ticket, page by page, the newest first", async () => {
    const ticket = await newTicket(clients);
    const ids: string[] = [];
    for (const response of ["a", "b", "c"]) {
      const { approval } = await clients.tickets.respondToTicket({ ticketId: ticket.id, response }, machine);
      ids.push(approval?.id ?? "");
    }
    await decide(ids[1] ?? "", { decision: REJECT, comment: "no" });
    const list = { ticketId: ticket.id, state: PENDING, pageSize: 1 };
    const first = await clients.tickets.listApprovals(list);
    expect(first).toMatchObject({ approvals: [{ id: ids[2] }], totalSize: 2 });
    const second = await clients.tickets.listApprovals({ ...list, pageToken: first.nextPageToken });
    expect(second).toMatchObject({ approvals: [{ id: ids[0] }], nextPageToken: "" });
    const rejected = await clients.tickets.listApprovals({ ticketId: ticket.id, state: REJECTED });
    expect(rejected.approvals.map(({ id }) => id)).toEqual([ids[1]]);
  });
});
