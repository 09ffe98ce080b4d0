// `npm run import`: tickets from a CSV or JSONL file into a running desk.
import { open } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { addAbortSignal, type Readable } from "node:stream";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import type { ImportRow } from "#gen/deskwire/ticket/v1/import_pb.js";
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { clientOptions } from "../services/access.ts";
import { assertMapped, FIELDS, type Overrides, parseOverrides } from "./import/columns.ts";
import { BATCH_ROWS, RemoteDesk } from "./import/desk.ts";
import type { FileRow, UnreadableRow } from "./import/file-row.ts";
import { readCsv } from "./import/read-csv.ts";
import { readJsonl } from "./import/read-jsonl.ts";
import { Report } from "./import/report.ts";
import { type Refusal, RowBuilder } from "./import/to-import-row.ts";

const HELP = `npm run import -- FILE [options]
Imports tickets from a file into a running desk, one ticket a row. Rows that break a rule are refused and reported, the
others are taken. The same file again adds nothing; an import that was cut off goes on when it is run again.

FILE               CSV with a header line, or JSONL; - reads standard input
  --format FORMAT  csv or jsonl; by the file's name if left out
  --map FIELD=COL  take a field from this column; from none with FIELD= alone; may be repeated
  --url URL        the desk; DESKWIRE_URL, or http://127.0.0.1:8080, if left out
  --batch N        rows sent at once, 1 to ${BATCH_ROWS}, which is what it is if left out
  --refused FILE   write the refused rows to this CSV file: line, field, problem
  --dry-run        check all rows, and write nothing; needs no desk
  -h, --help       this text

Fields: ${FIELDS.join(", ")}.
Columns with the usual names are found by themselves: text or body, title, email, id, created_at, …
Rows without an external_id are told apart by all they say: change a row, or its mapping, and it is another ticket.
Exit code: 0 all rows are in the desk, 1 some were refused or something failed, 130 stopped by Ctrl-C.`;

type Rows = AsyncGenerator<FileRow | UnreadableRow>;

/** What a batch is cut off at where rows are long. */
const BATCH_CHARACTERS = 10_000_000;
const STOPPED = 130;
const FORMATS: Readonly<Record<string, (input: Readable, overrides: Overrides) => Rows>> = {
  csv: (input, overrides) => readCsv(input, (columns) => assertMapped(columns, overrides)),
  jsonl: readJsonl,
};
const EXTENSIONS: Readonly<Record<string, string>> = { ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl" };

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      format: { type: "string" },
      map: { type: "string", multiple: true, default: [] },
      url: { type: "string" },
      batch: { type: "string", default: String(BATCH_ROWS) },
      refused: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [file = "", ...others] = positionals;
  return { ...values, file, others };
}

function wrongUsage(message: string) {
  return fail(Code.InvalidArgument, "USAGE_WRONG", `${message}\nSee npm run import -- --help.`);
}

async function openInput(file: string): Promise<Readable> {
  if (file === "-") return process.stdin;
  try {
    const handle = await open(file);
    if ((await handle.stat()).isDirectory()) throw new Error("it is a directory");
    return handle.createReadStream();
  } catch (error) {
    throw fail(Code.NotFound, "FILE_UNREADABLE", `Cannot read ${file}: ${(error as Error).message}.`);
  }
}

const isRefusal = (row: ImportRow | Refusal): row is Refusal => "field" in row;

async function* inBatches(rows: Rows, builder: RowBuilder, size: number): AsyncGenerator<(ImportRow | Refusal)[]> {
  let batch: (ImportRow | Refusal)[] = [];
  let characters = 0;
  let failure: { error: unknown } | undefined;
  try {
    for await (const row of rows) {
      const built = builder.build(row);
      batch.push(built);
      if (!isRefusal(built)) characters += built.description.length;
      if (batch.length < size && characters < BATCH_CHARACTERS) continue;
      yield batch;
      batch = [];
      characters = 0;
    }
  } catch (error) {
    failure = { error };
  }
  // What was read before the file broke off is sound.
  if (batch.length > 0) yield batch;
  if (failure) throw failure.error;
}

/** Works on the next item while the one before is in use: the file is read while the desk writes. */
async function* oneAhead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  const start = () => {
    const next = items.next();
    // An error waits until the items before it are done with.
    next.catch(() => {});
    return next;
  };
  for (let next = start(); ; ) {
    const { value, done } = await next;
    if (done) return;
    next = start();
    yield value;
  }
}

interface Import {
  readonly rows: Rows;
  readonly overrides: Overrides;
  readonly batchSize: number;
  /** Undefined for a trial that writes nothing. */
  readonly desk: RemoteDesk | undefined;
  readonly report: Report;
}

async function importRows({ rows, overrides, batchSize, desk, report }: Import): Promise<void> {
  const builder = new RowBuilder(overrides, (mapping) => {
    report.note(`Mapping: ${[...mapping].map(([field, column]) => `${field} from "${column}"`).join(", ")}`);
  });
  for await (const batch of oneAhead(inBatches(rows, builder, batchSize))) {
    const refused = batch.filter(isRefusal);
    const sound = batch.filter((row): row is ImportRow => !isRefusal(row));
    const answer = desk && sound.length > 0 ? await desk.take(sound) : undefined;
    for (const { line, field, message } of answer?.refused ?? []) refused.push({ line, field, message });
    refused.sort((a, b) => Number(a.line - b.line));
    const present = answer?.imported.filter(({ alreadyPresent }) => alreadyPresent).length ?? 0;
    report.add((answer?.imported.length ?? sound.length) - present, present, refused);
  }
  const [missing] = builder.columnsNotSeen;
  if (missing !== undefined) report.note(`No row had the column "${missing}" that --map names.`);
}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return console.log(HELP);
  const { file } = options;
  if (file === "" || options.others.length > 0) throw wrongUsage("Name one file to import.");
  const format = options.format ?? EXTENSIONS[extname(file).toLowerCase()] ?? "";
  const read = FORMATS[format];
  if (!read) throw wrongUsage(`Say what ${file === "-" ? "standard input" : file} is: --format csv or --format jsonl.`);
  const batchSize = Number(options.batch);
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > BATCH_ROWS) {
    throw wrongUsage(`--batch ${options.batch} is not allowed: 1 to ${BATCH_ROWS} rows.`);
  }
  if (options.refused !== undefined && resolve(options.refused) === resolve(file)) {
    throw wrongUsage("--refused names the file to import, which would be overwritten. Name another.");
  }
  const overrides = parseOverrides(options.map);

  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const input = addAbortSignal(stop.signal, await openInput(file));
  const report = new Report(options.refused);
  const config = readConfig();
  const desk = options["dry-run"]
    ? undefined
    : new RemoteDesk(options.url ?? config.DESKWIRE_URL, stop.signal, (message) => report.note(message), {
        remote: clientOptions(config),
      });
  await desk?.assertThere();
  try {
    await importRows({ rows: read(input, overrides), overrides, batchSize, desk, report });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    report.note(
      "Stopped; the batch under way may have been taken too. Run the same command again to go on: only the rest is added.",
    );
    process.exitCode = STOPPED;
  } finally {
    input.destroy();
    report.end();
  }
  if (!desk) console.log("A dry run: nothing was written.");
  if (report.refused > 0) process.exitCode ??= 1;
}

await runCommand(() => main(process.argv.slice(2)));
