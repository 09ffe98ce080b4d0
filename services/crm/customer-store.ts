// Customers in the database.
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { ListCustomersRequest } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { type Customer, CustomerSchema } from "#gen/deskwire/crm/v1/customer_pb.js";
import { take } from "../../runtime/database/counter.ts";
import { type Database, isUniqueViolation } from "../../runtime/database/database.ts";
import { selectRows } from "../../runtime/database/rows.ts";
import { matchSearch } from "../../runtime/database/search.ts";
import { fail } from "../../runtime/errors.ts";
import { formatId, parseId } from "../../runtime/ids.ts";
import { toTimestamp, toTimestampIf } from "../../runtime/timestamps.ts";

/** The fields of a customer that a caller sets. */
export type CustomerFields = Pick<
  Customer,
  "name" | "emails" | "phone" | "company" | "plan" | "locale" | "timeZone" | "tags" | "attributes" | "externalId"
>;

/** A row of the table `customer`. */
export interface CustomerRow {
  readonly id: number;
  readonly name: string;
  readonly emails: string;
  readonly phone: string;
  readonly company: string;
  readonly plan: string;
  readonly locale: string;
  readonly time_zone: string;
  readonly tags: string;
  readonly attributes: string;
  readonly external_id: string | null;
  readonly version: number;
  readonly create_time: number;
  readonly update_time: number;
  readonly erase_time: number | null;
}

/** The name of a customer who was erased. */
const ERASED = "erased";

function toRow(fields: CustomerFields) {
  return {
    name: fields.name,
    emails: JSON.stringify(fields.emails),
    phone: fields.phone,
    company: fields.company,
    plan: fields.plan,
    locale: fields.locale,
    time_zone: fields.timeZone,
    tags: JSON.stringify(fields.tags),
    attributes: JSON.stringify(fields.attributes),
    external_id: fields.externalId || null,
  };
}

/** Reads a row of the table `customer` as a message. */
export function toCustomer(row: CustomerRow): Customer {
  return {
    $typeName: "deskwire.crm.v1.Customer",
    id: formatId("CUS", row.id),
    name: row.name,
    emails: JSON.parse(row.emails),
    phone: row.phone,
    company: row.company,
    plan: row.plan,
    locale: row.locale,
    timeZone: row.time_zone,
    tags: JSON.parse(row.tags),
    attributes: JSON.parse(row.attributes),
    externalId: row.external_id ?? "",
    etag: `v${row.version}`,
    createTime: toTimestamp(row.create_time),
    updateTime: toTimestamp(row.update_time),
    eraseTime: toTimestampIf(row.erase_time),
  };
}

/** Reads one customer; undefined where there is none. `lock` keeps it from others until the transaction ends. */
export async function findCustomer(db: Knex, customerId: string, lock = false): Promise<Customer | undefined> {
  const id = parseId(customerId);
  const [row] = lock
    ? await db<CustomerRow>("customer").where({ id }).forUpdate()
    : await selectRows<CustomerRow>(db, "select * from customer where id = ?", [id]);
  return row && toCustomer(row);
}

/** Reads those customers that exist, in no order. */
export async function findCustomers(db: Knex, customerIds: readonly string[]): Promise<Customer[]> {
  return (await db<CustomerRow>("customer").whereIn("id", customerIds.map(parseId))).map(toCustomer);
}

/** Finds the customer who has an address, or a key in another system. */
export async function findByKey(db: Knex, key: "email" | "external_id", value: string): Promise<Customer | undefined> {
  const query = db<CustomerRow>("customer").select("customer.*");
  const row = await (key === "email"
    ? query.join("customer_email", "customer_email.customer_id", "customer.id").where("email", value.toLowerCase())
    : query.where("external_id", value)
  ).first();
  return row && toCustomer(row as CustomerRow);
}

async function writeKeys(trx: Knex.Transaction, id: number, fields: CustomerFields): Promise<void> {
  await trx("customer_email").where({ customer_id: id }).delete();
  await trx("customer_tag").where({ customer_id: id }).delete();
  if (fields.tags.length > 0) await trx("customer_tag").insert(fields.tags.map((tag) => ({ customer_id: id, tag })));
  const emails = [...new Set(fields.emails.map((email) => email.toLowerCase()))];
  if (emails.length > 0) await trx("customer_email").insert(emails.map((email) => ({ customer_id: id, email })));
}

/** Adds a customer; throws the driver's unique violation where an address or key is taken. */
export async function insertCustomer(trx: Knex.Transaction, fields: CustomerFields, now: number): Promise<Customer> {
  const id = await take(trx, "customer");
  const row = { id, ...toRow(fields), version: 1, create_time: now, update_time: now, erase_time: null };
  await trx("customer").insert(row);
  await writeKeys(trx, id, fields);
  return toCustomer(row);
}

/** Stores a customer's fields and moves its etag on; throws the driver's unique violation as `insertCustomer`. */
export async function updateCustomer(trx: Knex.Transaction, customer: Customer, now: number): Promise<Customer> {
  const id = parseId(customer.id);
  const [row] = await trx<CustomerRow>("customer")
    .where({ id })
    .update({ ...toRow(customer), version: trx.raw("version + 1"), update_time: now } as never)
    .returning("*");
  await writeKeys(trx, id, customer);
  return toCustomer(row as CustomerRow);
}

/** Empties all fields of a customer, and marks them as erased. */
export async function eraseFields(trx: Knex.Transaction, id: number, now: number): Promise<void> {
  const nothing = create(CustomerSchema, { name: ERASED });
  await trx("customer")
    .where({ id })
    .update({ ...toRow(nothing), version: trx.raw("version + 1"), update_time: now, erase_time: now });
  await writeKeys(trx, id, nothing);
}

/** Says who has the address or key that a write failed on; an error of another kind is returned as it is. */
export async function takenError(database: Database, error: unknown, fields: CustomerFields): Promise<unknown> {
  const email = isUniqueViolation(error, "customer_email.email");
  if (!email && !isUniqueViolation(error, "customer.external_id")) return error;
  const values = email ? fields.emails : [fields.externalId];
  for (const value of values) {
    const holder = await findByKey(database.knex, email ? "email" : "external_id", value);
    if (!holder) continue;
    return fail(
      Code.AlreadyExists,
      email ? "EMAIL_TAKEN" : "EXTERNAL_ID_TAKEN",
      `${value} belongs to customer ${holder.id}. Use that customer, or leave it out.`,
      { customer_id: holder.id, value },
    );
  }
  return error;
}

/** The customers that a list request asks for, in no order yet. */
export function customersMatching({ knex, dialect }: Database, request: ListCustomersRequest): Knex.QueryBuilder {
  const query = knex<CustomerRow>("customer").select("customer.*");
  if (request.plan) query.where("plan", request.plan);
  if (request.company) query.where("company", request.company);
  for (const tag of request.tags)
    query.whereIn("customer.id", knex("customer_tag").where({ tag }).select("customer_id"));
  if (request.erased) query.whereNotNull("erase_time");
  if (request.query) matchSearch(query, dialect, { table: "customer" }, request.query);
  return query;
}
