// A customer who is erased is in no table and no file any more; everybody else, and everything that is counted, stays.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { ApprovalState } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { ReceivedAs } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { type Config, PARTS, readConfig } from "../../runtime/config.ts";
import { type Desk, openDesk } from "../../services/desk.ts";
import { type Clients, clientsOf, eventually, expectRefused, refusalOf, unique } from "../contract/case.ts";
import { DIALECTS } from "../support/databases.ts";
import { silent, temporaryStorage } from "../support/desk.ts";
import { everythingAbout, keepRuns, OTHER_RUN, type Planted, plant } from "./plants.ts";
import { stored } from "./scan.ts";

/** A place where nobody listens: what is sent there waits. */
const NOBODY = "http://127.0.0.1:9/";

async function figures({ metrics, tickets }: Clients) {
  const { events } = await tickets.listEvents({ pageSize: 1_000 });
  const end = events.at(-1)?.position ?? 0n;
  const found = await eventually(async () => {
    const answer = await metrics.getMetrics({ kinds: [] });
    return answer.progress?.complete && answer.progress.position >= end && answer;
  });
  // Moods and categories are read from texts.
  const { mood: _, categories: __, ...counted } = { ...found.total?.overall } as Record<string, unknown>;
  return counted;
}

describe.each(DIALECTS)("on %s", (dialect) => {
  let config: Config;
  let desk: Desk;
  let clients: Clients;
  let erased: Planted;
  let other: Planted;
  let others: unknown;
  let before: unknown;
  let runs: readonly string[];
  const cleanup = new AsyncDisposableStack();

  beforeAll(async () => {
    const { environment, remove } = await temporaryStorage(dialect);
    cleanup.defer(remove);
    config = readConfig({ ...environment, WEBHOOK_ALLOW_PRIVATE: "127.0.0.0/8" });
    desk = cleanup.use(await openDesk({ config, parts: PARTS, demo: false, log: silent }));
    clients = clientsOf(directTransport(desk.services));
    await clients.webhooks.createWebhook({ webhook: { url: NOBODY } });
    erased = await plant(clients, "qzxv");
    other = await plant(clients, "jkwp");
    runs = await keepRuns(config, erased, cleanup);
    others = await everythingAbout(clients, other);
    before = await figures(clients);
  });
  afterAll(() => cleanup.disposeAsync());

  test("what was planted is found before", async () => {
    const words = [...erased.words, erased.receivedHash, ...runs];
    expect((await stored(config, words)).sort()).toEqual(words.sort());
  });

  test("EraseCustomer tells what it erased, and the same when it is sent again", async () => {
    const request = { customerId: erased.customerId, requestId: unique() };
    const answer = await clients.support.eraseCustomer(request);
    expect(answer).toMatchObject({ noteCount: 2, ticketCount: 5, approvalCount: 3, correctionCount: 2 });
    expect(answer.customer).toMatchObject({ id: erased.customerId, name: "erased", emails: [], plan: "", tags: [] });
    expect(answer.messageCount).toBeGreaterThan(5);
    expect(answer.eventCount).toBeGreaterThan(10);
    expect(answer.answerCount).toBeGreaterThan(10);
    expect(await clients.support.eraseCustomer(request)).toEqual(answer);
  });

  test("nothing of it is stored anywhere", async () => {
    // The gateway hears of it by the log.
    await eventually(async () => (await stored(config, runs)).length === 0);
    expect(await stored(config, [...erased.words, erased.receivedHash, erased.mark, OTHER_RUN])).toEqual([OTHER_RUN]);
    expect((await stored(config, other.words)).sort()).toEqual([...other.words].sort());
  });

  test("everything about others is as it was", async () => {
    expect(await everythingAbout(clients, other)).toEqual(others);
    await other.again.ticket();
    await other.again.correction();
  });

  test("the tickets stay, with what is counted, and the log tells of the erasure", async () => {
    const { tickets } = await everythingAbout(clients, erased);
    for (const { ticket, messages, history, approvals } of tickets) {
      expect(ticket).toMatchObject({ subject: "(erased)", description: "", customFields: {}, externalId: "" });
      expect(messages.messages.every(({ body }) => body === "(erased)")).toBe(true);
      expect(history.events.at(-1)).toMatchObject({ type: TicketEventType.CUSTOMER_ERASED, etag: ticket?.etag });
      for (const { state, draft } of approvals.approvals) {
        expect(draft).toBe("");
        expect(state).not.toBe(ApprovalState.PENDING);
      }
    }
    const first = tickets[0]?.ticket;
    expect(first).toMatchObject({ tags: ["vip"], team: "billing", plan: "pro", customerId: erased.customerId });
    const log = (await clients.tickets.listEvents({ pageSize: 1_000 })).events;
    expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => BigInt(index + 1)));
  });

  test("the figures stay and are nobody's, also when they are counted anew from the log", async () => {
    const filter = { customerIds: [erased.customerId] };
    for (const rebuild of [false, true]) {
      if (rebuild) await clients.metrics.rebuildMetrics({ requestId: unique() });
      expect(await figures(clients)).toEqual(before);
      const theirs = await clients.metrics.getMetrics({ filter });
      expect(theirs.total?.overall?.volume?.created).toBe(0);
    }
  });

  test("a request whose answer is gone is refused, and not done again", async () => {
    for (const again of Object.values(erased.again)) {
      expect(["ANSWER_ERASED", "CUSTOMER_ERASED"]).toContain((await refusalOf(again())).reason);
    }
    expect(await refusalOf(erased.again.customer())).toMatchObject({ reason: "ANSWER_ERASED" });
  });

  test("nothing can be written about them any more", async () => {
    const { crm, tickets } = clients;
    const { customerId } = erased;
    const [ticketId = ""] = erased.ticketIds;
    const author = { kind: ActorKind.AGENT };
    const writes = [
      crm.updateCustomer({ customer: { id: customerId, name: "x" } }),
      crm.addNote({ note: { customerId, author, body: "x" } }),
      tickets.createTicket({ ticket: { customerId, subject: "x" } }),
      tickets.respondToTicket({ ticketId, response: "x" }),
      tickets.respondToTicket({ ticketId, response: "write to eve@elsewhere.example", author: { kind: ActorKind.AI } }),
      tickets.recordCustomerReply({ ticketId, body: "x" }),
      tickets.addInternalNote({ ticketId, body: "x" }),
      tickets.updateTicket({ ticket: { id: ticketId, subject: "x" } }),
    ];
    await expectRefused(writes, { code: "FailedPrecondition", reason: "CUSTOMER_ERASED" });
    const { ticket } = await tickets.updateTicket({ ticket: { id: ticketId, team: "sales" } });
    expect(ticket?.team).toBe("sales");
  });

  test("their address is free: who writes from it is a new customer", async () => {
    const [ticketId = ""] = erased.ticketIds;
    const mail = { fromEmail: erased.email, subject: `[${ticketId}]`, text: "It is me again." };
    const { customerId, receivedAs } = await clients.tickets.receiveMessage(mail);
    expect(customerId).not.toBe(erased.customerId);
    expect(receivedAs).toBe(ReceivedAs.NEW_TICKET);
  });

  test("erasing again finds nothing; who was never there is not found", async () => {
    const again = await clients.support.eraseCustomer({ customerId: erased.customerId });
    expect(again).toMatchObject({ noteCount: 0, ticketCount: 0, messageCount: 0, eventCount: 0, answerCount: 0 });
    const nobody = clients.support.eraseCustomer({ customerId: "CUS-999999999999999" });
    expect(await refusalOf(nobody)).toMatchObject({ code: "NotFound", reason: "CUSTOMER_NOT_FOUND" });
  });
});
