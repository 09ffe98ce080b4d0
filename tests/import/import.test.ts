// `npm run import`, really spawned, against a real desk.
import { readFile } from "node:fs/promises";
import { createClient } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketPriority, TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { openTestDesk } from "../support/desk.ts";
import { freePort } from "../support/processes.ts";
import { allTickets, openFolder, runImport } from "./command.ts";

async function setUp() {
  const stack = new AsyncDisposableStack();
  const desk = stack.use(await openTestDesk());
  const folder = stack.use(await openFolder());
  const { url } = await desk.listen();
  return {
    folder,
    transport: desk.transport,
    run: (...args: string[]) => runImport(...args, "--url", url),
    tickets: () => allTickets(desk.transport),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test.concurrent("takes CSV with usual column names, byte order mark, CRLF and fields of several lines", async () => {
  await using desk = await setUp();
  const file = await desk.folder.write(
    "a.csv",
    `\uFEFFID,Title,Body,Email,Name,Category,Priority,Status,Created At,Source,Colour\r\nA-1,Late parcel,"It said ""soon"",\r\nbut no.",ann@example.com,Ann,shipping,High,In Progress,2024-02-29 10:30,shop,red\r\n`,
  );
  const { code, stdout, stderr } = await desk.run(file);
  expect(stderr).toContain('description from "Body", customer_email from "Email"');
  expect(stdout).toMatch(/^1 rows .* 1 taken, 0 already there, 0 refused/);
  expect(code).toBe(0);
  const [ticket, ...others] = await desk.tickets();
  expect(others).toEqual([]);
  expect(ticket).toMatchObject({
    externalId: "A-1",
    subject: "Late parcel",
    description: 'It said "soon",\r\nbut no.',
    tags: ["shipping"],
    priority: TicketPriority.HIGH,
    status: TicketStatus.IN_PROGRESS,
    createTime: { seconds: BigInt(Date.parse("2024-02-29T10:30:00Z") / 1_000) },
    customFields: { source: "shop" },
  });
  const crm = createClient(CrmService, desk.transport);
  const { customer } = await crm.getCustomer({ customerId: ticket?.customerId ?? "" });
  expect(customer).toMatchObject({ name: "Ann", emails: ["ann@example.com"] });
});

test.concurrent("takes JSONL whose lines have different columns, and goes on behind lines that are none", async () => {
  await using desk = await setUp();
  const lines = [
    '{"text":"first","id":7}',
    '{"text":"cut off',
    "",
    '["no object"]',
    '{"text":["a","b"]}',
    '{"id":8,"label":"late","body":"second"}',
  ];
  const { code, stdout, stderr } = await desk.run(await desk.folder.write("a.jsonl", lines.join("\n")));
  expect(code).toBe(1);
  expect(stderr.match(/Mapping: .*/g)).toEqual([
    'Mapping: external_id from "id", description from "text"',
    'Mapping: description from "body", label from "label"',
  ]);
  expect(stdout).toContain("line 2: row: is not JSON");
  expect(stdout).toContain("line 4: row: is not a JSON object");
  expect(stdout).toContain("line 5: description: must be a text or a number, not a list or an object");
  const tickets = await desk.tickets();
  expect(tickets.map(({ externalId, description, tags }) => [externalId, description, tags])).toEqual([
    ["7", "first", []],
    ["8", "second", ["late"]],
  ]);
});

test.concurrent("takes fields from the columns that are named, and none where a field is left out", async () => {
  await using desk = await setUp();
  const file = await desk.folder.write("a.csv", "text,what happened,label\nshort,long,x\n");
  await desk.run(file, "--map", "description=what happened", "--map", "subject=text", "--map", "label=");
  const [ticket] = await desk.tickets();
  expect(ticket).toMatchObject({ subject: "short", description: "long", tags: [] });
});

test.concurrent("names the columns where none looks like what the customer wrote, and takes nothing", async () => {
  await using desk = await setUp();
  const { code, stderr } = await desk.run(await desk.folder.write("a.csv", "a,b\n1,2\n"));
  expect(stderr).toContain("The file's columns are: a, b. Name the one with --map description=COLUMN.");
  expect(code).toBe(1);
  expect(await desk.tickets()).toEqual([]);
});

test.concurrent("refuses bad rows line by line, takes the others, and keeps the refused in a file", async () => {
  await using desk = await setUp();
  const rows = [
    "text,email,created",
    "good,,",
    "too,few",
    '"over\ntwo lines",nobody,',
    '"   ",,',
    "no such day,,2023-02-29",
    "nul \0,,",
    "good too,,",
  ];
  const refused = desk.folder.path("refused.csv");
  const { code, stdout } = await desk.run(await desk.folder.write("a.csv", rows.join("\n")), "--refused", refused);
  expect(code).toBe(1);
  expect(stdout).toContain("7 rows");
  expect(stdout.match(/line \d+: \w+/g)).toEqual([
    "line 3: row",
    "line 4: customer_email",
    "line 6: description",
    "line 7: create_time",
    "line 8: description",
  ]);
  expect((await readFile(refused, "utf8")).split("\n")).toEqual([
    "line,field,problem",
    '"3","row","has 2 fields, but the header has 3"',
    ...Array(4).fill(expect.stringMatching(/^"\d","\w+",".+"$/)),
    "",
  ]);
  expect((await desk.tickets()).map(({ description }) => description)).toEqual(["good", "good too"]);
});

test.concurrent("shows the first twenty refused rows and says how to get the rest", async () => {
  await using desk = await setUp();
  const file = await desk.folder.write("a.csv", `text,priority\n${"x,asap\n".repeat(25)}`);
  const { stdout } = await desk.run(file);
  expect(stdout.match(/line \d+/g)).toHaveLength(20);
  expect(stdout).toContain("line 2: priority: must be in list [low, normal, high, urgent]");
  expect(stdout).toContain("… and 5 more; keep them all in a file with --refused FILE");
});

test.concurrent("gives a row that a file has three times three tickets, in however many batches, and the file again none", async () => {
  await using desk = await setUp();
  const file = await desk.folder.write("a.csv", "text\nsame\nother\nsame\nsame\n");
  const first = await desk.run(file, "--batch", "2");
  expect(first.stdout).toContain("4 taken, 0 already there");
  const second = await desk.run(file, "--batch", "3");
  expect(second.stdout).toContain("0 taken, 4 already there");
  expect(second.code).toBe(0);
  expect((await desk.tickets()).map(({ description }) => description)).toEqual(["same", "other", "same", "same"]);
});

test.concurrent("takes the first of two rows with one key", async () => {
  await using desk = await setUp();
  const { stdout } = await desk.run(await desk.folder.write("a.csv", "id,text\n1,first\n1,second\n"));
  expect(stdout).toContain("1 taken, 1 already there");
  expect((await desk.tickets()).map(({ description }) => description)).toEqual(["first"]);
});

test.concurrent("adds a customer whose address or name is longer than the CRM's names and keys", async () => {
  await using desk = await setUp();
  const domain = `${"d".repeat(60)}.`.repeat(3);
  const file = await desk.folder.write(
    "a.csv",
    `text,email,name\na,${"e".repeat(60)}@${domain}com,\nb,,${"n".repeat(200)}\n`,
  );
  const { stdout } = await desk.run(file);
  expect(stdout).toContain("2 taken");
});

test.concurrent("writes nothing in a dry run, which needs no desk", async () => {
  await using folder = await openFolder();
  const file = await folder.write("a.csv", "text,email\nfine,\nbad,nobody\n");
  const { code, stdout } = await runImport(file, "--dry-run", "--url", `http://127.0.0.1:${await freePort()}`);
  expect(stdout).toContain("1 taken, 0 already there, 1 refused");
  expect(stdout).toContain("line 3: customer_email");
  expect(stdout).toContain("A dry run: nothing was written.");
  expect(code).toBe(1);
});

test.concurrent("says how to start a desk where none answers", async () => {
  await using folder = await openFolder();
  const url = `http://127.0.0.1:${await freePort()}`;
  const { code, stderr } = await runImport(await folder.write("a.csv", "text\na\n"), "--url", url);
  expect(stderr).toContain(`No desk answers at ${url}`);
  expect(stderr).toContain("Start one with `npm start`");
  expect(code).toBe(1);
});

test.concurrent("stops at a quote that is never closed, says where, and keeps what came before", async () => {
  await using desk = await setUp();
  const file = await desk.folder.write("a.csv", `text\nfine\n"open\n${"x\n".repeat(1_000)}`);
  const { code, stdout, stderr } = await desk.run(file);
  expect(stderr).toContain("The row after line 2 does not end");
  expect(stdout).toContain("1 taken");
  expect(code).toBe(1);
});

test.concurrent.each([
  [["--help"], 0, "--dry-run"],
  [[], 1, "Name one file to import"],
  [["nowhere.csv"], 1, "Cannot read nowhere.csv"],
  [["package.json", "--format", "jsonl", "--refused", "./package.json"], 1, "would be overwritten"],
  [["a.csv", "--colour", "red"], 1, "See --help"],
])("answers to %j with %i", async (args, code, message) => {
  const ended = await runImport(...args);
  expect(ended.stdout + ended.stderr).toContain(message);
  expect(ended.code).toBe(code);
});
