// What an agent may ask of the desk next. Every text carries the call's id, so that it is known again in the databases.
import type { Random } from "./random.ts";

/** A ticket that agents know of. */
export interface KnownTicket {
  readonly id: string;
  readonly customerId: string;
}

/** What to call. */
export interface Task {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const CUSTOMERS = 12;
/** Agents meet on the tickets that were opened last. */
const IN_WORK = 24;
// No ticket is closed, so that nothing but an old etag is a reason to refuse a write.
const STATUSES = ["open", "in_progress", "resolved"];
const WEIGHTS = {
  open_ticket: 8,
  respond_to_ticket: 50,
  add_internal_note: 10,
  record_customer_reply: 10,
  update_ticket: 10,
  add_customer_note: 10,
  handle_ticket: 4,
} as const;
const TOOLS = Object.entries(WEIGHTS).flatMap(([tool, weight]) =>
  Array.from({ length: weight }, () => tool as keyof typeof WEIGHTS),
);

function opening(id: string, random: Random): Task {
  const customer = Math.floor(random.between(0, CUSTOMERS));
  const args = {
    subject: `Subject ${id}`,
    description: "It does not work.",
    customer_email: `c${customer}@example.com`,
  };
  return { tool: "open_ticket", arguments: args };
}

/** The answer to a ticket as it was read: it is refused when somebody else was quicker. */
export function answering(id: string, ticket_id: string, etag: string): Task {
  return { tool: "respond_to_ticket", arguments: { ticket_id, response: `Response ${id}`, etag } };
}

/** Chooses the next call; `id` is its request_id. */
export function nextTask(id: string, tickets: readonly KnownTicket[], random: Random): Task {
  const tool = random.pick(TOOLS);
  if (tool === "open_ticket" || tickets.length === 0) return opening(id, random);
  const { id: ticket_id, customerId: customer_id } = random.pick(tickets.slice(-IN_WORK));
  switch (tool) {
    case "respond_to_ticket": {
      const status = random.chance(0.5) && { update_status: random.pick(STATUSES) };
      const note = random.chance(0.5) && { add_customer_note: true };
      return { tool, arguments: { ticket_id, response: `Response ${id}`, ...status, ...note } };
    }
    case "add_internal_note":
      return { tool, arguments: { ticket_id, body: `Internal ${id}` } };
    case "record_customer_reply":
      return { tool, arguments: { ticket_id, body: `Reply ${id}` } };
    case "update_ticket":
      return { tool, arguments: { ticket_id, team: `Team ${id}`, priority: random.pick(["low", "high"]) } };
    case "add_customer_note":
      return { tool, arguments: { customer_id, note: `Note ${id}` } };
    case "handle_ticket":
      return { tool, arguments: { ticket_id } };
  }
}
