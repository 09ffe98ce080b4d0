// Random histories of a desk, made by the real ticket service with a clock of the test's own.
import { createClient } from "@connectrpc/connect";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import type { TicketEvent } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketChannel, TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { directTransport } from "../../../runtime/calls/direct-transport.ts";
import type { BoundService } from "../../../runtime/calls/service.ts";
import { crmModule } from "../../../services/crm/index.ts";
import { ticketModule } from "../../../services/ticket/index.ts";
import type { Random } from "../../fuzz/random.ts";
import { silent } from "../../support/desk.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TEXTS = ["Thanks, that is great!", "This is terrible, I want my money back.", "Where is my parcel?", "ok", ""];
const TEAMS = ["", "day", "night"];
const ASSIGNEES = ["", "ada", "eve", "bob"];
const { OPEN, IN_PROGRESS, RESOLVED, CLOSED } = TicketStatus;
/** A closed ticket has no more to tell, so most are resolved and opened again. */
const STATUSES = [OPEN, IN_PROGRESS, OPEN, IN_PROGRESS, RESOLVED, RESOLVED, RESOLVED, CLOSED];

/** A desk with its CRM and tickets in memory, whose time the test makes. */
export async function openHistory(start: number) {
  const clock = { now: start };
  const services: BoundService[] = [];
  const transport = directTransport(services);
  const database = { kind: "sqlite", file: ":memory:" } as const;
  const common = { database, now: () => clock.now, log: silent };
  const modules = [
    await crmModule({ ...common, tickets: transport }),
    await ticketModule({ ...common, crm: transport, analytics: transport }),
  ];
  services.push(...modules.flatMap((module) => module.services));
  return {
    clock,
    transport,
    tickets: createClient(TicketService, transport),
    crm: createClient(CrmService, transport),
    async [Symbol.asyncDispose]() {
      for (const module of modules) module.drain?.();
      for (const module of modules.reverse()) await module.close();
    },
  };
}

type History = Awaited<ReturnType<typeof openHistory>>;

/** All events so far. */
export async function eventsOf({ tickets }: History): Promise<TicketEvent[]> {
  const events: TicketEvent[] = [];
  for (let pageToken = ""; ; ) {
    const page = await tickets.listEvents({ pageSize: 1000, pageToken });
    events.push(...page.events);
    pageToken = page.nextPageToken;
    if (!pageToken) return events;
  }
}

/** Now minutes pass, now days. */
function passTime({ clock }: History, random: Random): void {
  const least = random.pick([0, 1, MINUTE, HOUR, 6 * HOUR]);
  clock.now += least + random.below(random.pick([1, 1_000, 40 * MINUTE, 9 * HOUR]));
}

/** Works at a desk: `count` random steps. What the ticket service refuses is part of the work. */
export async function workAtRandom(history: History, random: Random, count: number): Promise<void> {
  const { tickets, crm, clock } = history;
  const { customers } = await crm.listCustomers({});
  const customerIds = customers.map(({ id }) => id);
  while (customerIds.length < 4) {
    customerIds.push((await crm.createCustomer({ customer: { name: `c${customerIds.length}` } })).customer?.id ?? "");
  }
  const ticketIds = (await tickets.listTickets({ pageSize: 100 })).tickets.map(({ id }) => id);
  const actor = () => ({ kind: random.pick([ActorKind.AGENT, ActorKind.AI]), id: "x" });
  const steps: Record<string, (ticketId: string) => Promise<unknown>> = {
    async create() {
      const channel = random.pick([TicketChannel.EMAIL, TicketChannel.CHAT, TicketChannel.UNSPECIFIED]);
      const priority = random.pick([TicketPriority.UNSPECIFIED, TicketPriority.LOW, TicketPriority.URGENT]);
      const fields = { team: random.pick(TEAMS), assignee: random.pick(ASSIGNEES), channel, priority };
      const status = random.pick([TicketStatus.UNSPECIFIED, TicketStatus.IN_PROGRESS]);
      const text = { subject: "subject", description: random.pick(TEXTS) };
      const { ticket } = await tickets.createTicket({
        ticket: { ...fields, ...text, status, customerId: random.pick(customerIds) },
      });
      ticketIds.push(ticket?.id ?? "");
    },
    async import() {
      const age = random.below(40) * 24 * HOUR;
      const row = { description: `${random.pick(TEXTS)} ${random.unit()}`, customerEmail: "old@example.com" };
      const createTime = random.chance(0.8) ? new Date(clock.now - age).toISOString() : "";
      const status = random.pick(["", "open", "in_progress", "resolved", "closed"]);
      const rows = (async function* () {
        yield { row: { ...row, createTime, status } };
      })();
      const { imported } = await tickets.importTickets(rows as never);
      ticketIds.push(imported[0]?.ticketId ?? "");
    },
    answer: (ticketId) =>
      tickets.respondToTicket({
        ...{ ticketId, response: "answer", author: actor(), addCustomerNote: random.chance(0.2) },
        ...(random.chance(0.4) && { updateStatus: random.pick(STATUSES) }),
      }),
    reply: (ticketId) => tickets.recordCustomerReply({ ticketId, body: random.pick(TEXTS) || "?" }),
    note: (ticketId) => tickets.addInternalNote({ ticketId, body: "note", author: actor() }),
    status: (ticketId) => tickets.changeStatus({ ticketId, status: random.pick(STATUSES) }),
    update: (id) =>
      tickets.updateTicket({
        ticket: {
          ...{ id, team: random.pick(TEAMS), assignee: random.pick(ASSIGNEES) },
          priority: random.pick([TicketPriority.UNSPECIFIED, TicketPriority.HIGH, TicketPriority.LOW]),
          channel: random.pick([TicketChannel.UNSPECIFIED, TicketChannel.PHONE, TicketChannel.CHAT]),
          waitingOn: random.pick([WaitingOn.DESK, WaitingOn.CUSTOMER, WaitingOn.THIRD_PARTY]),
        },
        updateMask: {
          paths: ["team", "assignee", "priority", "channel", "waiting_on"].filter(() => random.chance(0.5)),
        },
        ...(random.chance(0.2) && { updateStatus: random.pick(STATUSES) }),
      }),
    merge: (ticketId) => tickets.mergeTickets({ ticketId, intoTicketId: random.pick(ticketIds) }),
    async mergeAnswered(intoTicketId) {
      const { ticket: into } = await tickets.getTicket({ ticketId: intoTicketId });
      const others = await tickets.listTickets({ customerId: into?.customerId ?? "" });
      const answered = others.tickets.find(({ id, firstResponseTime }) => id !== intoTicketId && firstResponseTime);
      await tickets.mergeTickets({ ticketId: answered?.id ?? "", intoTicketId });
    },
    followUp: (ticketId) => tickets.createFollowUp({ ticketId, description: random.pick(TEXTS) || "again" }),
  };
  const often = ["create", "answer", "answer", "answer", "reply", "reply", "status", "status", "update", "update"];
  for (let step = 0; step < count; step++) {
    passTime(history, random);
    const name = ticketIds.length === 0 ? "create" : random.pick([...often, ...Object.keys(steps)]);
    // The newest tickets, so that their conversations get long.
    const ticketId = random.pick(ticketIds.slice(-8));
    await steps[name]?.(ticketId).catch(() => {});
  }
}
