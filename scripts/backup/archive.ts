// The file of a backup: gzip over lines of JSON, the same whichever database it came from, readable by any program.
import { createReadStream } from "node:fs";
import { access, open, rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Value } from "../../runtime/database/snapshot.ts";
import { fail } from "../../runtime/errors.ts";

/** Moves on when an older program could not read a new file. */
export const FORMAT = 1;

/** In place of a file: standard output, or standard input. */
export const STANDARD_STREAM = "-";

const CHUNK_CHARACTERS = 65_536;

/** A line of the file: what follows, or a row of the table that was named last. */
export type Line =
  | { readonly deskwire_backup: number; readonly time: string }
  | { readonly database: string; readonly migrations: readonly string[] }
  | { readonly table: string; readonly columns: readonly string[] }
  | { readonly row: readonly Value[] }
  | { readonly end: { readonly rows: number } };

/** JSON has neither bytes nor integers of any size. */
function toJson(value: Value): unknown {
  if (typeof value === "bigint") return { int: String(value) };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
  return value;
}

function fromJson(value: unknown): Value {
  if (value === null || typeof value !== "object") return value as Value;
  if ("int" in value) return BigInt(String(value.int));
  if ("bytes" in value) return Buffer.from(String(value.bytes), "base64");
  throw new TypeError(`unknown value ${JSON.stringify(value)}`);
}

function toText(line: Line): string {
  return `${JSON.stringify("row" in line ? line.row.map(toJson) : line)}\n`;
}

function fromText(text: string): Line {
  const line = JSON.parse(text);
  return Array.isArray(line) ? { row: line.map(fromJson) } : line;
}

/** A call of the compressor for every row would cost more than the compressing. */
async function* inChunks(lines: AsyncIterable<Line>): AsyncGenerator<string> {
  let chunk = "";
  for await (const line of lines) {
    chunk += toText(line);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = "";
  }
  yield chunk;
}

async function* splitLines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of texts) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/**
 * Writes a file (`-`: to standard output), which appears under its name when it is whole and on the disk.
 *
 * @throws ConnectError `already_exists` (FILE_EXISTS) unless `overwrite`; `invalid_argument` (FILE_UNWRITABLE)
 */
export async function writeArchive(file: string, overwrite: boolean, lines: AsyncIterable<Line>): Promise<void> {
  if (file === STANDARD_STREAM) return pipeline(inChunks(lines), createGzip(), process.stdout);
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  if (exists && !overwrite) {
    throw fail(Code.AlreadyExists, "FILE_EXISTS", `${file} exists. Choose another name, or overwrite it with --force.`);
  }
  const partial = `${file}.partial`;
  // Customers' data: for the eyes of whoever runs the backup.
  const handle = await open(partial, "w", 0o600).catch((error: Error) => {
    throw fail(Code.InvalidArgument, "FILE_UNWRITABLE", `Cannot write ${file}: ${error.message}.`);
  });
  try {
    await pipeline(inChunks(lines), createGzip(), handle.createWriteStream({ flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * Reads a file (`-`: standard input).
 *
 * @throws ConnectError `not_found` (FILE_UNREADABLE); `data_loss` (BACKUP_DAMAGED) where it is not a backup, cut off or
 *   altered; `failed_precondition` (BACKUP_NEWER) where a newer version wrote it
 */
export async function* readArchive(file: string): AsyncGenerator<Line> {
  const gunzip = createGunzip();
  // Its errors come out of the stream that is read.
  pipeline(file === STANDARD_STREAM ? process.stdin : createReadStream(file), gunzip).catch(() => {});
  gunzip.setEncoding("utf8");
  let count = 0;
  let rows = 0;
  let ended = false;
  try {
    for await (const text of splitLines(gunzip)) {
      const line = fromText(text);
      if (count++ === 0) assertReadable(line);
      if ("row" in line) rows++;
      if ("end" in line) ended = line.end.rows === rows;
      yield line;
    }
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    const isMalformed = error instanceof SyntaxError || error instanceof TypeError || code.startsWith("Z_");
    if (isMalformed) throw damaged(file, message);
    if (/^E[A-Z]+$/.test(code)) throw fail(Code.NotFound, "FILE_UNREADABLE", `Cannot read ${file}: ${message}.`);
    throw error;
  }
  if (!ended) throw damaged(file, "its end is missing");
}

function assertReadable(line: Line): void {
  if (!("deskwire_backup" in line)) throw new SyntaxError("it is no backup of Deskwire");
  if (line.deskwire_backup === FORMAT) return;
  throw fail(
    Code.FailedPrecondition,
    "BACKUP_NEWER",
    "A newer version wrote this backup. Restore it with that version.",
  );
}

function damaged(file: string, problem: string) {
  return fail(
    Code.DataLoss,
    "BACKUP_DAMAGED",
    `${file} cannot be read: ${problem}. Nothing was restored; take another backup.`,
  );
}
