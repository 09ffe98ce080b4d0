// What a person reads before and after an erasure.
import type { EraseCustomerResponse } from "#gen/deskwire/support/v1/privacy_pb.js";
import type { LookUpCustomerResponse } from "#gen/deskwire/support/v1/support_service_pb.js";

const MANY = 1_000;

function counted(count: number, one: string): string {
  const number = count > MANY ? `more than ${MANY}` : String(count);
  return `${number} ${one}${count === 1 ? "" : "s"}`;
}

/** Who would be erased. */
export function describe({ customer, ticketCount, noteCount }: LookUpCustomerResponse): string {
  const { id = "", name = "", emails = [], company = "", eraseTime, tags = [] } = customer ?? {};
  const who = [name, emails.length > 0 && `<${emails.join(", ")}>`, company && `(${company})`]
    .filter(Boolean)
    .join(" ");
  const lines = [`${id}: ${who}, ${counted(ticketCount, "ticket")}, ${counted(noteCount, "note")}.`];
  if (eraseTime) lines.push("This customer was erased before; erasing again finishes what may have been left.");
  if (tags.includes("anonymous"))
    lines.push("Many people stand behind this customer: imported tickets without an address.");
  return lines.join("\n");
}

/** What was erased. */
export function countLines(customerId: string, erased: EraseCustomerResponse): string[] {
  const { ticketCount, messageCount, eventCount, noteCount, approvalCount, correctionCount, answerCount } = erased;
  return [
    `${customerId} is erased:`,
    `  texts of ${counted(ticketCount, "ticket")} with ${counted(messageCount, "message")}, and in ${counted(eventCount, "event")} of the log`,
    `  ${counted(noteCount, "note")}, ${counted(approvalCount, "draft")}, ${counted(correctionCount, "correction")}, ${counted(answerCount, "kept answer")}`,
    "Backups from before still hold the customer, and webhooks have what they were sent: docs/privacy.md.",
  ];
}
