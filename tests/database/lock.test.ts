import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDirectory } from "../../runtime/database/lock.ts";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";

let directory: string;
let holder: ChildProcess | undefined;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-lock-"));
  directory = join(folder, "data");
  return () => rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  holder?.kill("SIGKILL");
  holder = undefined;
});

async function spawnHolder(): Promise<ChildProcess> {
  holder = spawn(process.execPath, [join(import.meta.dirname, "lock-holder.ts"), directory], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [output] = await once(holder.stdout as NonNullable<typeof holder.stdout>, "data");
  expect(String(output)).toBe("held\n");
  return holder;
}
const refusal = () => lockDirectory(directory).catch((error: unknown) => error);

test("refuses a directory that another process holds, and names the process", async () => {
  const { pid } = await spawnHolder();
  const error = await refusal();
  expect(reasonOf(error)).toBe("DATA_DIR_IN_USE");
  expect(metadataOf(error)).toEqual({ directory, pid: String(pid) });
});

test("takes a directory whose holder was killed", async () => {
  const child = await spawnHolder();
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = await lockDirectory(directory);
  await lock.release();
});

test("takes a directory that its holder gave back", async () => {
  const child = await spawnHolder();
  child.stdin?.end();
  await once(child, "exit");
  expect(existsSync(join(directory, "lock.pid"))).toBe(false);
  const lock = await lockDirectory(directory);
  await lock.release();
});

test("refuses a second lock within one process until the first is released", async () => {
  const lock = await lockDirectory(directory);
  expect(metadataOf(await refusal()).pid).toBe(String(process.pid));
  await lock.release();
  await lock.release();
  const again = await lockDirectory(directory);
  await again.release();
});
