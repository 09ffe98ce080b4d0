// What the ticket service asks of the CRM: whether a customer exists, on which plan, and who an imported row is from.
import { hash } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type HandlerContext,
  type Transport,
} from "@connectrpc/connect";
import { CrmService, type WantedCustomerSchema } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import type { Customer } from "#gen/deskwire/crm/v1/customer_pb.js";
import { onBehalfOf } from "../../runtime/calls/call.ts";
import { fail, reasonOf } from "../../runtime/errors.ts";
import type { Log } from "../../runtime/log.ts";
import { isBlank } from "../../runtime/messages/blank.ts";
import { customerErased } from "./erasure/erased-customers.ts";
import { BestEffort } from "./priority/best-effort.ts";

/** How long the CRM may take to answer; a caller waits for it. */
const TIMEOUT_MS = 5_000;
const NOBODY = "Imported";
/** Marks a customer behind whom many people stand. */
const ANONYMOUS = "anonymous";
/** The notes that a reply is held against, the latest. */
const NOTES = 100;
/** Limits of the CRM, in characters. */
const MAX_NAME = 200;
const MAX_KEY = 200;
/** Customers that the CRM is asked for in one call, the most that it takes. */
const AT_ONCE = 500;
/** Customers that an import remembers. */
const MOST_KEPT = 20_000;

/** A customer, as far as tickets keep it. */
export interface KnownCustomer {
  /** Such as `CUS-1001`. */
  readonly id: string;
  readonly plan: string;
}

/** Who a row or a message is from, as far as it says; empty texts where it does not. */
export interface Sender {
  readonly email: string;
  readonly name: string;
}

/** Finds or adds the customers of rows or messages in the CRM; in the order of the senders. */
export type ResolveCustomers = (senders: readonly Sender[]) => Promise<KnownCustomer[]>;

const toKnown = (customer: Customer | undefined): KnownCustomer => ({
  id: customer?.id ?? "",
  plan: customer?.plan ?? "",
});

/** The external key by which the CRM knows a customer who came by an import without an address. */
function importedKey(name: string): string {
  const key = `imported:${name}`;
  return [...key].length <= MAX_KEY ? key : `imported:${hash("sha256", name, "base64url")}`;
}

const nameOr = ({ name }: Sender, other: string) => (isBlank(name) ? other : name);

/** What the CRM knows a sender by. */
const keyOf = (sender: Sender) => sender.email.toLowerCase() || importedKey(nameOr(sender, NOBODY));

/** What the CRM is asked for. */
function wanted(sender: Sender): MessageInitShape<typeof WantedCustomerSchema> {
  const { email } = sender;
  if (email) return { key: { case: "email", value: email }, name: nameOr(sender, email.slice(0, MAX_NAME)) };
  const called = nameOr(sender, NOBODY);
  // Whoever is called so as well shares that customer.
  const tags = called === NOBODY ? [ANONYMOUS] : [];
  return { key: { case: "externalId", value: importedKey(called) }, name: called, tags };
}

/** How a note begins that the desk made from an answer. */
export const answerNotePrefix = (ticketId: string): string => `Ticket ${ticketId} - Response: `;

/** For what can be done without: nobody waits for the answer to a call that has ended. */
const undefinedUnlessEnded = (context: HandlerContext) => (error: unknown) => {
  if (context.signal.aborted) throw error;
  return undefined;
};

/** Customers as the CRM knows them. */
export class CustomerDirectory {
  readonly #crm: Client<typeof CrmService>;
  readonly #bestEffort: BestEffort;

  constructor(crm: Transport, log: Log) {
    this.#crm = createClient(CrmService, crm);
    this.#bestEffort = new BestEffort("crm", log);
  }

  /** @throws ConnectError `failed_precondition` (CUSTOMER_NOT_FOUND, CUSTOMER_ERASED); `unavailable` when the CRM cannot be asked */
  async assertExists(customerId: string, context: HandlerContext): Promise<KnownCustomer> {
    try {
      const { customer } = await this.#crm.getCustomer({ customerId }, onBehalfOf(context, TIMEOUT_MS));
      if (customer?.eraseTime) throw customerErased(customerId);
      return toKnown(customer);
    } catch (error) {
      if (reasonOf(error) !== "CUSTOMER_NOT_FOUND") throw unavailable(error);
      throw fail(
        Code.FailedPrecondition,
        "CUSTOMER_NOT_FOUND",
        `The CRM knows no customer ${customerId}. Add the customer first, or find the right one with ListCustomers.`,
        { customer_id: customerId },
      );
    }
  }

  /** The plan that a customer is on now; undefined where the CRM does not say so at once. */
  async planOf(customerId: string, context: HandlerContext): Promise<string | undefined> {
    const answer = await this.#bestEffort.ask(context, (options) => this.#crm.getCustomer({ customerId }, options));
    return answer?.customer?.plan;
  }

  /** Reads a customer; undefined where the CRM does not answer. */
  async find(customerId: string, context: HandlerContext): Promise<Customer | undefined> {
    const call = this.#crm.getCustomer({ customerId }, onBehalfOf(context, TIMEOUT_MS));
    return await call.then(({ customer }) => customer).catch(undefinedUnlessEnded(context));
  }

  /** Reads the latest notes about a customer, but for copies of public answers; undefined where the CRM does not answer. */
  async notesAbout(customerId: string, context: HandlerContext): Promise<string[] | undefined> {
    const call = this.#crm.listNotes({ customerId, pageSize: NOTES }, onBehalfOf(context, TIMEOUT_MS));
    const found = await call.catch(undefinedUnlessEnded(context));
    return found?.notes
      .filter(({ ticketId, body }) => ticketId === "" || !body.startsWith(answerNotePrefix(ticketId)))
      .map(({ body }) => body);
  }

  /**
   * Finds customers by address, else by name, and adds those who are not known. Answers are kept as long as it is used, but no
   * more of them than a small part of the memory.
   */
  resolver(context: HandlerContext): ResolveCustomers {
    const known = new Map<string, KnownCustomer>();
    return async (senders) => {
      if (known.size > MOST_KEPT) known.clear();
      const asked = new Map<string, Sender>();
      for (const sender of senders) {
        const key = keyOf(sender);
        if (!known.has(key) && !asked.has(key)) asked.set(key, sender);
      }
      const unknown = [...asked];
      for (let from = 0; from < unknown.length; from += AT_ONCE) {
        const some = unknown.slice(from, from + AT_ONCE);
        const customers = await this.#ensure(
          some.map(([, sender]) => sender),
          context,
        );
        for (const [index, [key]] of some.entries()) known.set(key, toKnown(customers[index]));
      }
      return senders.map((sender) => known.get(keyOf(sender)) as KnownCustomer);
    };
  }

  async #ensure(senders: readonly Sender[], context: HandlerContext): Promise<Customer[]> {
    const options = onBehalfOf(context, TIMEOUT_MS);
    try {
      return (await this.#crm.ensureCustomers({ customers: senders.map(wanted) }, options)).customers;
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function unavailable(error: unknown): unknown {
  if (!(error instanceof ConnectError) || error.code !== Code.Unavailable) return error;
  return fail(
    Code.Unavailable,
    "CRM_UNAVAILABLE",
    "The CRM cannot be reached. Nothing was written by this step; try again later.",
  );
}
