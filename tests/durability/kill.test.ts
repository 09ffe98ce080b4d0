// A desk that is killed in the middle of its writes, again and again. SIGKILL leaves the system's page cache alone: that
// what is acknowledged has reached the disk is by configuration (synchronous=FULL), not shown here.
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { DIALECTS } from "../support/databases.ts";
import { temporaryStorage } from "../support/desk.ts";
import { DeskProcess, eventually } from "../support/processes.ts";

const WRITERS = 12;
const ROUNDS = 2;
const ACKNOWLEDGED_A_ROUND = 60;

/** A connection of one round, over which nothing is tried again. */
function connectTo(url: string) {
  const sessionManager = new Http2SessionManager(url);
  const transport = createGrpcTransport({ baseUrl: url, sessionManager, defaultTimeoutMs: 10_000 });
  return {
    crm: createClient(CrmService, transport),
    tickets: createClient(TicketService, transport),
    [Symbol.dispose]: () => sessionManager.abort(),
  };
}
type Clients = ReturnType<typeof connectTo>;

/** A ticket and its answer: known by the subject, which is part of the request ids too. */
async function work({ tickets }: Clients, subject: string, acknowledged: (what: string) => void): Promise<void> {
  const fields = { customerId: "CUS-1001", subject, description: "d" };
  const { ticket } = await tickets.createTicket({ ticket: fields, requestId: `create ${subject}` });
  acknowledged(`ticket ${subject}`);
  const answer = { ticketId: ticket?.id ?? "", response: `to ${subject}`, addCustomerNote: true };
  await tickets.respondToTicket({ ...answer, requestId: `respond ${subject}` });
  acknowledged(`answer ${subject}`);
}

/** How often each ticket and each answer is there. */
async function stored({ tickets }: Clients): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (let pageToken = ""; ; ) {
    const page = await tickets.listTickets({ pageSize: 100, pageToken });
    for (const { id, subject } of page.tickets) {
      count(`ticket ${subject}`);
      for (const { body } of (await tickets.getTicket({ ticketId: id })).messages) count(body.replace(/^to/, "answer"));
    }
    pageToken = page.nextPageToken;
    if (!pageToken) return counts;
  }
}

async function notes({ crm }: Clients): Promise<string[]> {
  const bodies: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = await crm.listNotes({ customerId: "CUS-1001", pageSize: 100, pageToken });
    bodies.push(...page.notes.map(({ body }) => body.replace(/^.*Response: to (.*)\.\.\.$/, "$1")));
    pageToken = page.nextPageToken;
    if (!pageToken) return bodies.sort();
  }
}

test.each(DIALECTS)("on %s, whatever was acknowledged before kill -9 is there, once", async (dialect) => {
  const { environment, remove } = await temporaryStorage(dialect);
  const settings: Record<string, string> = { ...environment };
  const parts = ["crm", "ticket", "--no-demo"];
  const acknowledged = new Set<string>();
  const begun = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    await using desk = await DeskProcess.start(parts, settings);
    using clients = connectTo(desk.url);
    if (round === 0) await clients.crm.createCustomer({ customer: { name: "Ada" } });
    const enough = acknowledged.size + ACKNOWLEDGED_A_ROUND;
    let killed = false;
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let index = 0; !killed; index++) {
        const subject = `${round}.${writer}.${index}`;
        begun.add(subject);
        await work(clients, subject, (what) => {
          acknowledged.add(what);
          // At once, while the others are in the middle of theirs.
          if (acknowledged.size >= enough && !killed) killed = desk.child.kill("SIGKILL");
        });
      }
    });
    const outcomes = await Promise.allSettled(writers);
    expect(outcomes.some(({ status }) => status === "rejected")).toBe(true);
  }

  await using desk = await DeskProcess.start(parts, settings);
  using clients = connectTo(desk.url);
  const before = await stored(clients);
  expect([...acknowledged].filter((what) => !before.has(what))).toEqual([]);
  expect([...before].filter(([, count]) => count !== 1)).toEqual([]);

  // What was cut off is sent once more, with the same request ids.
  for (const subject of begun) await work(clients, subject, () => {});
  const after = await stored(clients);
  expect(after.size).toBe(2 * begun.size);
  expect([...after].filter(([, count]) => count !== 1)).toEqual([]);
  const expected = [...begun].sort();
  await eventually(async () => (await notes(clients)).length >= expected.length);
  expect(await notes(clients)).toEqual(expected);
  await remove();
});
