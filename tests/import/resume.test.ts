// Imports that are cut off: by the desk, by the user, by the system.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ImportRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { RemoteDesk } from "../../scripts/import/desk.ts";
import { temporaryStorage } from "../support/desk.ts";
import { DeskProcess, eventually, freePort } from "../support/processes.ts";
import { allTickets, ImportCommand, openFolder, runImport } from "./command.ts";

const ROWS = Array.from({ length: 60 }, (_, index) => `complaint ${index % 50}`);
const csv = (rows: readonly string[]) => `text\n${rows.map((row) => `${row}\n`).join("")}`;
const [FIRST, REST] = [csv(ROWS.slice(0, 35)), `${ROWS.slice(35).join("\n")}\n`];

/** A desk in a process of its own that can be started again where it was, and a file of sixty rows. */
async function setUp() {
  const stack = new AsyncDisposableStack();
  const storage = await temporaryStorage("sqlite");
  stack.defer(storage.remove);
  const folder = stack.use(await openFolder());
  const environment = { ...storage.environment, PORT: String(await freePort()) };
  const start = async () => stack.use(await DeskProcess.start(["--no-demo"], environment));
  const desk = await start();
  const stored = () => allTickets(remoteTransport(desk.url));
  return {
    desk,
    start,
    stored,
    file: await folder.write("all.csv", csv(ROWS)),
    /** An import that has stored the first thirty rows, and waits for more. */
    async begin() {
      const command = new ImportCommand("-", "--format", "csv", "--batch", "10", "--url", desk.url);
      command.write(FIRST);
      await eventually(async () => (await stored()).length === 30);
      return command;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test.concurrent("goes on when the desk is killed and started again", async () => {
  await using world = await setUp();
  const command = await world.begin();
  await world.desk.stop("SIGKILL");
  command.write(REST);
  await eventually(async () => {
    // Ended, it would say why.
    expect(command.child.exitCode, command.stderr).toBeNull();
    return command.stderr.includes("The desk is away");
  });
  await world.start();
  expect(await command.end(), command.stderr).toBe(0);
  // A batch that the desk had stored, but not answered for when it was killed, is there already.
  expect(command.stdout).toMatch(/60 rows .*: (60 taken, 0|50 taken, 10) already there, 0 refused/);
  expect((await world.stored()).map(({ description }) => description)).toEqual(ROWS);
});

test("gives up on a desk that stays away, and says how to go on", async () => {
  const retries: string[] = [];
  const url = `http://127.0.0.1:${await freePort()}`;
  const desk = new RemoteDesk(url, new AbortController().signal, (message) => retries.push(message), {
    retryDelaysMs: [1, 2],
  });
  const taken = desk.take([create(ImportRowSchema, { description: "complaint" })]);
  await expect(taken).rejects.toThrow("Start it and run the same command again: only the rest is added.");
  expect(retries).toHaveLength(2);
});

test.concurrent("adds only the rest when run again after Ctrl-C", async () => {
  await using world = await setUp();
  const command = await world.begin();
  command.child.kill("SIGINT");
  // Its input goes on: the end of it would be one more batch.
  expect(await command.ended()).toBe(130);
  expect(command.stderr).toContain("Run the same command again to go on");
  const again = await runImport(world.file, "--url", world.desk.url);
  expect(again.stdout).toContain("30 taken, 30 already there");
  expect((await world.stored()).map(({ description }) => description)).toEqual(ROWS);
});
