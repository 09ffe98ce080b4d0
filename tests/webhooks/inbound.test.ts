// Messages from outside: signed, once, and never into somebody else's ticket.
import { createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { PRINCIPAL_HEADER } from "../../runtime/calls/call.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { newSecret, sign } from "../../runtime/standard-webhooks.ts";
import { DAY_MS, MINUTE_MS } from "../../runtime/time-units.ts";
import { ticketModule } from "../../services/ticket/index.ts";
import { DIALECTS } from "../support/databases.ts";
import { openWebhookDesk, type WebhookDesk } from "./desk.ts";

const SECRET = newSecret();

const open = (desk: WebhookDesk) =>
  listen({
    ...{ host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], log: () => {}, graceMs: 100 },
    services: desk.module.services,
    routes: desk.module.routes ?? {},
  });

interface Sent {
  readonly id?: string;
  readonly secret?: string;
  readonly now?: number;
  readonly headers?: Record<string, string>;
}

const ada = { from_email: "Ada@Example.com", from_name: "Ada", subject: "Help", text: "It does not print." };
const eve = { from_email: "eve@example.com", from_name: "Eve", subject: "Re: yours", text: "Send me the data." };

let desk: WebhookDesk;
let listener: Listener;
let count = 0;

async function send(message: unknown, { id = `m${count++}`, secret = SECRET, now, headers = {} }: Sent = {}) {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  const response = await fetch(`${listener.url}/inbound/messages`, {
    method: "POST",
    headers: { ...sign([secret], id, now ?? desk.clock.ms, body), ...headers },
    body,
  });
  return Object.assign((await response.json()) as Record<string, string>, { status: response.status });
}

async function openDoor(dialect: (typeof DIALECTS)[number]): Promise<void> {
  desk = await openWebhookDesk(dialect, { inboundSecrets: [SECRET] });
  listener = await open(desk);
}
async function closeDoor(): Promise<void> {
  await listener.close();
  await desk[Symbol.asyncDispose]();
}

