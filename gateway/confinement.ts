// Which ticket a run is for. What follows from it the services enforce, whatever the model is talked into.
import type { MessageParam } from "@anthropic-ai/sdk/resources/messages";
import type { HttpRequest } from "../runtime/cleartext-port.ts";
import { invalidRequest, type MessagesRequest } from "./messages.ts";

/** The header by which a client says it; `none` for a run that is for no one ticket. */
export const TICKET_HEADER = "deskwire-ticket";

const TICKET = /^TKT-[1-9][0-9]{3,14}$/;
const MENTIONS = /\bTKT-[1-9][0-9]{3,14}\b/gi;

function checked(value: unknown, path: string): string | undefined {
  const ticket = String(value).trim().toUpperCase();
  if (ticket === "NONE") return undefined;
  if (TICKET.test(ticket)) return ticket;
  throw invalidRequest(path, `must be a ticket such as TKT-1001, or none, not ${JSON.stringify(value)}.`);
}

function wordsOf({ role, content }: MessageParam): string {
  if (role !== "user") return "";
  if (typeof content === "string") return content;
  return content.flatMap((block) => (block.type === "text" ? block.text : [])).join("\n");
}

/**
 * The ticket that a run is confined to: what the header `deskwire-ticket` or `metadata.ticket_id` says, else the one ticket
 * that the user's own words name. Undefined where they name none, or several.
 *
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` for a header or metadata that is no ticket
 */
export function ticketOf({ messages, metadata }: MessagesRequest, headers: HttpRequest["headers"]): string | undefined {
  const header = headers[TICKET_HEADER];
  if (header !== undefined) return checked(header, `header ${TICKET_HEADER}`);
  if (metadata?.ticket_id !== undefined) return checked(metadata.ticket_id, "metadata.ticket_id");
  const named = new Set(messages.flatMap((message) => wordsOf(message).toUpperCase().match(MENTIONS) ?? []));
  const [ticket] = named;
  return named.size === 1 ? ticket : undefined;
}
