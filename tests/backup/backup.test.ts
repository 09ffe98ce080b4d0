// Backups of a desk that is being written to, restored to a new desk.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { createClient, type Transport } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { MetricsService } from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { openSnapshot } from "../../runtime/database/snapshot.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { restoreBackup } from "../../scripts/backup/restore-backup.ts";
import { writeBackup } from "../../scripts/backup/write-backup.ts";
import { databaseLocation } from "../../services/databases.ts";
import { type Desk, openDesk } from "../../services/desk.ts";
import { DIALECTS } from "../support/databases.ts";
import { silent, temporaryStorage } from "../support/desk.ts";
import { eventually, run } from "../support/processes.ts";

type Dialect = (typeof DIALECTS)[number];
type Config = ReturnType<typeof readConfig>;

let folder: string;
let file: string;
let cleanup: AsyncDisposableStack;
beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  folder = await mkdtemp(join(tmpdir(), "deskwire-backup-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  file = join(folder, "desk.jsonl.gz");
});
afterEach(() => cleanup.disposeAsync());

async function storage(dialect: Dialect): Promise<Config> {
  const { environment, remove } = await temporaryStorage(dialect);
  cleanup.defer(remove);
  return readConfig(environment);
}

async function open(config: Config): Promise<Desk> {
  const desk = await openDesk({ config, parts: ["crm", "ticket", "analytics"], demo: false, log: silent });
  cleanup.defer(() => desk.close());
  return desk;
}

const clients = (desk: Desk, transport: Transport = directTransport(desk.services)) => ({
  crm: createClient(CrmService, transport),
  tickets: createClient(TicketService, transport),
  analytics: createClient(AnalyticsService, transport),
  metrics: createClient(MetricsService, transport),
});

/** Who reads for the metrics, and until when: that goes on changing while a desk runs. */
const LEASE = new Set(["reader", "reader_until"]);

/** All rows of a desk, in an order that does not depend on the database. */
async function contents(config: Config): Promise<Record<string, unknown[]>> {
  await using snapshot = await openSnapshot({
    crm: databaseLocation(config, "crm"),
    ticket: databaseLocation(config, "ticket"),
    analytics: databaseLocation(config, "analytics"),
  });
  const tables: Record<string, unknown[]> = {};
  for (const [database, { tables: found }] of snapshot.databases) {
    for (const { name, columns, rows } of found) {
      const lines: string[] = [];
      for await (const row of rows()) {
        const entries = row
          .map((value, index) => [columns[index] ?? "", value instanceof Uint8Array ? [...value] : value] as const)
          .filter(([column]) => !LEASE.has(column));
        lines.push(JSON.stringify(Object.fromEntries(entries)));
      }
      tables[`${database}.${name}`] = lines.sort();
    }
  }
  return tables;
}

const noProgress = () => {};

const ticket = (customerId: string, index: number) => ({
  ...{ customerId, subject: `Números ${index}`, description: "line\nbreak\ttab", tags: ["t"] },
});

const EMAIL = "zoe@example.com";
const CORRECTED = "The barometer by the pond shows rain.";

/** @param count tickets, ten or more; more than 200 are more than one insert of a restore takes */
async function fill(desk: Desk, count = 250): Promise<void> {
  const { crm, tickets, analytics, metrics } = clients(desk);
  const author = { kind: ActorKind.AGENT, id: "sam" };
  await analytics.correctAnalysis({ text: CORRECTED, category: Category.SHIPPING, author });
  const { customer } = await crm.createCustomer({
    customer: { name: "Zoë 🙂", emails: [EMAIL], tags: ["vip"], attributes: { a: 'quote " and \\' } },
    requestId: "customer",
  });
  const customerId = customer?.id ?? "";
  const add = (index: number) =>
    tickets.createTicket({ ticket: ticket(customerId, index), requestId: `ticket-${index}` });
  for (let index = 0; index < 10; index++) await add(index);
  // Not all at once, which a desk on a busy machine refuses.
  for (let index = 10; index < count; index += 40) {
    await Promise.all(Array.from({ length: Math.min(40, count - index) }, (_, offset) => add(index + offset)));
  }
  // The older refers to the younger: rows come back in any order.
  const last = `TKT-${1000 + count}`;
  await tickets.mergeTickets({ ticketId: "TKT-1001", intoTicketId: last, requestId: "merge" });
  await tickets.respondToTicket({ ticketId: last, response: "Done.", addCustomerNote: true });
  await eventually(async () => (await crm.listNotes({ customerId })).totalSize === 1);
  const { events } = await tickets.listEvents({ pageSize: 1000 });
  // So that the desk does not go on changing by itself.
  await eventually(async () => {
    const { progress } = await metrics.getMetrics({});
    return progress?.complete && progress.position === events.at(-1)?.position;
  });
}

