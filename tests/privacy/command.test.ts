// `npm run customer`, and a restore that brings nobody back who was erased.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { eraseAgain } from "../../scripts/backup/erase-again.ts";
import { restoreBackup } from "../../scripts/backup/restore-backup.ts";
import { writeBackup } from "../../scripts/backup/write-backup.ts";
import { erasedLines, readErasedList } from "../../scripts/customer/erased-list.ts";
import { openDesk } from "../../services/desk.ts";
import { clientsOf, newCustomer } from "../contract/case.ts";
import { start } from "../support/command.ts";
import { openTestDesk, silent, temporaryStorage } from "../support/desk.ts";
import { plant } from "./plants.ts";

test("a person exports, is asked before anything is erased, and sees what was", async () => {
  await using desk = await openTestDesk();
  const clients = clientsOf(desk.transport);
  const { url } = await desk.listen();
  const { customerId, words, mark } = await plant(clients, "qzxv");
  const run = (args: readonly string[], typed = "") =>
    start("scripts/customer.ts", args, { DESKWIRE_URL: url, DESKWIRE_API_KEY: "" }, typed).ended;

  const [exported, refused] = await Promise.all([
    run(["export", customerId.toLowerCase()]),
    run(["erase", customerId], "no\n"),
  ]);
  expect(exported).toMatchObject({ code: 0, err: "" });
  const document = JSON.parse(exported.out);
  expect(document).toMatchObject({ customer_id: customerId, part_count: document.parts.length });
  expect(document.parts[0].customer).toMatchObject({ id: customerId, name: `name${mark}` });
  expect(words.filter((word) => !exported.out.includes(word))).toEqual(["oldnameqzxv"]);

  expect(refused.err).toContain(
    `${customerId}: name${mark} <mail${mark}@example.com> (company${mark}), 5 tickets, 2 notes.`,
  );
  expect(refused).toMatchObject({ code: 0, out: "" });
  expect(refused.err).toContain("Nothing was erased.");
  expect((await clients.crm.getCustomer({ customerId })).customer?.name).toBe(`name${mark}`);

  const erased = await run(["erase", customerId], `${customerId}\n`);
  expect(erased.out).toContain(`${customerId} is erased:\n  texts of 5 tickets with `);
  expect((await clients.crm.getCustomer({ customerId })).customer?.name).toBe("erased");
  const list = (await Array.fromAsync(erasedLines(clients.support))).join("");
  expect(list).toMatch(new RegExp(`^#.*\n${customerId} \\S+Z \\S+Z\n$`));
});

test("a backup from before is restored without those who were erased since", async () => {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "deskwire-privacy-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const place = async () => {
    const { environment, remove } = await temporaryStorage("sqlite");
    cleanup.defer(remove);
    return readConfig(environment);
  };
  const open = async (config: ReturnType<typeof readConfig>) => {
    const desk = cleanup.use(
      await openDesk({ config, parts: ["crm", "ticket", "analytics", "support"], demo: false, log: silent }),
    );
    return { desk, clients: clientsOf(directTransport(desk.services)) };
  };
  const backup = join(folder, "desk.jsonl.gz");
  const config = await place();
  const { desk, clients } = await open(config);
  const { customerId, mark } = await plant(clients, "qzxv");
  const keptId = await newCustomer(clients, { name: "Kept" });
  await writeBackup(config, backup, false, () => {});
  const laterId = await newCustomer(clients, { name: "Later" });
  for (const id of [customerId, laterId]) await clients.support.eraseCustomer({ customerId: id });
  const list = join(folder, "erased.txt");
  // A desk that was set back may have given the number to somebody else.
  const namesake = `${keptId} 2001-01-01T00:00:00.000Z 2026-01-01T00:00:00.000Z\n`;
  await writeFile(list, `${(await Array.fromAsync(erasedLines(clients.support))).join("")}${namesake}`);
  await desk.close();

  const restored = await place();
  await restoreBackup(restored, backup, () => {});
  const erased = await readErasedList(list);
  expect(erased.map((one) => one.customerId)).toEqual([laterId, customerId, keptId]);
  expect(await eraseAgain(restored, erased)).toBe(1);
  const after = (await open(restored)).clients;
  expect((await after.crm.getCustomer({ customerId })).customer).toMatchObject({ name: "erased" });
  expect((await after.crm.getCustomer({ customerId: keptId })).customer).toMatchObject({ name: "Kept" });
  expect((await after.tickets.listTickets({ query: `subject${mark}` })).totalSize).toBe(0);
});

test("a list that is none is refused with its line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-privacy-"));
  const list = join(folder, "erased.txt");
  await writeFile(list, "# a comment\nCUS-1001\n");
  const error = await readErasedList(list).catch((thrown: unknown) => thrown);
  expect([reasonOf(error), String(error)]).toEqual(["ERASED_LIST_INVALID", expect.stringContaining("line 2")]);
  await rm(folder, { recursive: true });
});
