// Which ticket a run is for. What follows from it the services enforce, whatever the model is talked into.
import type { MessageParam } from "@anthropic-ai/sdk/resources/messages";
import { Code } from "@connectrpc/connect";
import { CONFINEMENT_HEADER } from "../runtime/calls/call.ts";
import { isUnconfined } from "../runtime/calls/confinement.ts";
import { fail } from "../runtime/errors.ts";
import type { HttpRequest } from "../runtime/http/http-port.ts";
import type { Caller } from "../runtime/identity/caller.ts";
import { ANY_TICKET_SCOPE } from "../runtime/identity/scopes.ts";
import { isId } from "../runtime/messages/ids.ts";
import { invalidRequest, type MessagesRequest } from "./messages.ts";

const MENTIONS = /\bTKT-[1-9][0-9]{3,14}\b/gi;

function checked(value: unknown, path: string): string | undefined {
  const ticket = String(value).trim().toUpperCase();
  if (ticket === "NONE") return undefined;
  if (isId(ticket, "TKT")) return ticket;
  throw invalidRequest(path, `must be a ticket such as TKT-1001, or none, not ${JSON.stringify(value)}.`);
}

function wordsOf({ role, content }: MessageParam): string {
  if (role !== "user") return "";
  if (typeof content === "string") return content;
  return content.flatMap((block) => (block.type === "text" ? block.text : [])).join("\n");
}

function mayGoAnywhere({ scopes }: Caller): boolean {
  return scopes === undefined || isUnconfined(scopes);
}

/**
 * The ticket that a run is confined to: what the header `deskwire-ticket` or `metadata.ticket_id` says, else the one ticket
 * that the user's own words name. Undefined where they name none.
 *
 * A caller without the scope `tickets:any` has to say which where the words name several, since some of them may be a
 * customer's; and may not say `none`.
 *
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` for a header or metadata that is no ticket, and for words that leave it
 *   open; `SCOPE_MISSING`
 */
export function ticketOf(
  { messages, metadata }: MessagesRequest,
  headers: HttpRequest["headers"],
  caller: Caller,
): string | undefined {
  const [said, place] =
    headers[CONFINEMENT_HEADER] === undefined
      ? [metadata?.ticket_id, "metadata.ticket_id"]
      : [headers[CONFINEMENT_HEADER], `header ${CONFINEMENT_HEADER}`];
  if (said !== undefined) {
    const ticket = checked(said, place);
    if (ticket !== undefined || mayGoAnywhere(caller)) return ticket;
    const message = `A run for no one ticket needs the scope ${ANY_TICKET_SCOPE}, which the caller does not hold. Name a ticket, or use a key that has it.`;
    throw fail(Code.PermissionDenied, "SCOPE_MISSING", message, { scope: ANY_TICKET_SCOPE });
  }
  const named = new Set(messages.flatMap((message) => wordsOf(message).toUpperCase().match(MENTIONS) ?? []));
  const [ticket] = named;
  if (named.size < 2) return ticket;
  if (mayGoAnywhere(caller)) return undefined;
  const open = `The words name ${[...named].join(", ")}. Say which ticket the work is for with the header ${CONFINEMENT_HEADER} or metadata.ticket_id.`;
  throw invalidRequest("messages", open);
}
