// Customers and tickets for a first look: written through the services, as anybody would.
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient, type Transport } from "@connectrpc/connect";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketChannel, TicketPriority, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { makeDirectory, orUnusable } from "../runtime/database/directory.ts";

const CUSTOMERS = [
  {
    name: "Maria Lindqvist",
    emails: ["maria.lindqvist@example.com"],
    phone: "+46 8 555 010 20",
    company: "Lindqvist Design",
    plan: "pro",
    locale: "sv-SE",
    timeZone: "Europe/Stockholm",
    tags: ["loyal"],
    attributes: { customer_since: "2021" },
  },
  {
    name: "Tom Becker",
    emails: ["tom.becker@example.org"],
    plan: "free",
    locale: "de-DE",
    timeZone: "Europe/Berlin",
  },
  {
    name: "Aisha Rahman",
    emails: ["aisha@northwind.example", "a.rahman@example.net"],
    phone: "+44 20 7946 0321",
    company: "Northwind Traders",
    plan: "enterprise",
    locale: "en-GB",
    timeZone: "Europe/London",
    tags: ["vip"],
  },
  { name: "Kenji Watanabe", emails: ["kenji@example.jp"], plan: "pro", locale: "ja-JP", timeZone: "Asia/Tokyo" },
];

const TICKETS = [
  {
    customer: 0,
    subject: "Charged twice for my subscription",
    description:
      "Hello, my card was charged twice this month for the Pro plan: 29 EUR on the 3rd and again 29 EUR on the 4th. I only have one account. Please refund the second payment, I have been a customer for years and this has never happened before.",
    channel: TicketChannel.EMAIL,
    priority: TicketPriority.HIGH,
    tags: ["invoice"],
  },
  {
    customer: 1,
    subject: "Cannot sign in after password reset",
    description:
      "I reset my password three times and the new one is never accepted. The page just says 'Something went wrong'. Firefox on Windows. This is really frustrating, I need my files today.",
    channel: TicketChannel.WEB,
  },
  {
    customer: 2,
    subject: "Order NW-4471 has not arrived",
    description:
      "Our order NW-4471 should have been delivered last Thursday. The tracking page has not changed for five days. Can you find out where the parcel is?",
    channel: TicketChannel.EMAIL,
    team: "logistics",
    assignee: "sam",
  },
  {
    customer: 0,
    subject: "Dark mode for the mobile app?",
    description:
      "Love the new app! It would be great to have a dark mode, I mostly work in the evening. Any plans for that?",
    channel: TicketChannel.CHAT,
    priority: TicketPriority.LOW,
    tags: ["mobile"],
  },
  {
    customer: 3,
    subject: "Please cancel my plan at the end of the month",
    description:
      "I no longer need the service. Please cancel my subscription at the end of this month and confirm by e-mail.",
    channel: TicketChannel.WEB,
  },
];

/** Stands in the data directory from the first start until the demo is written, so that a start that broke off is made up for. */
const PENDING = "demo-pending";

/** Whether the demo is to be written: at the first start with this data directory, and after one that broke off. */
export async function isDemoDue(dataDir: string): Promise<boolean> {
  const pending = join(dataDir, PENDING);
  if (existsSync(join(dataDir, "ticket"))) return existsSync(pending);
  await makeDirectory(dataDir);
  await orUnusable(dataDir, () => writeFile(pending, ""));
  return true;
}

/** Says that the demo is written, or not wanted. */
export async function settleDemo(dataDir: string): Promise<void> {
  await rm(join(dataDir, PENDING), { force: true });
}

/** Fills an empty desk. Begun again after a break, it adds only what is missing: every write has a key of its own. */
export async function seedDemo(transport: Transport): Promise<void> {
  const crm = createClient(CrmService, transport);
  const tickets = createClient(TicketService, transport);
  const customerIds: string[] = [];
  for (const [index, customer] of CUSTOMERS.entries()) {
    const added = await crm.createCustomer({ customer, requestId: `demo-customer-${index}` });
    customerIds.push(added.customer?.id ?? "");
  }
  const ticketIds: string[] = [];
  for (const [index, { customer, ...fields }] of TICKETS.entries()) {
    const ticket = { ...fields, customerId: customerIds[customer] ?? "" };
    const created = await tickets.createTicket({ ticket, requestId: `demo-ticket-${index}` });
    ticketIds.push(created.ticket?.id ?? "");
  }
  const [, , parcel = ""] = ticketIds;
  const response =
    "Thank you for telling us. I have asked the carrier to trace the parcel and write again by tomorrow noon.";
  const author = { kind: 2, id: "sam", name: "Sam" };
  const updateStatus = TicketStatus.IN_PROGRESS;
  await tickets.respondToTicket({ ticketId: parcel, response, author, updateStatus, requestId: "demo-response" });
  const body = "It is tomorrow afternoon now and I have heard nothing. We need these parts on Monday!";
  await tickets.recordCustomerReply({ ticketId: parcel, body, requestId: "demo-reply" });
}