describe.each([
  ["sqlite", "sqlite"],
  ["sqlite", "postgres"],
  ["postgres", "sqlite"],
] as const)("from %s to %s", (from, to) => {
  test("a restored desk holds the same, finds it, and goes on where the other was", async () => {
    const [old, fresh] = await Promise.all([storage(from), storage(to)]);
    const desk = await open(old);
    await fill(desk);
    await writeBackup(old, file, false, noProgress);
    await restoreBackup(fresh, file, noProgress);
    expect(await contents(fresh)).toEqual(await contents(old));

    const { crm, tickets, analytics } = clients(await open(fresh));
    const { analysis } = await analytics.analyze({ text: CORRECTED });
    expect(analysis).toEqual((await clients(desk).analytics.analyze({ text: CORRECTED })).analysis);
    expect(analysis).toMatchObject({ corrected: true, categorization: { primaryCategory: Category.SHIPPING } });
    expect((await tickets.listTickets({ query: "numeros 77" })).tickets.map(({ subject }) => subject)).toEqual([
      "Números 77",
    ]);
    let replayed: string | null = null;
    const again = await tickets.createTicket(
      { ticket: ticket("CUS-1001", 5), requestId: "ticket-5" },
      { onHeader: (headers) => (replayed = headers.get("deskwire-replayed")) },
    );
    expect(again.ticket?.id).toBe("TKT-1006");
    expect(replayed).toBe("true");
    const next = await tickets.createTicket({ ticket: { customerId: "CUS-1001", subject: "next", description: "x" } });
    expect(next.ticket?.id).toBe("TKT-1251");
    expect((await crm.createCustomer({ customer: { name: "next" } })).customer?.id).toBe("CUS-1002");
  });
});

const reason = (work: Promise<unknown>) => work.then(() => "none", reasonOf);

describe.each(DIALECTS)("on %s", (dialect) => {
  test("a backup under load shows one moment: no ticket without its customer, no note without its answer", async () => {
    const [old, fresh] = await Promise.all([storage(dialect), storage(dialect)]);
    const desk = await open(old);
    const { crm, tickets } = clients(desk);
    const acknowledged: string[] = [];
    let stop = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; !stop; index++) {
        const { customer } = await crm.createCustomer({ customer: { name: `${writer}.${index}` } });
        const fields = { customerId: customer?.id ?? "", subject: "s", description: "d" };
        const { ticket } = await tickets.createTicket({ ticket: fields });
        await tickets.respondToTicket({ ticketId: ticket?.id ?? "", response: "r", addCustomerNote: true });
        acknowledged.push(ticket?.id ?? "");
      }
    });
    await eventually(async () => acknowledged.length > 40);
    const before = [...acknowledged];
    await writeBackup(old, file, false, noProgress);
    stop = true;
    await Promise.all(writers);
    await restoreBackup(fresh, file, noProgress);

    const parsed = Object.fromEntries(
      Object.entries(await contents(fresh)).map(([table, rows]) => [table, rows.map((row) => JSON.parse(String(row)))]),
    );
    const customers = new Set(parsed["crm.customer"]?.map(({ id }) => `CUS-${id}`));
    const ids = new Set(parsed["ticket.ticket"]?.map(({ id }) => `TKT-${id}`));
    expect(parsed["ticket.ticket"]?.filter(({ customer_id }) => !customers.has(customer_id))).toEqual([]);
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    const positions = parsed["ticket.event"]?.map(({ position }) => position).sort((a, b) => a - b) ?? [];
    expect(positions).toEqual(positions.map((_, index) => index + 1));
    const asked = parsed["ticket.event"]?.filter(({ event }) => event.includes("CUSTOMER_NOTE_REQUESTED")) ?? [];
    const cursor = parsed["crm.cursor"]?.[0].position;
    const kept = parsed["crm.note"]?.map(({ ticket_event }) => ticket_event).sort((a, b) => a - b);
    expect(kept).toEqual(
      asked
        .map(({ position }) => position)
        .filter((position) => position <= cursor)
        .sort((a, b) => a - b),
    );

    await open(fresh);
    await eventually(async () => (await contents(fresh))["crm.note"]?.length === asked.length);
  });

  test("nothing is overwritten, and nothing is left of a restore that fails", async () => {
    const [old, fresh] = await Promise.all([storage(dialect), storage(dialect)]);
    expect(await reason(writeBackup(old, file, false, noProgress))).toBe("NOTHING_TO_BACK_UP");
    await fill(await open(old), 10);
    await writeBackup(old, file, false, noProgress);
    expect(await reason(writeBackup(old, file, false, noProgress))).toBe("FILE_EXISTS");
    await writeBackup(old, file, true, noProgress);

    const text = gunzipSync(await readFile(file)).toString();
    const broken = join(folder, "broken");
    // Found when all rows are in.
    await writeFile(broken, gzipSync(text.slice(0, text.lastIndexOf('{"end"'))));
    expect(await reason(restoreBackup(fresh, broken, noProgress))).toBe("BACKUP_DAMAGED");
    await writeFile(broken, gzipSync(text.replace('\n["zoe@example.com",1001]', '\n["zoe@example.com",77]')));
    await expect(restoreBackup(fresh, broken, noProgress)).rejects.toThrow(/refers to|foreign key/);

    expect(await contents(fresh)).toEqual({});
    await restoreBackup(fresh, file, noProgress);
    expect(await reason(restoreBackup(fresh, file, noProgress))).toBe("DATABASE_NOT_EMPTY");
    expect(await contents(fresh)).toEqual(await contents(old));
  });

  test("a backup of an older version is brought up to date", async () => {
    const fresh = await storage(dialect);
    const lines = [
      { deskwire_backup: 1, time: "2026-01-01T00:00:00Z" },
      { database: "crm", migrations: ["request-log", "customers"] },
      { table: "counter", columns: ["name", "value"] },
      ["customer", 1005],
      ["note", 1000],
      { end: { rows: 2 } },
    ];
    await writeFile(file, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
    await restoreBackup(fresh, file, noProgress);
    const { crm } = clients(await open(fresh));
    const { customer } = await crm.createCustomer({ customer: { name: "Ada" } });
    expect(customer?.id).toBe("CUS-1006");
    await crm.addNote({
      note: { customerId: "CUS-1006", body: "It has notes now.", author: { kind: ActorKind.AGENT, id: "sam" } },
    });
  });
});

