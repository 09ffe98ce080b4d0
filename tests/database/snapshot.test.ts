import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { openDatabase } from "../../runtime/database/database.ts";
import { openSnapshot } from "../../runtime/database/snapshot.ts";
import { eventually } from "../support/processes.ts";

// More than two, because reading them takes the longer, and a commit in between is the likelier.
const NAMES = ["a", "b", "c", "d"];

test("files that are written to all the time are shown as they were at one moment", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-snapshot-"));
  const locations = Object.fromEntries(
    NAMES.map((name) => [name, { kind: "sqlite", file: join(folder, `${name}.db`) } as const]),
  );
  for (const name of NAMES) {
    const location = locations[name] as { kind: "sqlite"; file: string };
    const up = async (trx: Parameters<Parameters<typeof openDatabase>[0]["migrations"][0]["up"]>[0]) => {
      await trx.schema.createTable("entry", (table) => void table.integer("number"));
      await trx("entry").insert({ number: 0 });
    };
    const database = await openDatabase({ name, location, migrations: [{ name: "entry", up }], log: () => {} });
    await database.close();
  }
  const files = NAMES.map((name) => locations[name]?.file);
  const writer = new Worker(new URL("snapshot-writer.ts", import.meta.url), { workerData: files });
  const read = async () => {
    await using snapshot = await openSnapshot(locations);
    const numbers: number[] = [];
    for (const { tables } of snapshot.databases.values()) {
      for await (const [number] of tables[0]?.rows() ?? []) numbers.push(Number(number));
    }
    return numbers;
  };
  await eventually(async () => (await read()).every((number) => number > 0));
  const impossible: number[][] = [];
  for (let index = 0; index < 100; index++) {
    const numbers = await read();
    // Written in this order: a later file is never ahead, and the last is at most one behind.
    const steps = numbers.map((number, place) => (numbers[place - 1] ?? number) - number);
    if (steps.some((step) => step < 0) || (numbers[0] ?? 0) - (numbers.at(-1) ?? 0) > 1) impossible.push(numbers);
  }
  await writer.terminate();
  await rm(folder, { recursive: true, force: true });
  expect(impossible).toEqual([]);
});
