// A reply that waits for a person: the run pauses, and goes on with the decision as the result of its tool.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Caller } from "../../runtime/identity/caller.ts";
import { inOrder, resultsIn, turn, use } from "../support/messages-api/script.ts";
import { type Answered, ask, type GatewayDesk, openGatewayDesk, request, services, texts } from "./desk.ts";

let desk: GatewayDesk;
let caller: Caller;

beforeEach(async () => {
  caller = { principal: "local" };
  desk = await openGatewayDesk(inOrder(), {
    environment: { TOOL_APPROVAL: "respond_to_ticket=approve,merge_tickets=deny" },
    identify: async () => caller,
  });
});
afterEach(() => desk[Symbol.asyncDispose]());

const reply = (response: string) =>
  use("respond_to_ticket", { ticket_id: "TKT-1001", response, update_status: "resolved" });

interface ApprovalAnswer {
  readonly approval: { readonly id: string; readonly state: string; readonly [field: string]: unknown };
  readonly message: Answered | null;
  readonly error?: { readonly type: string; readonly message: string };
}

/** Asks for something at the approvals' address. */
async function call(path: string, body?: object): Promise<{ status: number; json: ApprovalAnswer }> {
  const post = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${desk.url}/v1/approvals${path}`, body && post);
  return { status: response.status, json: (await response.json()) as ApprovalAnswer };
}

/** Has the model draft a reply; the run that pauses for it. */
async function paused(draft = "We refund it."): Promise<Answered> {
  desk.model.script = inOrder(turn("I drafted a reply.", reply(draft)));
  return ask(desk);
}

const ticket = async () => (await services(desk.transport).tickets.getTicket({ ticketId: "TKT-1001" })).ticket;

describe("a reply that has to be approved", () => {
  it("pauses the run: nothing is sent, the status stays, and the answer names the approval", async () => {
    const answer = await paused();
    expect(answer).toMatchObject({
      stop_reason: "end_turn",
      deskwire: {
        stopped_by: "approval",
        pending_approvals: [{ id: "APR-1001", reason: expect.stringContaining("a person") }],
      },
    });
    expect(texts(answer)).toEqual(["I drafted a reply.", expect.stringContaining("approval (APR-1001)")]);
    expect(await desk.conversation("TKT-1001")).toEqual([]);
    expect((await ticket())?.status).toBe(TicketStatus.OPEN);
    expect((await call("")).json).toMatchObject({
      approvals: [{ id: "APR-1001", state: "pending", draft: "We refund it." }],
    });
    expect((await call("/APR-1001")).json).toMatchObject({
      approval: { id: "APR-1001", tool: "respond_to_ticket", ticket_id: "TKT-1001" },
      ticket: { id: "TKT-1001", status: "open" },
      news: [],
    });
  });

  it("approved, goes out as it was, and the model ends its work", async () => {
    await paused();
    desk.model.script = inOrder((it) => {
      expect(resultsIn(it)).toMatchObject([
        { name: "respond_to_ticket", is_error: false, text: expect.stringContaining("as it was") },
      ]);
      return turn("It was sent.");
    });
    const { status, json } = await call("/APR-1001", { decision: "approve" });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      type: "approval",
      approval: { state: "approved" },
      message: { stop_reason: "end_turn" },
    });
    expect(json.message && texts(json.message)).toEqual(["It was sent."]);
    expect(await desk.conversation("TKT-1001")).toEqual(["We refund it."]);
    expect((await ticket())?.status).toBe(TicketStatus.RESOLVED);
    expect(desk.model.refused).toEqual([]);
  });

  it("edited, goes out as the person wrote it, and the model is told so", async () => {
    await paused();
    desk.model.script = inOrder((it) => {
      expect(resultsIn(it)[0]?.text).toContain("We refund it within 5 days.");
      return turn("Sent as edited.");
    });
    const { json } = await call("/APR-1001", { decision: "edit", text: "We refund it within 5 days." });
    expect(json.approval).toMatchObject({ state: "approved", edited_text: "We refund it within 5 days." });
    expect(await desk.conversation("TKT-1001")).toEqual(["We refund it within 5 days."]);
  });

  it("rejected, is not sent; the model hears why, may draft another, and that waits again", async () => {
    await paused();
    desk.model.script = inOrder((it) => {
      expect(resultsIn(it)).toMatchObject([{ is_error: true, text: expect.stringContaining("Too curt.") }]);
      return turn("A better one.", reply("Dear Maria, we refund it."));
    });
    const { json } = await call("/APR-1001", { decision: "reject", comment: "Too curt." });
    expect(json).toMatchObject({
      approval: { state: "rejected", comment: "Too curt." },
      message: { deskwire: { pending_approvals: [{ id: "APR-1002" }] } },
    });
    desk.model.script = inOrder(turn("Now it is sent."));
    expect((await call("/APR-1002", { decision: "approve" })).json.message).toMatchObject({ stop_reason: "end_turn" });
    expect(await desk.conversation("TKT-1001")).toEqual(["Dear Maria, we refund it."]);
  });

  it("streams its pause, and the run goes on all the same", async () => {
    desk.model.script = inOrder(turn("Drafted.", reply("Hello.")));
    const message = await desk.client.messages.stream(request()).finalMessage();
    expect(texts(message)).toEqual(["Drafted.", expect.stringContaining("APR-1001")]);
    desk.model.script = inOrder(turn("Sent."));
    expect((await call("/APR-1001", { decision: "approve" })).json.message).not.toBeNull();
  });

  it("decided twice is done once; where the model failed in between, the same decision goes on", async () => {
    await paused();
    desk.model.script = () => ({ status: 400, type: "invalid_request_error" });
    expect((await call("/APR-1001", { decision: "approve" })).status).toBe(400);
    desk.model.script = inOrder(turn("Sent."));
    const again = await call("/APR-1001", { decision: "approve" });
    expect(again.json.message && texts(again.json.message)).toEqual(["Sent."]);
    expect(await call("/APR-1001", { decision: "approve" })).toMatchObject({ status: 200, json: { message: null } });
    expect((await call("/APR-1001", { decision: "reject", comment: "no" })).status).toBe(400);
    expect(await desk.conversation("TKT-1001")).toEqual(["We refund it."]);
  });

  it("decided elsewhere, lets the run go on with what was decided", async () => {
    await paused();
    await services(desk.transport).tickets.decideApproval({ approvalId: "APR-1001", decision: 2, comment: "Not now." });
    desk.model.script = inOrder((it) => {
      expect(resultsIn(it)[0]?.text).toContain("Not now.");
      return turn("Stopped.");
    });
    const { json } = await call("/APR-1001", { decision: "approve" });
    expect(json).toMatchObject({ approval: { state: "rejected" }, message: { content: [{ text: "Stopped." }] } });
  });

  it("two in one turn both have to be decided before the model goes on", async () => {
    desk.model.script = inOrder(turn(reply("One."), reply("Two.")));
    expect((await ask(desk)).deskwire.pending_approvals).toHaveLength(2);
    const first = await call("/APR-1001", { decision: "approve" });
    expect(first.json.message?.deskwire.pending_approvals).toEqual([expect.objectContaining({ id: "APR-1002" })]);
    desk.model.script = inOrder((it) => {
      expect(resultsIn(it).map(({ is_error }) => is_error)).toEqual([false, true]);
      return turn("Done.");
    });
    expect((await call("/APR-1002", { decision: "reject", comment: "Once is enough." })).json.message).not.toBeNull();
    expect(await desk.conversation("TKT-1001")).toEqual(["One."]);
  });

  it.each([
    ["/APR-1001", { decision: "perhaps" }, 400, "decision: must be one of approve, edit, reject."],
    ["/APR-1001", { decision: "edit" }, 400, "text: is needed to edit"],
    ["/APR-1001", { decision: "reject" }, 400, "comment: is needed to reject"],
    ["/APR-1001", { decision: "approve", text: "x" }, 400, 'text: goes with the decision "edit" alone'],
    ["/APR-9999", { decision: "approve" }, 404, "There is no approval APR-9999"],
    ["/1", { decision: "approve" }, 404, "There is no approval 1"],
    ["?state=odd", undefined, 400, "state: must be one of all, pending"],
  ])("%s with %j is refused with %i", async (path, body, status, words) => {
    await paused();
    const answer = await call(path, body);
    expect(answer).toMatchObject({ status, json: { error: { message: expect.stringContaining(words) } } });
  });
});

it("keys without the scope approvals do not decide, nor does the key that asked", async () => {
  const agent = new Set(["tickets:read", "tickets:reply", "approvals"]);
  caller = { principal: "key:agent", scopes: agent };
  await paused();
  expect(await call("/APR-1001", { decision: "approve" })).toMatchObject({ status: 403 });
  caller = { principal: "key:other", scopes: new Set(["tickets:read"]) };
  expect(await call("/APR-1001", { decision: "approve" })).toMatchObject({ status: 403 });
  caller = { principal: "key:person", scopes: agent };
  desk.model.script = inOrder(turn("Sent."));
  expect((await call("/APR-1001", { decision: "approve" })).status).toBe(200);
});

it("a tool that is denied to AI agents is refused to the model, which goes on", async () => {
  const merge = use("merge_tickets", { ticket_id: "TKT-1001", into_ticket_id: "TKT-1004" });
  desk.model.script = inOrder(turn(merge), (it) => {
    expect(resultsIn(it)).toMatchObject([
      { is_error: true, text: expect.stringMatching(/TOOL_DENIED|OUTSIDE_TICKET/) },
    ]);
    return turn("I may not.");
  });
  expect(texts(await ask(desk, { messages: [{ role: "user", content: "Merge them." }] }))).toEqual(["I may not."]);
});
