// Opening a desk: what is in it at first, and what stays.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { type Config, PARTS, type Part, readConfig } from "../../runtime/config.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { openDesk } from "../../services/desk.ts";
import { clientsOf } from "../contract/case.ts";
import { silent, temporaryStorage } from "../support/desk.ts";

interface Opening {
  readonly demo: boolean;
  readonly parts?: readonly Part[];
}

/** Opens a desk, looks who and what is in it, and closes it. */
async function lookInto(config: Config, { demo, parts = PARTS }: Opening) {
  await using desk = await openDesk({ config, parts, demo, log: silent });
  const { crm, tickets } = clientsOf(directTransport(desk.services));
  const customers = parts.includes("crm") ? (await crm.listCustomers({})).totalSize : 0;
  const { totalSize } = await tickets.listTickets({});
  return { seeded: desk.seeded, customers, tickets: totalSize };
}

test("the first start fills the desk, TKT-1001 among it; later ones leave it alone", async () => {
  const storage = await temporaryStorage("sqlite");
  const config = readConfig(storage.environment);
  const first = await lookInto(config, { demo: true });
  expect(first.seeded).toBe(true);
  expect(first.tickets).toBeGreaterThan(3);
  expect(first.customers).toBeGreaterThan(3);
  {
    await using desk = await openDesk({ config, parts: PARTS, demo: true, log: silent });
    const { support } = clientsOf(directTransport(desk.services));
    const { ticket, customer, analysis, missing } = await support.handleTicket({ ticketId: "TKT-1001" });
    expect(ticket?.customerId).toBe(customer?.id);
    expect(analysis).toBeDefined();
    expect(missing).toEqual([]);
    await support.addInternalNote({ ticketId: "TKT-1001", body: "kept" });
  }
  expect(await lookInto(config, { demo: true })).toEqual({ ...first, seeded: false });
  await storage.remove();
});

test("a first start that broke off is made up for by the next", async () => {
  const storage = await temporaryStorage("sqlite");
  const config = readConfig(storage.environment);
  const whole = await lookInto(config, { demo: true });
  // As a start leaves it that ended between its first and its last write.
  await writeFile(join(config.DATA_DIR, "demo-pending"), "");
  expect(await lookInto(config, { demo: true })).toEqual(whole);
  expect(await lookInto(config, { demo: true })).toEqual({ ...whole, seeded: false });
  await storage.remove();
});

test("a data directory that cannot be used is refused with words", async () => {
  const storage = await temporaryStorage("sqlite");
  const { DATA_DIR } = readConfig(storage.environment);
  await writeFile(join(DATA_DIR, "file"), "");
  const config = readConfig({ DATA_DIR: join(DATA_DIR, "file") });
  const error = await openDesk({ config, parts: PARTS, demo: true, log: silent }).catch((thrown) => thrown);
  expect(reasonOf(error)).toBe("DATA_DIR_UNUSABLE");
  await storage.remove();
});

test.runIf(process.platform === "linux")(
  "a data directory where none can be made is refused with words as well",
  async () => {
    const config = readConfig({ DATA_DIR: "/proc/deskwire/data" });
    const error = await openDesk({ config, parts: PARTS, demo: true, log: silent }).catch((thrown) => thrown);
    expect(reasonOf(error)).toBe("DATA_DIR_UNUSABLE");
  },
);

test("a file that is no database is refused with words, and left as it is", async () => {
  const storage = await temporaryStorage("sqlite");
  const config = readConfig(storage.environment);
  const file = join(config.DATA_DIR, "ticket", "ticket.db");
  await mkdir(dirname(file));
  await writeFile(file, "this is no database, and longer than the header that SQLite looks at first".repeat(20));
  const before = await readFile(file);
  const error = await openDesk({ config, parts: PARTS, demo: false, log: silent }).catch((thrown) => thrown);
  expect(reasonOf(error)).toBe("DATABASE_DAMAGED");
  expect(await readFile(file)).toEqual(before);
  await storage.remove();
});

test("--no-demo leaves the desk empty, and it stays empty", async () => {
  const storage = await temporaryStorage("sqlite");
  const config = readConfig(storage.environment);
  const empty = { seeded: false, customers: 0, tickets: 0 };
  expect(await lookInto(config, { demo: false })).toEqual(empty);
  expect(await lookInto(config, { demo: true })).toEqual(empty);
  await storage.remove();
});

test("PostgreSQL is never filled, and neither is a part that is started alone", async () => {
  const postgres = await temporaryStorage("postgres");
  const empty = { seeded: false, customers: 0, tickets: 0 };
  expect(await lookInto(readConfig(postgres.environment), { demo: true })).toEqual(empty);
  await postgres.remove();
  const sqlite = await temporaryStorage("sqlite");
  expect(await lookInto(readConfig(sqlite.environment), { demo: true, parts: ["ticket"] })).toEqual(empty);
  await sqlite.remove();
});

test("a second desk on the same data is refused, and leaves the first as it is", async () => {
  const storage = await temporaryStorage("sqlite");
  const config = readConfig(storage.environment);
  const first = await openDesk({ config, parts: PARTS, demo: false, log: silent });
  const second = openDesk({ config, parts: PARTS, demo: true, log: silent });
  expect(reasonOf(await second.catch((error: unknown) => error))).toBe("DATA_DIR_IN_USE");
  const { crm } = clientsOf(directTransport(first.services));
  expect((await crm.createCustomer({ customer: { name: "Ada" } })).customer?.id).toBe("CUS-1001");
  await first.close();
  expect((await lookInto(config, { demo: true })).customers).toBe(1);
  await storage.remove();
});

test("a database that is gone makes its service unready, and no other", async () => {
  const storage = await temporaryStorage("postgres");
  const desk = await openDesk({ config: readConfig(storage.environment), parts: PARTS, demo: false, log: silent });
  expect((await desk.unready()).size).toBe(0);
  await storage.remove();
  expect([...(await desk.unready()).keys()].sort()).toEqual([
    "deskwire.analytics.v1.AnalyticsService",
    "deskwire.analytics.v1.MetricsService",
    "deskwire.crm.v1.CrmService",
    "deskwire.ticket.v1.TicketService",
    "deskwire.ticket.v1.WebhookService",
  ]);
  await desk.close();
});