describe.each(DIALECTS)("on %s", (dialect) => {
  beforeEach(() => openDoor(dialect));
  afterEach(closeDoor);

  it("a message that names no ticket opens one, for a customer who is added if new", async () => {
    expect(await send(ada)).toMatchObject({
      status: 200,
      received_as: "RECEIVED_AS_NEW_TICKET",
      ticket_id: "TKT-1001",
      customer_id: "CUS-1001",
    });
    expect(await send(eve)).toMatchObject({ ticket_id: "TKT-1002", customer_id: "CUS-1002" });
    const { ticket } = await desk.tickets.getTicket({ ticketId: "TKT-1001" });
    expect(ticket).toMatchObject({ subject: "Help", description: "It does not print.", channel: 2 });
  });

  it("a reply goes into the ticket that it names, in a field or in its subject", async () => {
    await send(ada);
    const reply = await send({ ...ada, subject: "Re: [tkt-1001] Help", text: "One" });
    expect(reply).toMatchObject({ received_as: "RECEIVED_AS_REPLY", ticket_id: "TKT-1001", message_id: "MSG-1001" });
    expect(await send({ ...ada, ticket_id: "TKT-1001", text: "Two" })).toMatchObject({ message_id: "MSG-1002" });
    const { messages } = await desk.tickets.getTicket({ ticketId: "TKT-1001" });
    expect(messages.map(({ body, author }) => [body, author?.id])).toEqual([
      ["One", "CUS-1001"],
      ["Two", "CUS-1001"],
    ]);
  });

  it("nobody writes into the ticket of another customer, or of nobody", async () => {
    await send(ada);
    const before = await desk.tickets.listTicketHistory({ ticketId: "TKT-1001" });
    for (const intrusion of [{ ticket_id: "TKT-1001" }, { subject: "Re: [TKT-1001]" }, { ticket_id: "TKT-9999" }]) {
      const answer = await send({ ...eve, ...intrusion });
      expect(answer).toMatchObject({ status: 200, received_as: "RECEIVED_AS_NEW_TICKET", customer_id: "CUS-1002" });
    }
    expect(await desk.tickets.listTicketHistory({ ticketId: "TKT-1001" })).toEqual(before);
  });

  it("a message that says everything in its subject is taken, a reply with it as its text", async () => {
    const blank = { ...ada, from_name: " ", text: " \r\n\u200b", subject: "Please call me" };
    expect(await send(blank)).toMatchObject({ status: 200, received_as: "RECEIVED_AS_NEW_TICKET" });
    expect(await send({ from_email: ada.from_email, subject: "Re: [TKT-1001] It is urgent" })).toMatchObject({
      received_as: "RECEIVED_AS_REPLY",
    });
    const { ticket, messages } = await desk.tickets.getTicket({ ticketId: "TKT-1001" });
    expect(ticket?.subject).toBe("Please call me");
    expect(messages.map(({ body }) => body)).toEqual(["Re: [TKT-1001] It is urgent"]);
  });

  it("a resolved ticket is opened again, a closed one is followed up, a merged one leads on", async () => {
    await send(ada);
    await desk.tickets.changeStatus({ ticketId: "TKT-1001", status: TicketStatus.RESOLVED });
    const reply = { ...ada, ticket_id: "TKT-1001" };
    expect(await send(reply)).toMatchObject({ received_as: "RECEIVED_AS_REPLY" });
    const { ticket } = await desk.tickets.getTicket({ ticketId: "TKT-1001" });
    expect(ticket).toMatchObject({ status: TicketStatus.OPEN, reopenCount: 1 });

    await send(ada);
    await desk.tickets.mergeTickets({ ticketId: "TKT-1001", intoTicketId: "TKT-1002" });
    expect(await send(reply)).toMatchObject({ received_as: "RECEIVED_AS_REPLY", ticket_id: "TKT-1002" });

    await desk.tickets.changeStatus({ ticketId: "TKT-1002", status: TicketStatus.CLOSED });
    expect(await send(reply)).toMatchObject({ received_as: "RECEIVED_AS_FOLLOW_UP", ticket_id: "TKT-1003" });
    const followUp = await desk.tickets.getTicket({ ticketId: "TKT-1003" });
    expect(followUp.ticket).toMatchObject({ followUpOf: "TKT-1002", description: ada.text });
  });

  it("mail to a closed ticket goes on in its follow-up, however often and to whichever of them it is sent", async () => {
    const { CLOSED, RESOLVED } = TicketStatus;
    const isReplyIn = async (named: string, ticketId: string) =>
      expect(await send({ ...ada, ticket_id: named })).toMatchObject({
        received_as: "RECEIVED_AS_REPLY",
        ticket_id: ticketId,
      });
    const isFollowUp = async (named: string, ticketId: string) =>
      expect(await send({ ...ada, ticket_id: named })).toMatchObject({
        received_as: "RECEIVED_AS_FOLLOW_UP",
        ticket_id: ticketId,
      });
    await send(ada);
    await desk.tickets.changeStatus({ ticketId: "TKT-1001", status: CLOSED });
    await isFollowUp("TKT-1001", "TKT-1002");
    await isReplyIn("TKT-1001", "TKT-1002");
    await desk.tickets.changeStatus({ ticketId: "TKT-1002", status: RESOLVED });
    await isReplyIn("TKT-1001", "TKT-1002");
    expect((await desk.tickets.getTicket({ ticketId: "TKT-1002" })).ticket?.reopenCount).toBe(1);

    await desk.tickets.changeStatus({ ticketId: "TKT-1002", status: CLOSED });
    await isFollowUp("TKT-1001", "TKT-1003");
    expect((await desk.tickets.getTicket({ ticketId: "TKT-1003" })).ticket?.followUpOf).toBe("TKT-1002");
    await isReplyIn("TKT-1001", "TKT-1003");
    await isReplyIn("TKT-1002", "TKT-1003");

    // Of two follow-ups the one that is open, and a merged one leads on.
    await desk.tickets.createFollowUp({ ticketId: "TKT-1002", description: "By telephone" });
    await desk.tickets.changeStatus({ ticketId: "TKT-1004", status: CLOSED });
    await isReplyIn("TKT-1002", "TKT-1003");
    await send({ ...ada, subject: "Another matter" });
    await desk.tickets.mergeTickets({ ticketId: "TKT-1003", intoTicketId: "TKT-1005" });
    await isReplyIn("TKT-1001", "TKT-1005");
  });

  it("of messages to a closed ticket that come at once, one opens the follow-up", async () => {
    await send(ada);
    await desk.tickets.changeStatus({ ticketId: "TKT-1001", status: TicketStatus.CLOSED });
    const answers = await Promise.all(Array.from({ length: 6 }, () => send({ ...ada, ticket_id: "TKT-1001" })));
    expect(answers.map(({ ticket_id }) => ticket_id)).toEqual(Array(6).fill("TKT-1002"));
    expect(answers.filter(({ received_as }) => received_as === "RECEIVED_AS_FOLLOW_UP")).toHaveLength(1);
  });

  it("the same webhook-id again changes nothing, whatever has become of the ticket", async () => {
    await send(ada);
    const reply = { ...ada, ticket_id: "TKT-1001" };
    const first = await send(reply, { id: "same" });
    await desk.tickets.changeStatus({ ticketId: "TKT-1001", status: TicketStatus.CLOSED });
    const before = await desk.tickets.listEvents({});
    desk.clock.ms += 3 * DAY_MS;
    expect(await send(reply, { id: "same" })).toEqual(first);
    expect(await send({ ...reply, text: "Other" }, { id: "same" })).toMatchObject({
      status: 409,
      reason: "REQUEST_ID_REUSED",
    });
    expect(await desk.tickets.listEvents({})).toEqual(before);
  });

  it("request ids of different callers never meet", async () => {
    const received = async (principal: string, text: string) =>
      await desk.tickets.receiveMessage(
        { fromEmail: ada.from_email, subject: "Help", text, requestId: "1" },
        { headers: { [PRINCIPAL_HEADER]: principal } },
      );
    const first = await received("key:mail", "By mail.");
    expect((await received("key:chat", "By chat.")).ticketId).not.toBe(first.ticketId);
    expect(await received("key:mail", "By mail.")).toEqual(first);
  });

  it("of the same message many times at once, one counts", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(ada, { id: "race" })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await desk.tickets.listTickets({})).totalSize).toBe(1);
  });
});

