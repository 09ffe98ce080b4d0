// A model that makes the same call twice changes the desk once, and is told so.
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { CallContext, Catalog } from "../../adapter/catalog.ts";
import { PARTS } from "../../runtime/config.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";

let desk: TestDesk;
let ticketId: string;

beforeAll(async () => {
  desk = await openTestDesk({ parts: PARTS });
  const { customer } = await createClient(CrmService, desk.transport).createCustomer({ customer: { name: "Ada" } });
  const fields = { subject: "Help", customerId: customer?.id ?? "" };
  const { ticket } = await createClient(TicketService, desk.transport).createTicket({ ticket: fields });
  ticketId = ticket?.id ?? "";
});
afterAll(() => desk[Symbol.asyncDispose]());

async function call(name: string, args: Record<string, string>, context: Partial<CallContext> = {}) {
  const { tools } = desk.desk.catalog as Catalog;
  const tool = tools.find(({ definition }) => definition.name === name);
  const whole = { signal: new AbortController().signal, headers: {}, ...context };
  return (await tool?.call(args, whole))?.structuredContent ?? {};
}

async function messages(): Promise<string[]> {
  const found = await createClient(TicketService, desk.transport).listTicketMessages({ ticketId });
  return found.messages.map(({ body }) => body);
}

describe("the same call twice", () => {
  it("is answered as the first time, and says that it was replayed", async () => {
    const answer = { ticket_id: ticketId, response: "Hello" };
    const first = await call("respond_to_ticket", answer);
    const second = await call("respond_to_ticket", { response: "Hello", ticket_id: ticketId });
    expect(first.replayed).toBeUndefined();
    expect(second).toMatchObject({ replayed: true, response: { id: (first.response as { id: string }).id } });
    expect(await messages()).toEqual(["Hello"]);
  });

  it("is done again with a request_id of its own, or with another key of the client's", async () => {
    const note = { ticket_id: ticketId, body: "Seen" };
    await call("add_internal_note", note);
    expect((await call("add_internal_note", { ...note, request_id: "mine" })).replayed).toBeUndefined();
    expect((await call("add_internal_note", note, { requestKey: "key" })).replayed).toBeUndefined();
    expect((await call("add_internal_note", note, { requestKey: "key" })).replayed).toBe(true);
    expect(await messages()).toEqual(["Hello", "Seen", "Seen", "Seen"]);
  });

  it("of a reading tool is simply made twice", async () => {
    await call("handle_ticket", { ticket_id: ticketId });
    expect((await call("handle_ticket", { ticket_id: ticketId })).replayed).toBeUndefined();
  });
});
