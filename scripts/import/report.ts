// What the user sees of an import: progress on stderr, and at the end what was taken and what was not.
import { closeSync, openSync, writeSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { fail } from "../../runtime/errors.ts";
import type { Refusal } from "./to-import-row.ts";

const SHOWN = 20;
const LIVE_MS = 100;
const LINE_MS = 5_000;

const number = (value: number) => value.toLocaleString("en-US");
const quote = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;

function openFile(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw fail(Code.InvalidArgument, "FILE_UNWRITABLE", `Cannot write ${path}: ${(error as Error).message}.`);
  }
}

/** Counts, tells, and keeps the refused rows in a file where there is one to keep them in. */
export class Report {
  readonly #started = performance.now();
  readonly #first: Refusal[] = [];
  readonly #path: string | undefined;
  readonly #file: number | undefined;
  readonly #live = process.stderr.isTTY === true;
  #told = this.#started;
  #taken = 0;
  #present = 0;
  #refused = 0;

  /**
   * @param refusedFile CSV to write, with the columns line, field and problem
   * @throws ConnectError `FILE_UNWRITABLE`
   */
  constructor(refusedFile: string | undefined) {
    if (refusedFile === undefined) return;
    this.#path = refusedFile;
    this.#file = openFile(refusedFile);
    writeSync(this.#file, "line,field,problem\n");
  }

  get refused(): number {
    return this.#refused;
  }

  get #counts(): string {
    const rows = this.#taken + this.#present + this.#refused;
    const rate = Math.round((rows * 1_000) / (performance.now() - this.#started));
    return `${number(rows)} rows (${number(rate)}/s): ${number(this.#taken)} taken, ${number(this.#present)} already there, ${number(this.#refused)} refused`;
  }

  /** Adds what became of a batch. `refusals` in the order of their lines. */
  add(taken: number, present: number, refusals: readonly Refusal[]): void {
    this.#taken += taken;
    this.#present += present;
    this.#refused += refusals.length;
    this.#first.push(...refusals.slice(0, SHOWN - this.#first.length));
    if (this.#file !== undefined) {
      const lines = refusals.map(({ line, field, message }) => `${[line, field, message].map(quote).join(",")}\n`);
      writeSync(this.#file, lines.join(""));
    }
    const now = performance.now();
    if (now - this.#told < (this.#live ? LIVE_MS : LINE_MS)) return;
    this.#told = now;
    process.stderr.write(this.#live ? `\r\x1b[K${this.#counts}` : `${this.#counts}\n`);
  }

  /** Writes a line of its own to stderr. */
  note(message: string): void {
    process.stderr.write(`${this.#live ? "\r\x1b[K" : ""}${message}\n`);
  }

  /** Writes the summary to stdout, and closes the file. */
  end(): void {
    if (this.#live) process.stderr.write("\r\x1b[K");
    const seconds = ((performance.now() - this.#started) / 1_000).toFixed(1);
    console.log(`${this.#counts}, in ${seconds} s`);
    for (const { line, field, message } of this.#first) console.log(`  line ${line}: ${field}: ${message}`);
    if (this.#refused > SHOWN) {
      const where = this.#path === undefined ? "keep them all in a file with --refused FILE" : `see ${this.#path}`;
      console.log(`  … and ${number(this.#refused - SHOWN)} more; ${where}`);
    }
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