describe("the door", () => {
  beforeEach(() => openDoor("sqlite"));
  afterEach(closeDoor);

  it("what is not signed, or not now, or not as it was, is refused and writes nothing", async () => {
    const refused = [
      await send(ada, { secret: newSecret() }),
      await send(ada, { headers: { "webhook-id": "other" } }),
      await send(ada, { headers: { "webhook-signature": "" } }),
      await send(ada, { now: desk.clock.ms - 5 * MINUTE_MS - 1000 }),
      await send(ada, { now: desk.clock.ms + 5 * MINUTE_MS + 1000 }),
    ];
    expect(refused.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      "401 SIGNATURE_INVALID",
      "401 SIGNATURE_INVALID",
      "401 SIGNATURE_INVALID",
      "401 TIMESTAMP_OUT_OF_TOLERANCE",
      "401 TIMESTAMP_OUT_OF_TOLERANCE",
    ]);
    const unsigned = await fetch(`${listener.url}/inbound/messages`, { method: "POST", body: JSON.stringify(ada) });
    expect([unsigned.status, ((await unsigned.json()) as { reason: string }).reason]).toEqual([
      401,
      "SIGNATURE_MISSING",
    ]);
    expect((await desk.tickets.listTickets({})).totalSize).toBe(0);
    expect((await desk.crm.listCustomers({})).totalSize).toBe(1);
  });

  it("what makes no sense is refused with the reason", async () => {
    const answers = [
      await send("{"),
      await send("[]"),
      await send({ ...ada, surprise: true }),
      await send({ ...ada, from_email: "nobody" }),
      await send({ ...ada, subject: " ", text: "" }),
      await send({ ...ada, text: "x".repeat(1024 * 1024) }),
    ];
    expect(answers.map(({ status, reason }) => `${status} ${reason}`)).toEqual([
      "400 JSON_MALFORMED",
      "400 MESSAGE_INVALID",
      "400 MESSAGE_INVALID",
      "400 VALIDATION_FAILED",
      "400 VALIDATION_FAILED",
      "413 MESSAGE_TOO_LARGE",
    ]);
    // Nobody says how long it will be.
    const endless = new ReadableStream({ pull: (to) => to.enqueue(Buffer.alloc(65_536, "x")) });
    const init = { method: "POST", body: endless, duplex: "half" } as RequestInit;
    expect((await fetch(`${listener.url}/inbound/messages`, init)).status).toBe(413);
    expect((await fetch(`${listener.url}/inbound/messages`)).status).toBe(405);
    expect((await desk.tickets.listTickets({})).totalSize).toBe(0);
  });
});

it("without a secret nothing is taken, and the answer says how to change that", async () => {
  await using desk = await openWebhookDesk();
  await using listener = await open(desk);
  const response = await fetch(`${listener.url}/inbound/messages`, { method: "POST", body: "{}" });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ reason: "INBOUND_NOT_CONFIGURED" });
});

it("while the CRM is away the sender is asked to come again, but what came before is known", async () => {
  await using desk = await openWebhookDesk();
  const message = { fromEmail: "ada@example.com", text: "Hello", requestId: "one" };
  const first = await desk.tickets.receiveMessage(message);
  // Port 9 (discard) is below those that a system gives out; nobody listens there.
  const crm = remoteTransport("http://127.0.0.1:9");
  const cutOff = await ticketModule({
    ...{ crm, analytics: crm },
    database: desk.location,
    now: desk.clock.now,
    log: () => {},
  });
  const tickets = createClient(TicketService, directTransport(cutOff.services));
  expect(await tickets.receiveMessage(message)).toEqual(first);
  await expect(tickets.receiveMessage({ ...message, requestId: "two" })).rejects.toSatisfy(
    (error) => reasonOf(error) === "CRM_UNAVAILABLE",
  );
  await cutOff.close();
});
