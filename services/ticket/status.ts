// The one table of legal moves between statuses, and what else changes with a move.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectError } from "@connectrpc/connect";
import { type Ticket, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { fail } from "../../runtime/errors.ts";

const { OPEN, IN_PROGRESS, RESOLVED, CLOSED } = TicketStatus;

const LEGAL_MOVES: Readonly<Record<TicketStatus, readonly TicketStatus[]>> = {
  [TicketStatus.UNSPECIFIED]: [],
  [OPEN]: [IN_PROGRESS, RESOLVED, CLOSED],
  [IN_PROGRESS]: [OPEN, RESOLVED, CLOSED],
  [RESOLVED]: [OPEN, IN_PROGRESS, CLOSED],
  [CLOSED]: [],
};

/** A status as people and models write it: `in_progress`. */
function statusName(status: TicketStatus): string {
  return TicketStatus[status].toLowerCase();
}

/** Whether the work on a ticket of this status is done, for now or for good. */
export function isDone(status: TicketStatus): boolean {
  return status === RESOLVED || status === CLOSED;
}

/**
 * The error for writing to a closed ticket.
 *
 * @param goesOnIn the open ticket that it was merged into or that follows it up, where there is one
 */
export function closedError(ticketId: string, goesOnIn: string | undefined): ConnectError {
  const wayOut = goesOnIn
    ? `It goes on in ${goesOnIn}: read that one and write there.`
    : "Open a follow-up instead: CreateFollowUp, or the tool open_ticket with follow_up_of.";
  return fail(Code.FailedPrecondition, "TICKET_CLOSED", `${ticketId} is closed and takes nothing more. ${wayOut}`, {
    ticket_id: ticketId,
    ...(goesOnIn && { goes_on_in: goesOnIn }),
  });
}

function illegal(ticket: Ticket, status: TicketStatus): ConnectError {
  const legal = LEGAL_MOVES[ticket.status].map(statusName).join(", ");
  const wayOut = legal ? `Legal: ${legal}.` : "A closed ticket stays closed; open a follow-up instead.";
  return fail(
    Code.FailedPrecondition,
    "STATUS_TRANSITION_ILLEGAL",
    `${ticket.id} is ${statusName(ticket.status)} and cannot become ${statusName(status)}. ${wayOut} Nothing was written.`,
    { ticket_id: ticket.id, status: statusName(ticket.status), legal_statuses: legal },
  );
}

/** Whether a ticket of this status may wait on somebody: nobody has to act next on what is done, and somebody on all else. */
export function mayWaitOn(status: TicketStatus, waitingOn: WaitingOn): boolean {
  return isDone(status) === (waitingOn === WaitingOn.NOBODY);
}

/**
 * Refuses a word on who has to act next that the status contradicts: an open ticket that waits on nobody would be forgotten, a
 * done one that waits on somebody would come back into the queue.
 *
 * @throws ConnectError `failed_precondition` (WAITING_ON_CONTRADICTS)
 */
export function assertWaits({ id, status, waitingOn }: Ticket): void {
  if (mayWaitOn(status, waitingOn)) return;
  const wayOut = isDone(status)
    ? "Nobody has to act next: leave waiting_on out, or move it to open or in_progress in the same call."
    : "Somebody has to act next: say who, or move it to resolved where it is done.";
  throw fail(
    Code.FailedPrecondition,
    "WAITING_ON_CONTRADICTS",
    `${id} is ${statusName(status)} and cannot wait on ${WaitingOn[waitingOn].toLowerCase()}. ${wayOut} Nothing was written.`,
    { ticket_id: id, status: statusName(status) },
  );
}

/**
 * What changes when a ticket moves to a status; nothing when it is there already.
 *
 * @param now milliseconds UTC
 * @throws ConnectError `failed_precondition` (STATUS_TRANSITION_ILLEGAL) that names the legal moves
 */
export function moveTo(ticket: Ticket, status: TicketStatus, now: number): Partial<Ticket> {
  if (status === ticket.status) return {};
  if (!LEGAL_MOVES[ticket.status].includes(status)) throw illegal(ticket, status);
  const time = timestampFromMs(now);
  if (status === CLOSED) return { status, waitingOn: WaitingOn.NOBODY, closeTime: time };
  if (status === RESOLVED) return { status, waitingOn: WaitingOn.NOBODY, resolveTime: time };
  if (ticket.status !== RESOLVED) return { status };
  return { status, waitingOn: WaitingOn.DESK, resolveTime: undefined as never, reopenCount: ticket.reopenCount + 1 };
}
