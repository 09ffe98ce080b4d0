// Imports that are cut off: by the desk, by the user, by the system.
import { expect, test } from "vitest";
import { remoteTransport } from "../../runtime/transport.ts";
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
  await eventually(async () => command.stderr.includes("The desk is away"));
  await world.start();
  expect(await command.end()).toBe(0);
  expect(command.stdout).toContain("60 taken, 0 already there");
  expect((await world.stored()).map(({ description }) => description)).toEqual(ROWS);
});

test.concurrent("gives up on a desk that stays away, and adds the rest when run again", async () => {
  await using world = await setUp();
  const command = await world.begin();
  await world.desk.stop();
  command.write(REST);
  expect(await command.end()).toBe(1);
  expect(command.stderr).toContain("Start it and run the same command again: only the rest is added.");
  expect(command.stdout).toContain("30 taken");
  await world.start();
  const again = await runImport(world.file, "--url", world.desk.url);
  expect(again.stdout).toContain("30 taken, 30 already there");
  expect((await world.stored()).map(({ description }) => description)).toEqual(ROWS);
});

test.concurrent("adds only the rest when run again after Ctrl-C", async () => {
  await using world = await setUp();
  const command = await world.begin();
  command.child.kill("SIGINT");
  expect(await command.end()).toBe(130);
  expect(command.stderr).toContain("Run the same command again to go on");
  const again = await runImport(world.file, "--url", world.desk.url);
  expect(again.stdout).toContain("30 taken, 30 already there");
  expect((await world.stored()).map(({ description }) => description)).toEqual(ROWS);
});
