import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { openDatabase } from "../../runtime/database/database.ts";
import { openSnapshot } from "../../runtime/database/snapshot.ts";
import { eventually } from "../support/processes.ts";

const NAMES = ["a", "b"] as const;

test("two files that are written to all the time are shown as they were at one moment", async () => {
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
    return numbers as [number, number];
  };
  await eventually(async () => (await read())[1] > 0);
  const apart = new Set<number>();
  for (let index = 0; index < 300; index++) {
    const [first, second] = await read();
    apart.add(first - second);
  }
  await writer.terminate();
  await rm(folder, { recursive: true, force: true });
  expect([...apart].filter((difference) => difference !== 0 && difference !== 1)).toEqual([]);
});
