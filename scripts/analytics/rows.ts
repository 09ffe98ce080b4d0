// Labelled texts from CSV files with the columns text, label and source.
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { parse } from "csv-parse/sync";
import { fail } from "../../runtime/errors.ts";

/** One labelled text. */
export interface Row {
  readonly text: string;
  readonly label: string;
  readonly source: string;
}

/** The rows of a file, and the SHA-256 of its bytes. */
export interface DataFile {
  readonly name: string;
  readonly sha256: string;
  readonly rows: readonly Row[];
}

/** Reads `NAME.csv` of a folder. Throws FILE_UNREADABLE where it is missing or lacks a column. */
export function readData(folder: string, name: string): DataFile {
  const path = join(folder, `${name}.csv`);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const way = "Give the folder that holds the CSV files: --data DIR (docs/analytics.md lists them).";
    throw fail(Code.NotFound, "FILE_UNREADABLE", `Cannot read ${path}: ${(error as Error).message}. ${way}`);
  }
  const rows: Row[] = parse(bytes, { columns: true });
  if (rows.some(({ text, label, source }) => text === undefined || label === undefined || source === undefined)) {
    throw fail(Code.InvalidArgument, "FILE_UNREADABLE", `${path} needs the columns text, label and source.`);
  }
  return { name, sha256: hash("sha256", bytes, "hex"), rows };
}
