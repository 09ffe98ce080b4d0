// CrmService.
import { expect } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { allPages, type Case, expectRefused, newCustomer, newTicket, refusalOf, refuses, unique } from "../case.ts";

const agent = { kind: ActorKind.AGENT, id: "sam", name: "Sam" };
const NOBODY = "CUS-999999999999999";

export const crmCases: readonly Case[] = [
  {
    name: "CreateCustomer stores every field and GetCustomer gives it back",
    async run({ crm }) {
      const email = `${unique("Ada")}@Example.com`;
      const externalId = unique("key");
      const customer = {
        ...{ name: "Ada Løvelace", emails: [email, `${unique()}@example.org`], phone: "+44 20", company: "Engines" },
        ...{ plan: "pro", locale: "en-GB", timeZone: "Europe/London", tags: ["vip", "b"], externalId },
        attributes: { since: "2021", "odd key ✓": "" },
      };
      const created = await crm.createCustomer({ customer });
      expect(created.customer).toMatchObject({ ...customer, id: expect.stringMatching(/^CUS-[1-9]\d{3,}$/) });
      expect(created.customer?.etag).not.toBe("");
      expect(created.customer?.createTime).toEqual(created.customer?.updateTime);
      expect(await crm.getCustomer({ customerId: created.customer?.id as string })).toEqual({
        ...created,
        $typeName: "deskwire.crm.v1.GetCustomerResponse",
        notes: [],
      });
    },
  },
  {
    name: "EnsureCustomers finds by address or key, adds whom nobody has, and changes nobody",
    async run({ crm }) {
      const [email, externalId] = [`${unique()}@example.com`, unique("key")];
      const known = await crm.createCustomer({ customer: { name: "Ada", emails: [email] } });
      const byEmail = (name: string, value: string) => ({ name, key: { case: "email" as const, value } });
      const byKey = (name: string) => ({ name, tags: ["a"], key: { case: "externalId" as const, value: externalId } });
      const fresh = `${unique()}@Example.com`;
      const wanted = [byEmail("x", email.toUpperCase()), byKey("Bob"), byEmail("Eve", fresh), byKey("another name")];
      const { customers } = await crm.ensureCustomers({ customers: wanted });
      const [first, second, third, fourth] = customers;
      expect(first).toEqual(known.customer);
      expect(second).toMatchObject({ name: "Bob", externalId, tags: ["a"], emails: [] });
      expect(third).toMatchObject({ name: "Eve", emails: [fresh], externalId: "" });
      expect(fourth).toEqual(second);
      expect((await crm.ensureCustomers({ customers: wanted.toReversed() })).customers).toEqual(customers.toReversed());
      expect(await crm.getCustomer({ customerId: third?.id ?? "" })).toMatchObject({ customer: third });
      const refusal = await refusalOf(crm.ensureCustomers({ customers: [byKey("x"), { name: "x" }] }));
      expect(refusal).toMatchObject({ code: "InvalidArgument", fields: ['customers["1"].key'] });
    },
  },
  refuses("GetCustomer of nobody", async ({ crm }) => [crm.getCustomer({ customerId: NOBODY })], {
    ...{ code: "NotFound", reason: "CUSTOMER_NOT_FOUND", metadata: { customer_id: NOBODY } },
  }),
  refuses(
    "what breaks a rule is refused with the field's path",
    async ({ crm }) => [
      crm.createCustomer({ customer: { name: "Ada", emails: ["ada@example.com", "not an address"] } }),
    ],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ['customer.emails["1"]'] },
  ),
  {
    name: "each rule of a customer names its field",
    async run({ crm }) {
      const wrong = {
        'customer.attributes["k"]': { attributes: { k: "x".repeat(1001) } },
        "customer.locale": { locale: "en_GB!" },
        "customer.time_zone": { timeZone: "../etc/passwd" },
        "customer.tags": { tags: ["a", "a"] },
        "customer.phone": { phone: "1".repeat(41) },
        "customer.name": { name: "x".repeat(201) },
      };
      for (const [field, customer] of Object.entries(wrong)) {
        const refusal = await refusalOf(crm.createCustomer({ customer: { name: "Ada", ...customer } }));
        expect(refusal).toMatchObject({ code: "InvalidArgument", fields: [field] });
      }
      // A rule across fields belongs to the message.
      expect(await refusalOf(crm.createCustomer({ customer: {} }))).toMatchObject({ fields: [""] });
      expect(await refusalOf(crm.createCustomer({}))).toMatchObject({ fields: expect.arrayContaining(["customer"]) });
    },
  },
  {
    name: "an address or key that somebody has is refused with the holder, whatever its case",
    async run(clients) {
      const { crm } = clients;
      const [email, externalId] = [`${unique()}@example.com`, unique("key")];
      const holder = await newCustomer(clients, { emails: [email], externalId });
      const other = await newCustomer(clients);
      const expected = { code: "AlreadyExists", metadata: { customer_id: holder } };
      const emails = [`${unique()}@example.com`, email.toUpperCase()];
      const taken = { ...expected, reason: "EMAIL_TAKEN" };
      expect(await refusalOf(crm.createCustomer({ customer: { name: "B", emails } }))).toMatchObject(taken);
      expect(await refusalOf(crm.updateCustomer({ customer: { id: other, emails } }))).toMatchObject(taken);
      const keyTaken = { ...expected, reason: "EXTERNAL_ID_TAKEN" };
      expect(await refusalOf(crm.createCustomer({ customer: { name: "B", externalId } }))).toMatchObject(keyTaken);
      expect(await refusalOf(crm.updateCustomer({ customer: { id: other, externalId } }))).toMatchObject(keyTaken);
      const own = await crm.updateCustomer({ customer: { id: holder, emails: [email.toUpperCase(), email] } });
      expect(own.customer?.emails).toEqual([email.toUpperCase(), email]);
      const kept = [`${unique()}@example.com`];
      await crm.updateCustomer({ customer: { id: other, emails: kept } });
      expect(await refusalOf(crm.updateCustomer({ customer: { id: other, emails: [...kept, email] } }))).toMatchObject(
        taken,
      );
    },
  },
  {
    name: "BatchGetCustomers keeps the order asked for and lists those who are missing apart",
    async run(clients) {
      const [a, b] = [await newCustomer(clients, { name: "A" }), await newCustomer(clients, { name: "B" })];
      const found = await clients.crm.batchGetCustomers({ customerIds: [b, NOBODY, a] });
      expect(found.customers.map(({ id, name }) => [id, name])).toEqual([
        [b, "B"],
        [a, "A"],
      ]);
      expect(found.missingCustomerIds).toEqual([NOBODY]);
      expect(await refusalOf(clients.crm.batchGetCustomers({ customerIds: [a, a] }))).toMatchObject({
        fields: ["customer_ids"],
      });
    },
  },
  {
    name: "ListCustomers filters by words, plan, company and all tags, newest first, page by page",
    async run(clients) {
      const [word, tag, company] = [unique("Zoë"), unique("t"), unique("Co & ")];
      const ids: string[] = [];
      for (const index of [0, 1, 2, 3, 4]) {
        const tags = index % 2 ? [tag, "odd"] : [tag];
        ids.unshift(await newCustomer(clients, { name: `${word} ${index}`, company, plan: `plan${index % 2}`, tags }));
      }
      const list = async (filter: Parameters<typeof clients.crm.listCustomers>[0]) => {
        const { customers, totalSize } = await clients.crm.listCustomers(filter);
        expect(totalSize).toBe(customers.length);
        return customers.map(({ id }) => id);
      };
      expect(await list({ query: word.toLowerCase() })).toEqual(ids);
      expect(await list({ query: `${word.slice(0, -2)}` })).toEqual(ids);
      expect(await list({ query: `3 ${word}` })).toEqual([ids[1]]);
      expect(await list({ query: `${word} AND OR` })).toEqual([]);
      expect(await list({ query: ids[2]?.toLowerCase() ?? "" })).toEqual([ids[2]]);
      expect(await list({ query: ids[2] ?? "", plan: "plan1" })).toEqual([]);
      expect(await list({ query: " ", tags: [tag] })).toEqual(ids);
      expect(await list({ company })).toEqual(ids);
      expect(await list({ tags: [tag, "odd"] })).toEqual([ids[1], ids[3]]);
      expect(await list({ tags: [tag], plan: "plan0" })).toEqual([ids[0], ids[2], ids[4]]);

      const pages = await allPages(async (pageToken) => {
        const page = await clients.crm.listCustomers({ tags: [tag], pageSize: 2, pageToken });
        expect(page.totalSize).toBe(5);
        return { items: page.customers.map(({ id }) => id), nextPageToken: page.nextPageToken };
      });
      expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    },
  },
  {
    name: "a page token belongs to its filter",
    async run(clients) {
      const tags = [unique("t")];
      for (const _ of [1, 2]) await newCustomer(clients, { tags });
      const { nextPageToken: pageToken } = await clients.crm.listCustomers({ tags, pageSize: 1 });
      const invalid = { code: "InvalidArgument", reason: "PAGE_TOKEN_INVALID" };
      const requests = [{ pageToken }, { tags, plan: "x", pageToken }, { tags, pageToken: "b%C3%A4h" }];
      await expectRefused(
        requests.map((request) => clients.crm.listCustomers(request)),
        invalid,
      );
      // The size may change from page to page.
      expect((await clients.crm.listCustomers({ tags, pageSize: 7, pageToken })).customers).toHaveLength(1);
    },
  },
  {
    name: "UpdateCustomer changes what the mask names, clears what the mask names and the customer lacks, keeps the rest",
    async run(clients) {
      const { crm } = clients;
      const emails = [`${unique()}@example.com`];
      const id = await newCustomer(clients, { emails, phone: "1", plan: "free", tags: ["a"], attributes: { a: "1" } });
      const update = async (customer: object, paths?: string[]) =>
        (await crm.updateCustomer({ customer: { id, ...customer }, ...(paths && { updateMask: { paths } }) })).customer;
      const first = await update({ plan: "pro", phone: "ignored", name: "ignored" }, ["plan", "tags"]);
      expect(first).toMatchObject({ name: "Ada", emails, phone: "1", plan: "pro", tags: [], attributes: { a: "1" } });
      const second = await update({ name: "Eve", attributes: { b: "2" } });
      expect(second).toMatchObject({ name: "Eve", plan: "pro", phone: "1", attributes: { b: "2" } });
      expect(await update({}, ["attributes.b"])).toMatchObject({ name: "Eve", attributes: {} });
      expect(await update({}, ["emails"])).toMatchObject({ emails: [] });
      expect(await crm.createCustomer({ customer: { name: "new holder", emails } })).toBeDefined();
    },
  },
  refuses(
    "UpdateCustomer of a field that is not the caller's",
    async (clients) => {
      const id = await newCustomer(clients);
      const update = (path: string) => clients.crm.updateCustomer({ customer: { id }, updateMask: { paths: [path] } });
      return [update("id"), update("etag"), update("create_time"), update("nonsense")];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["update_mask"] },
  ),
  refuses(
    "UpdateCustomer of a part of a field that has no parts",
    async (clients) => {
      const id = await newCustomer(clients);
      const update = { customer: { id, name: "x" }, updateMask: { paths: ["name.first"] } };
      return [clients.crm.updateCustomer(update)];
    },
    { code: "InvalidArgument", reason: "UPDATE_MASK_NESTED" },
  ),
  {
    name: "entries of a map that are added one by one are no more than it may have",
    async run(clients) {
      const entries = (prefix: string) =>
        Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${prefix}${index}`, "x"]));
      const full = entries("a");
      const { id: ticketId, customerId } = await newTicket(clients, { customFields: full });
      await clients.crm.updateCustomer({ customer: { id: customerId, attributes: full } });
      const one = (field: string) => ({ updateMask: { paths: [`${field}.b`] } });
      const ticket = { id: ticketId, customFields: { b: "y" } };
      const customer = { id: customerId, attributes: { b: "y" } };
      const calls = [
        clients.tickets.updateTicket({ ticket, ...one("custom_fields") }),
        clients.crm.updateCustomer({ customer, ...one("attributes") }),
      ];
      await expectRefused(calls, { code: "InvalidArgument", reason: "TOO_MANY_ENTRIES" });
      const paths = ["attributes.b", "attributes.a0"];
      const swapped = await clients.crm.updateCustomer({ customer, updateMask: { paths } });
      expect(Object.keys(swapped.customer?.attributes ?? {})).toHaveLength(50);
      expect((await clients.tickets.getTicket({ ticketId })).ticket?.customFields).toEqual(full);
    },
  },
  refuses(
    "UpdateCustomer that takes the name away",
    async (clients) => {
      const id = await newCustomer(clients);
      return [clients.crm.updateCustomer({ customer: { id }, updateMask: { paths: ["name"] } })];
    },
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
  refuses(
    "UpdateCustomer of nobody",
    async ({ crm }) => [crm.updateCustomer({ customer: { id: NOBODY, plan: "x" } })],
    {
      ...{ code: "NotFound", reason: "CUSTOMER_NOT_FOUND", metadata: { customer_id: NOBODY } },
    },
  ),
  {
    name: "UpdateCustomer for an older state is refused with the current etag and writes nothing",
    async run(clients) {
      const { crm } = clients;
      const id = await newCustomer(clients);
      const before = (await crm.getCustomer({ customerId: id })).customer;
      const after = (await crm.updateCustomer({ customer: { id, plan: "a", etag: before?.etag ?? "" } })).customer;
      expect(after?.etag).not.toBe(before?.etag);
      const late = await refusalOf(crm.updateCustomer({ customer: { id, plan: "b", etag: before?.etag ?? "" } }));
      const metadata = { current_etag: after?.etag as string };
      expect(late).toMatchObject({ code: "Aborted", reason: "ETAG_MISMATCH", metadata });
      expect((await crm.getCustomer({ customerId: id })).customer).toEqual(after);
    },
  },
  {
    name: "FindCustomer finds by address in any case and by key",
    async run(clients) {
      const [email, externalId] = [`${unique()}@example.com`, unique("Key")];
      const id = await newCustomer(clients, { emails: ["x".concat(email), email], externalId });
      const byEmail = await clients.crm.findCustomer({ key: { case: "email", value: email.toUpperCase() } });
      expect(byEmail.customer?.id).toBe(id);
      const byKey = await clients.crm.findCustomer({ key: { case: "externalId", value: externalId } });
      expect(byKey.customer?.id).toBe(id);
    },
  },
  refuses(
    "FindCustomer of an address that nobody has",
    async ({ crm }) => [crm.findCustomer({ key: { case: "email", value: "nobody@example.com" } })],
    { code: "NotFound", reason: "CUSTOMER_NOT_FOUND", metadata: { key: "nobody@example.com" } },
  ),
  refuses("FindCustomer by nothing", async ({ crm }) => [crm.findCustomer({})], {
    ...{ code: "InvalidArgument", reason: "VALIDATION_FAILED", fields: ["key"] },
  }),
  {
    name: "AddNote keeps author, ticket and text, and ListNotes gives the newest first",
    async run(clients) {
      const customerId = await newCustomer(clients);
      const note = { customerId, author: agent, body: "Prefers tea. 🫖", ticketId: "TKT-1234" };
      const { note: first } = await clients.crm.addNote({ note });
      expect(first).toMatchObject({ ...note, id: expect.stringMatching(/^NOTE-\d{4,}$/) });
      const { note: second } = await clients.crm.addNote({ note: { ...note, ticketId: "", body: "Really." } });
      const { notes, totalSize } = await clients.crm.listNotes({ customerId });
      expect(notes).toEqual([second, first]);
      expect(totalSize).toBe(2);
      const page = await clients.crm.listNotes({ customerId, pageSize: 1 });
      const rest = await clients.crm.listNotes({ customerId, pageSize: 1, pageToken: page.nextPageToken });
      expect([...page.notes, ...rest.notes]).toEqual(notes);
      expect((await clients.crm.getCustomer({ customerId, noteLimit: 1 })).notes).toEqual([second]);
      expect((await clients.crm.getCustomer({ customerId, noteLimit: 50 })).notes).toEqual(notes);
    },
  },
  refuses(
    "notes about nobody",
    async ({ crm }) => [
      crm.addNote({ note: { customerId: NOBODY, author: agent, body: "x" } }),
      crm.listNotes({ customerId: NOBODY }),
    ],
    { code: "NotFound", reason: "CUSTOMER_NOT_FOUND", metadata: { customer_id: NOBODY } },
  ),
  refuses(
    "a note without an author",
    async (clients) => [clients.crm.addNote({ note: { customerId: await newCustomer(clients), body: "x" } })],
    { code: "InvalidArgument", reason: "VALIDATION_FAILED" },
  ),
];
