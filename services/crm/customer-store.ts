// Customers in the database.
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { ListCustomersRequest, WantedCustomer } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { type Customer, CustomerSchema } from "#gen/deskwire/crm/v1/customer_pb.js";
import { take } from "../../runtime/database/counter.ts";
import { type Database, isUniqueViolation } from "../../runtime/database/database.ts";
import { insertRows, selectByTexts, selectRows } from "../../runtime/database/rows.ts";
import { matchSearch } from "../../runtime/database/search-words.ts";
import { fail } from "../../runtime/errors.ts";
import { isBlank } from "../../runtime/messages/blank.ts";
import { formatId, numberIn, parseId } from "../../runtime/messages/ids.ts";
import { toTimestamp, toTimestampIf } from "../../runtime/messages/timestamps.ts";

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

type Key = WantedCustomer["key"];

/** A key as one text. */
const textOf = ({ case: kind, value = "" }: Key) =>
  kind === "email" ? `email ${value.toLowerCase()}` : `key ${value}`;

/** Those who are there, by the texts of their keys. */
async function findByKeys(db: Knex, wanted: Iterable<WantedCustomer>): Promise<Map<string, Customer>> {
  const keys = [...wanted].map(({ key }) => key);
  const valuesOf = (kind: Key["case"]) => keys.flatMap((key) => (key.case === kind ? (key.value ?? []) : []));
  const emails = valuesOf("email").map((email) => email.toLowerCase());
  const from = "select email, customer.* from customer_email join customer on customer.id = customer_email.customer_id";
  const byEmail = await selectByTexts<CustomerRow & { email: string }>(db, from, "email", emails);
  const byKey = await selectByTexts<CustomerRow>(db, "select * from customer", "external_id", valuesOf("externalId"));
  return new Map([
    ...byEmail.map((row) => [`email ${row.email}`, toCustomer(row)] as const),
    ...byKey.map((row) => [`key ${row.external_id}`, toCustomer(row)] as const),
  ]);
}

function newCustomer({ key, name, tags }: WantedCustomer): CustomerFields {
  const { case: kind, value = "" } = key;
  const keys = kind === "email" ? { emails: [value] } : { externalId: value };
  return create(CustomerSchema, { name, tags, ...keys });
}

async function insertKeys(trx: Knex.Transaction, customers: readonly { id: number; fields: CustomerFields }[]) {
  await insertRows(
    trx,
    "customer_tag",
    customers.flatMap(({ id, fields }) => fields.tags.map((tag) => ({ customer_id: id, tag }))),
  );
  const emailsOf = ({ emails }: CustomerFields) => new Set(emails.map((email) => email.toLowerCase()));
  await insertRows(
    trx,
    "customer_email",
    customers.flatMap(({ id, fields }) => [...emailsOf(fields)].map((email) => ({ customer_id: id, email }))),
  );
}

async function writeKeys(trx: Knex.Transaction, id: number, fields: CustomerFields): Promise<void> {
  await trx("customer_email").where({ customer_id: id }).delete();
  await trx("customer_tag").where({ customer_id: id }).delete();
  await insertKeys(trx, [{ id, fields }]);
}

/** Adds customers; throws the driver's unique violation where an address or key is taken. */
async function insertCustomers(
  trx: Knex.Transaction,
  customers: readonly CustomerFields[],
  now: number,
): Promise<Customer[]> {
  if (customers.length === 0) return [];
  const first = await take(trx, "customer", customers.length);
  const times = { create_time: now, update_time: now, erase_time: null };
  const rows = customers.map((fields, index) => ({ id: first + index, ...toRow(fields), version: 1, ...times }));
  await insertRows(trx, "customer", rows);
  await insertKeys(
    trx,
    customers.map((fields, index) => ({ id: first + index, fields })),
  );
  return rows.map(toCustomer);
}

/** Adds a customer; throws the driver's unique violation where an address or key is taken. */
export async function insertCustomer(trx: Knex.Transaction, fields: CustomerFields, now: number): Promise<Customer> {
  const [customer] = await insertCustomers(trx, [fields], now);
  return customer as Customer;
}

/**
 * Finds customers by their keys, and adds those whom nobody has; in the order asked for. Throws the driver's unique violation
 * where another writer is quicker.
 */
export async function ensureCustomers(
  trx: Knex.Transaction,
  wanted: readonly WantedCustomer[],
  now: number,
): Promise<Customer[]> {
  const found = await findByKeys(trx, wanted);
  const missing = new Map<string, WantedCustomer>();
  for (const one of wanted) {
    const text = textOf(one.key);
    if (!found.has(text) && !missing.has(text)) missing.set(text, one);
  }
  if (missing.size > 0) {
    // Whoever adds customers holds this lock until they are there to be seen.
    await trx("counter").where({ name: "customer" }).forUpdate().first();
    for (const [text, customer] of await findByKeys(trx, missing.values())) {
      found.set(text, customer);
      missing.delete(text);
    }
    const added = await insertCustomers(trx, [...missing.values()].map(newCustomer), now);
    for (const [index, text] of [...missing.keys()].entries()) found.set(text, added[index] as Customer);
  }
  return wanted.map(({ key }) => found.get(textOf(key)) as Customer);
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

/**
 * Says who has the address or key that a write failed on; an error of another kind is returned as it is.
 *
 * @param own the customer who was written to, and has some of them already; empty for a new one
 */
export async function takenError(
  database: Database,
  error: unknown,
  fields: CustomerFields,
  own: string,
): Promise<unknown> {
  const email = isUniqueViolation(error, "customer_email.email");
  if (!email && !isUniqueViolation(error, "customer.external_id")) return error;
  const values = email ? fields.emails : [fields.externalId];
  for (const value of values) {
    const holder = await findByKey(database.knex, email ? "email" : "external_id", value);
    if (!holder || holder.id === own) continue;
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
  const number = numberIn("CUS", request.query);
  if (number) query.where("customer.id", number);
  else if (!isBlank(request.query)) matchSearch(query, dialect, { table: "customer" }, request.query);
  return query;
}