test("what is no backup, is damaged or of a newer version is refused, and nothing is restored", async () => {
  const [old, fresh] = await Promise.all([storage("sqlite"), storage("sqlite")]);
  await fill(await open(old), 10);
  await writeBackup(old, file, false, noProgress);
  const whole = await readFile(file);
  const text = gunzipSync(whole).toString();
  const wrong: Record<string, readonly [Uint8Array, refusal: string]> = {
    cut: [whole.subarray(0, whole.length - 100), "BACKUP_DAMAGED"],
    flipped: [Buffer.from(whole).fill(0x55, whole.length >> 1, (whole.length >> 1) + 8), "BACKUP_DAMAGED"],
    "no gzip": [Buffer.from(text), "BACKUP_DAMAGED"],
    "without a row": [gzipSync(text.replace(/\n\[1002,.*\n/, "\n")), "BACKUP_DAMAGED"],
    "something else": [gzipSync("1\n"), "BACKUP_DAMAGED"],
    empty: [gzipSync(""), "BACKUP_DAMAGED"],
    "a later migration": [gzipSync(text.replace('"migrations":[', '"migrations":["later",')), "BACKUP_NEWER"],
    "a later form": [gzipSync(text.replace('{"deskwire_backup":1', '{"deskwire_backup":2')), "BACKUP_NEWER"],
  };
  const path = join(folder, "wrong");
  for (const [name, [bytes, refusal]] of Object.entries(wrong)) {
    await writeFile(path, bytes);
    expect([name, await reason(restoreBackup(fresh, path, noProgress))]).toEqual([name, refusal]);
  }
  expect(await reason(restoreBackup(fresh, join(folder, "missing"), noProgress))).toBe("FILE_UNREADABLE");
  expect(await contents(fresh)).toEqual({});
});

test("the commands say what they do, and back a stopped desk up as well", async () => {
  const [old, fresh] = await Promise.all([storage("sqlite"), storage("sqlite")]);
  const desk = await open(old);
  await clients(desk).crm.createCustomer({ customer: { name: "Ada" } });
  await desk.close();
  const command = (script: string, args: string[], config: Config) =>
    run(process.execPath, [`scripts/${script}.ts`, ...args], { env: { ...process.env, DATA_DIR: config.DATA_DIR } });
  expect((await command("backup", [file], old)).stdout).toMatch(/crm\.customer +1 rows.*desk\.jsonl\.gz: \d+ rows/s);
  expect((await command("restore", [file], fresh)).stdout).toMatch(/crm\.customer +1 rows.*rows now\./s);
  await expect(command("restore", [file], fresh)).rejects.toThrow(/holds data already/);
  await expect(command("backup", [], old)).rejects.toThrow(/--help/);
  expect((await command("backup", ["--help"], old)).stdout).toContain("--force");
  expect((await command("restore", ["--help"], old)).stdout).toContain("npm run restore -- FILE");
});

test("a backup goes from one desk to another through a pipe, without a file in between", async () => {
  const [old, fresh] = await Promise.all([storage("sqlite"), storage("sqlite")]);
  const desk = await open(old);
  await clients(desk).crm.createCustomer({ customer: { name: "Ada" } });
  await desk.close();
  const command = (script: string, { DATA_DIR }: Config) =>
    `DATA_DIR="${DATA_DIR}" "${process.execPath}" scripts/${script}.ts -`;
  const { stdout } = await run("sh", ["-c", `${command("backup", old)} | ${command("restore", fresh)}`]);
  expect(stdout).toMatch(/crm\.customer +1 rows.*rows now\./s);
  expect(await contents(fresh)).toEqual(await contents(old));
});
