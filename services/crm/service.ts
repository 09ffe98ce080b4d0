// The CRM's rules.
import { create } from "@bufbuild/protobuf";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import {
  type CreateCustomerRequest,
  CrmService,
  ListCustomersRequestSchema,
  ListNotesRequestSchema,
  type UpdateCustomerRequest,
  UpdateCustomerRequestSchema,
} from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { type Customer, CustomerSchema } from "#gen/deskwire/crm/v1/customer_pb.js";
import { assertToolAllowed, isAiCall, type ToolPolicies } from "../../runtime/calls/tool-policy.ts";
import { write } from "../../runtime/calls/write.ts";
import type { Database } from "../../runtime/database/database.ts";
import { untilKeysAreFree } from "../../runtime/database/until-free.ts";
import { fail } from "../../runtime/errors.ts";
import { countedPage } from "../../runtime/messages/pagination.ts";
import { assertEtag, maskedFields, mutableFields } from "../../runtime/messages/resource.ts";
import * as customers from "./customer-store.ts";
import { assertNotErased, eraseCustomer } from "./erasure.ts";
import { insertNote, latestNotes, type NoteRow, notesAbout, toNote } from "./note-store.ts";

const NEWEST_FIRST = [{ column: "id", direction: "desc" }] as const;
const NEWEST_CUSTOMER_FIRST = [{ column: "customer.id", direction: "desc" }] as const;
const MUTABLE = mutableFields(UpdateCustomerRequestSchema);

function notFound(customerId: string) {
  return fail(
    Code.NotFound,
    "CUSTOMER_NOT_FOUND",
    `There is no customer ${customerId}. Find customers by name or e-mail address with ListCustomers or FindCustomer.`,
    { customer_id: customerId },
  );
}

function found(customer: Customer | undefined, customerId: string): Customer {
  if (customer) return customer;
  throw notFound(customerId);
}

/**
 * Makes the CRM over a database.
 *
 * @param now tells the time in milliseconds UTC
 * @param policies what AI agents may do by themselves
 */
export function crmService(
  database: Database,
  now: () => number,
  policies: ToolPolicies = {},
): ServiceImpl<typeof CrmService> {
  const { knex } = database;
  const orTaken = async <T>(customer: Customer, work: Promise<T>, own = ""): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw await customers.takenError(database, error, customer, own);
    }
  };
  return {
    createCustomer(request: CreateCustomerRequest, context) {
      const customer = request.customer ?? create(CustomerSchema);
      const call = { method: CrmService.method.createCustomer, request, context, now: now() };
      return orTaken(
        customer,
        write(database, call, async (trx) => ({ customer: await customers.insertCustomer(trx, customer, call.now) })),
      );
    },
    ensureCustomers(request, context) {
      const call = { method: CrmService.method.ensureCustomers, request, context, now: now() };
      const ensure = () =>
        write(database, call, async (trx) => ({
          customers: await customers.ensureCustomers(trx, request.customers, call.now),
        }));
      return untilKeysAreFree(["customer_email.email", "customer.external_id"], ensure);
    },
    async getCustomer({ customerId, noteLimit }) {
      const customer = found(await customers.findCustomer(knex, customerId), customerId);
      return { customer, notes: await latestNotes(knex, customerId, noteLimit) };
    },
    async batchGetCustomers({ customerIds }) {
      const byId = new Map(
        (await customers.findCustomers(knex, customerIds)).map((customer) => [customer.id, customer]),
      );
      return {
        customers: customerIds.flatMap((id) => byId.get(id) ?? []),
        missingCustomerIds: customerIds.filter((id) => !byId.has(id)),
      };
    },
    async listCustomers(request) {
      const matching = customers.customersMatching(database, request);
      const scope = { schema: ListCustomersRequestSchema, request, order: NEWEST_CUSTOMER_FIRST };
      const { rows, ...page } = await countedPage<customers.CustomerRow, typeof ListCustomersRequestSchema>(
        matching,
        scope,
      );
      return { customers: rows.map(customers.toCustomer), ...page };
    },
    updateCustomer(request: UpdateCustomerRequest, context) {
      const patch = request.customer ?? create(CustomerSchema);
      const call = { method: CrmService.method.updateCustomer, request, context, now: now() };
      return orTaken(
        patch,
        write(database, call, async (trx) => {
          const current = found(await customers.findCustomer(trx, patch.id, true), patch.id);
          assertNotErased(current);
          assertEtag(current, patch.etag);
          const fields = maskedFields(CustomerSchema, { patch, mask: request.updateMask, current }, MUTABLE);
          return { customer: await customers.updateCustomer(trx, { ...current, ...fields }, call.now) };
        }),
        patch.id,
      );
    },
    async findCustomer({ key }) {
      const value = key.value ?? "";
      const customer = await customers.findByKey(knex, key.case === "email" ? "email" : "external_id", value);
      if (customer) return { customer };
      throw fail(
        Code.NotFound,
        "CUSTOMER_NOT_FOUND",
        `No customer is known by ${value}. Search by name with ListCustomers, or add one with CreateCustomer.`,
        { key: value },
      );
    },
    addNote(request, context) {
      const { note } = request;
      if (!note) throw new TypeError("validation lets no request through without a note");
      if (isAiCall(context, note.author?.kind === ActorKind.AI)) assertToolAllowed(policies, "add_customer_note");
      const call = { method: CrmService.method.addNote, request, context, now: now() };
      return write(database, call, async (trx) => {
        // Locked, so that no note comes after an erasure that did not see it.
        assertNotErased(found(await customers.findCustomer(trx, note.customerId, true), note.customerId));
        return { note: await insertNote(trx, { note, now: call.now }) };
      });
    },
    async listNotes(request) {
      const notes = notesAbout(knex, request.customerId);
      const scope = { schema: ListNotesRequestSchema, request, order: NEWEST_FIRST };
      const { rows, ...page } = await countedPage<NoteRow, typeof ListNotesRequestSchema>(notes, scope);
      // Whoever has notes exists.
      if (rows.length === 0) found(await customers.findCustomer(knex, request.customerId), request.customerId);
      return { notes: rows.map(toNote), ...page };
    },
    async eraseCustomer(request, context) {
      const { customerId } = request;
      const call = { method: CrmService.method.eraseCustomer, request, context, now: now() };
      const answer = await write(database, call, async (trx) => {
        const current = found(await customers.findCustomer(trx, customerId, true), customerId);
        return await eraseCustomer(trx, database.dialect, current, call.now);
      });
      await database.scrub();
      return answer;
    },
  };
}
