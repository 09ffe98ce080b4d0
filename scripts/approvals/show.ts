// Approvals as lines of text.
import type { Approval, Decided, Detail, Page } from "./desk.ts";

const MAX_LINE = 100;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE - 1)}…` : line;
}

const when = (time = "") => time.slice(0, 16).replace("T", " ");

function quoted(text: string): string {
  return text.replaceAll(/^/gm, "  | ");
}

function reasonsOf({ reasons = [] }: Approval): string[] {
  return reasons.map(({ message = "", excerpt }) => `  - ${message}${excerpt ? ` (${oneLine(excerpt)})` : ""}`);
}

/** What else the call says than whose it is, for which ticket, and the draft. */
const TOLD = new Set(["ticketId", "actor", "author", "recorder", "etag", "requestId"]);

function callOf({ request = {}, draft }: Approval): string[] {
  const others = Object.entries(request).filter(([name, value]) => !TOLD.has(name) && value !== draft);
  return others.map(([name, value]) => `  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
}

/** The list. */
export function listLines({ approvals, total_size }: Page, state: string): string[] {
  if (approvals.length === 0) return [state === "pending" ? "Nothing waits for approval." : "There are none."];
  const rows = approvals.flatMap(({ id, state: is, ticket_id = "", tool = "", draft = "", expire_time }) => [
    `${id}  ${is.padEnd(8)}  ${ticket_id}  ${tool}  until ${when(expire_time)} UTC`,
    ...(draft === "" ? [] : [`    ${oneLine(draft)}`]),
  ]);
  const more = total_size > approvals.length ? [`… and ${total_size - approvals.length} more.`] : [];
  return [...rows, ...more, "", `Show one: npm run approvals -- ${approvals[0]?.id}`];
}

/** One approval with all that a person needs to decide. */
export function detailLines({ approval, ticket, news }: Detail): string[] {
  const { id, state, tool = "", draft = "", comment, edited_text, create_time, expire_time } = approval;
  const call = callOf(approval);
  const ways = draft === "" ? "approve (or reject --comment TEXT)" : "approve (or edit, or reject --comment TEXT)";
  return [
    `${id}: ${tool} on ${ticket.id}, ${state}`,
    `  ${oneLine(ticket.subject)} (${ticket.status})`,
    `  asked for at ${when(create_time)} UTC, can be decided until ${when(expire_time)} UTC`,
    "Why it waits:",
    ...reasonsOf(approval),
    ...(draft === "" ? [] : ["The draft:", quoted(draft)]),
    ...(call.length > 0 ? [`${draft === "" ? "It asks for" : "With it"}:`, ...call] : []),
    ...(edited_text ? ["What was sent instead:", quoted(edited_text)] : []),
    ...(comment ? ["Comment:", quoted(comment)] : []),
    ...(news.length > 0 ? ["New on the ticket since then:", ...news.map((it) => `  - ${oneLine(it)}`)] : []),
    ...(state === "pending" ? ["", `Decide: npm run approvals -- ${id} ${ways}`] : []),
  ];
}

/** What came of a decision. */
export function decidedLines({ approval, message }: Decided): string[] {
  const said = message?.content.flatMap(({ type, text = "" }) => (type === "text" ? [text] : [])) ?? [];
  const waiting = message?.deskwire?.pending_approvals ?? [];
  return [
    `${approval.id} is ${approval.state}.`,
    ...(message === null ? [] : ["The agent goes on:", quoted(said.join("\n"))]),
    ...waiting.map(({ id }) => `Next: npm run approvals -- ${id}`),
  ];
}
