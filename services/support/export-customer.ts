// ExportCustomer: page by page out of each service, so that nothing is held and nothing is cut.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { CallOptions, HandlerContext } from "@connectrpc/connect";
import type { ExportCustomerRequest, ExportCustomerResponseSchema } from "#gen/deskwire/support/v1/privacy_pb.js";
import { TicketOrder } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import { type Clients, needed } from "./clients.ts";

const PAGE_SIZE = 100;
/** Before anything that a desk has. */
const THE_BEGINNING = create(TimestampSchema);

type Response = MessageInitShape<typeof ExportCustomerResponseSchema>;
type Part = NonNullable<Response["part"]>;

/** Asks for one page. */
type Ask<Page> = (
  page: { readonly pageSize: number; readonly pageToken: string },
  options: CallOptions,
) => Promise<Page & { readonly nextPageToken: string }>;

/** What is read of one customer. */
class Reading {
  readonly #clients: Clients;
  readonly #context: HandlerContext;

  constructor(clients: Clients, context: HandlerContext) {
    this.#clients = clients;
    this.#context = context;
  }

  /** All items of all pages of a list. */
  async *#all<Page, Item>(
    service: keyof Clients,
    ask: Ask<Page>,
    items: (page: Page) => readonly Item[],
  ): AsyncGenerator<Item> {
    let pageToken = "";
    do {
      const page = await needed(service, ask({ pageSize: PAGE_SIZE, pageToken }, onBehalfOf(this.#context)));
      yield* items(page);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
  }

  async *parts(customerId: string): AsyncGenerator<Part> {
    const { crm, tickets, analytics, metrics } = this.#clients;
    const { customer } = await needed("crm", crm.getCustomer({ customerId }, onBehalfOf(this.#context)));
    if (!customer) throw new TypeError("the CRM answered without a customer");
    yield { case: "customer", value: customer };
    const notes = this.#all(
      "crm",
      (page, options) => crm.listNotes({ customerId, ...page }, options),
      (page) => page.notes,
    );
    for await (const value of notes) yield { case: "note", value };
    const corrections = this.#all(
      "analytics",
      (page, options) => analytics.listCorrections({ customerId, includeUndone: true, ...page }, options),
      (page) => page.corrections,
    );
    for await (const value of corrections) yield { case: "correction", value };
    const question = { startTime: THE_BEGINNING, filter: { customerIds: [customerId] } };
    const { total } = await needed("metrics", metrics.getMetrics(question, onBehalfOf(this.#context)));
    if (total) yield { case: "metrics", value: total };
    const order = TicketOrder.CREATED_OLDEST;
    const theirs = this.#all(
      "tickets",
      (page, options) => tickets.listTickets({ customerId, order, ...page }, options),
      (page) => page.tickets,
    );
    for await (const value of theirs) {
      yield { case: "ticket", value };
      yield* this.#partsOf(value.id);
    }
  }

  async *#partsOf(ticketId: string): AsyncGenerator<Part> {
    const { tickets, webhooks } = this.#clients;
    const messages = this.#all(
      "tickets",
      (page, options) => tickets.listTicketMessages({ ticketId, ...page }, options),
      (page) => page.messages,
    );
    for await (const value of messages) yield { case: "message", value };
    const events = this.#all(
      "tickets",
      (page, options) => tickets.listTicketHistory({ ticketId, ...page }, options),
      (page) => page.events,
    );
    for await (const value of events) yield { case: "event", value };
    const approvals = this.#all(
      "tickets",
      (page, options) => tickets.listApprovals({ ticketId, ...page }, options),
      (page) => page.approvals,
    );
    for await (const value of approvals) yield { case: "approval", value };
    const deliveries = this.#all(
      "webhooks",
      (page, options) => webhooks.listWebhookDeliveries({ ticketId, ...page }, options),
      (page) => page.deliveries,
    );
    for await (const value of deliveries) yield { case: "delivery", value };
  }
}

/** Answers ExportCustomer. */
export async function* exportCustomer(
  clients: Clients,
  { customerId }: ExportCustomerRequest,
  context: HandlerContext,
): AsyncGenerator<Response> {
  let partCount = 0;
  for await (const part of new Reading(clients, context).parts(customerId)) {
    yield { part };
    partCount++;
  }
  yield { part: { case: "end", value: { partCount } } };
}
