// What the cases of the contract are made of.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { expect } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import type { CustomerSchema } from "#gen/deskwire/crm/v1/customer_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { type Ticket, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { WebhookService } from "#gen/deskwire/ticket/v1/webhook_service_pb.js";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";

/** Clients of all services, over one transport. */
export interface Clients {
  readonly crm: Client<typeof CrmService>;
  readonly tickets: Client<typeof TicketService>;
  readonly analytics: Client<typeof AnalyticsService>;
  readonly metrics: Client<typeof MetricsService>;
  readonly support: Client<typeof SupportService>;
  readonly webhooks: Client<typeof WebhookService>;
}

export function clientsOf(transport: Transport): Clients {
  return {
    crm: createClient(CrmService, transport),
    tickets: createClient(TicketService, transport),
    analytics: createClient(AnalyticsService, transport),
    metrics: createClient(MetricsService, transport),
    support: createClient(SupportService, transport),
    webhooks: createClient(WebhookService, transport),
  };
}

/** One line of the contract. A desk is shared, so a case makes its own data and never counts on an empty desk. */
export interface Case {
  readonly name: string;
  run(clients: Clients): Promise<void>;
}

/** The part of an error that a caller may branch on. Never its text, which gRPC clients show in different ways. */
export interface Refusal {
  readonly code: string;
  readonly reason: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Paths of the fields that break a rule. */
  readonly fields?: readonly string[];
}

/** How a call is refused; fails where it is answered. */
export async function refusalOf(call: PromiseLike<unknown>): Promise<Refusal> {
  const error = await Promise.resolve(call).then(
    (answer) =>
      expect.fail(`answered ${JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? `${value}` : value))}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectError)) throw error;
  const violations = error.findDetails(ViolationsSchema).flatMap((details) => details.violations);
  return {
    code: Code[error.code] as string,
    reason: reasonOf(error),
    metadata: metadataOf(error),
    fields: violations.map(({ field }) =>
      (field?.elements ?? [])
        .map(
          ({ fieldName, subscript: { case: kind, value } }) =>
            fieldName + (kind ? `[${JSON.stringify(`${value}`)}]` : ""),
        )
        .join("."),
    ),
  };
}

/** Expects each of these calls, which go side by side, to be refused like this. */
export async function expectRefused(calls: readonly PromiseLike<unknown>[], expected: Partial<Refusal>): Promise<void> {
  for (const refusal of await Promise.all(calls.map(refusalOf))) expect(refusal).toMatchObject(expected);
}

/** A case of calls that are refused. */
export function refuses(
  name: string,
  call: (clients: Clients) => Promise<PromiseLike<unknown>[]>,
  expected: Refusal,
): Case {
  return {
    name,
    async run(clients) {
      await expectRefused(await call(clients), expected);
    },
  };
}

/** A word that occurs nowhere else. */
export const unique = (prefix = "w") => `${prefix}${randomBytes(6).toString("hex")}`;

/** Adds a customer; answers `CUS-…`. */
export async function newCustomer({ crm }: Clients, fields: MessageInitShape<typeof CustomerSchema> = {}) {
  const { customer } = await crm.createCustomer({ customer: { name: "Ada", ...fields } });
  return customer?.id as string;
}

/** Opens a ticket, of a new customer unless `fields` names one; moves it to `status`. */
export async function newTicket(clients: Clients, fields: Partial<Omit<Ticket, "$typeName">> = {}): Promise<Ticket> {
  const { status = TicketStatus.OPEN, ...rest } = fields;
  const customerId = rest.customerId ?? (await newCustomer(clients));
  const { ticket } = await clients.tickets.createTicket({ ticket: { subject: "Printer", ...rest, customerId } });
  const moved = await clients.tickets.changeStatus({ ticketId: ticket?.id ?? "", status });
  return moved.ticket as Ticket;
}

/** A webhook that is sent nothing; the same one each time, because there is room for twenty. */
export async function disabledWebhook({ webhooks }: Clients): Promise<string> {
  const description = "disabled";
  const known = (await webhooks.listWebhooks({})).webhooks.find((webhook) => webhook.description === description);
  const fields = { url: "https://1.1.1.1/", disabled: true, description };
  return (known ?? (await webhooks.createWebhook({ webhook: fields })).webhook)?.id ?? "";
}

/** All that is known of a ticket: whatever a refused write would have changed. */
export async function stateOf({ tickets }: Clients, ticketId: string) {
  const [{ ticket, messages }, { events }] = await Promise.all([
    tickets.getTicket({ ticketId }),
    tickets.listTicketHistory({ ticketId, pageSize: 100 }),
  ]);
  return { ticket, messages, events };
}

/** Asks again until the answer is there. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>, withinMs = 30_000): Promise<T> {
  const end = performance.now() + withinMs;
  while (true) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms`);
    await delay(5);
  }
}

/** Reads all pages of a list. */
export async function allPages<T>(
  page: (pageToken: string) => Promise<{ items: readonly T[]; nextPageToken: string }>,
) {
  const pages: T[][] = [];
  let token = "";
  do {
    const { items, nextPageToken } = await page(token);
    pages.push([...items]);
    token = nextPageToken;
  } while (token);
  return pages;
}

/** The position of the last event in the log: of one that was written just now. */
export async function endOfLog(clients: Clients): Promise<bigint> {
  const { id } = await newTicket(clients);
  const { events } = await stateOf(clients, id);
  return events.at(-1)?.position ?? 0n;
}
