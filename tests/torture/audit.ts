// The ledger held against the databases: what was acknowledged is there, and nothing is there twice.
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { formatId } from "../../runtime/messages/ids.ts";
import { auditLog, statusAfter } from "./audit-log.ts";
import type { Call } from "./ledger.ts";
import type { Stored } from "./stored.ts";

/** Something that is not as it has to be. */
export interface Finding {
  readonly kind: "lost" | "doubled";
  readonly what: string;
}

const { PUBLIC, INTERNAL } = MessageVisibility;

const messageKey = (ticketId: unknown, visibility: MessageVisibility, body: unknown) =>
  `${MessageVisibility[visibility].toLowerCase()} message on ${ticketId}: ${body}`;
const noteKey = (about: unknown, body: unknown) => `note about ${about}: ${body}`;
const ticketKey = (subject: unknown) => `ticket: ${subject}`;
const teamKey = (ticketId: unknown, team: unknown) => `change of ${ticketId}: ${team}`;

/** What a call leaves behind when it is done, each thing once. */
function effectsOf({ tool, arguments: args }: Call): string[] {
  const { ticket_id: id } = args;
  switch (tool) {
    case "open_ticket":
      return [ticketKey(args.subject)];
    case "respond_to_ticket": {
      const note = args.add_customer_note ? [noteKey(id, `Ticket ${id} - Response: ${args.response}...`)] : [];
      return [messageKey(id, PUBLIC, args.response), ...note];
    }
    case "add_internal_note":
      return [messageKey(id, INTERNAL, args.body)];
    case "record_customer_reply":
      return [messageKey(id, PUBLIC, args.body)];
    case "update_ticket":
      return [teamKey(id, args.team)];
    case "add_customer_note":
      return [noteKey(args.customer_id, args.note)];
    default:
      return [];
  }
}

/** How often each thing is there. */
function countsOf({ tickets, messages, notes, events }: Stored): Map<string, number> {
  const teams = events.flatMap(({ ticketId, changes }) =>
    changes.filter(({ field }) => field === "team").map(({ after }) => teamKey(ticketId, after?.kind.value)),
  );
  const keys = [
    ...tickets.map(({ subject }) => ticketKey(subject)),
    ...messages.map(({ ticketId, visibility, body }) => messageKey(ticketId, visibility, body)),
    ...notes.map((note) => noteKey(note.ticket_id || formatId("CUS", note.customer_id), note.body)),
    ...teams,
  ];
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function auditCalls(calls: readonly Call[], counts: ReadonlyMap<string, number>): Finding[] {
  const expected = new Set<string>();
  const findings: Finding[] = [];
  for (const call of calls) {
    for (const what of effectsOf(call)) {
      expected.add(what);
      const count = counts.get(what) ?? 0;
      if (count === 0 && call.state === "acknowledged") findings.push({ kind: "lost", what });
      if (count > 1) findings.push({ kind: "doubled", what: `${count} times ${what}` });
      if (count > 0 && call.state === "refused") findings.push({ kind: "doubled", what: `refused and done, ${what}` });
    }
  }
  const unasked = [...counts.keys()].filter((what) => !expected.has(what));
  return [...findings, ...unasked.map((what) => ({ kind: "doubled", what: `nobody asked for it, ${what}` }) as const)];
}

/** Whether each answer that was to move its ticket has moved it. */
function auditStatuses(calls: readonly Call[], stored: Stored): Finding[] {
  const statuses = statusAfter(stored.events);
  return calls.flatMap(({ id, state, arguments: { update_status: asked } }) => {
    if (state !== "acknowledged" || asked === undefined) return [];
    const status = statuses.get(id);
    const found = status === undefined ? "nothing" : TicketStatus[status]?.toLowerCase();
    return found === asked ? [] : [{ kind: "lost", what: `status ${asked} of ${id}: it is ${found}` } as const];
  });
}

/** Compares what agents were told with what is stored, and what is stored with itself. */
export function audit(calls: readonly Call[], stored: Stored): Finding[] {
  return [...auditCalls(calls, countsOf(stored)), ...auditStatuses(calls, stored), ...auditLog(stored)];
}
