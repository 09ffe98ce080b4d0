// JSONL: one JSON object a line.
import type { Readable } from "node:stream";
import { type FileRow, MAX_ROW_CHARACTERS, type UnreadableRow } from "./file-row.ts";

/** Splits a text into lines; of a line that is too long it gives the beginning, and drops the rest. */
async function* splitLines(input: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of input.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = chunk.split("\n");
    lines[0] = rest + lines[0];
    rest = (lines.pop() ?? "").slice(0, MAX_ROW_CHARACTERS + 1);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function readLine(text: string, line: number): FileRow | UnreadableRow {
  if (text.length > MAX_ROW_CHARACTERS) {
    return { line, problem: `is longer than ${MAX_ROW_CHARACTERS} characters: one JSON object a line is expected` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line, problem: `is not JSON: ${(error as Error).message}` };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return { line, problem: "is not a JSON object" };
  }
  return { line, columns: Object.keys(value), values: Object.values(value) };
}

/** Reads the rows of a JSONL file, as they come; empty lines are passed over. */
export async function* readJsonl(input: Readable): AsyncGenerator<FileRow | UnreadableRow> {
  let line = 0;
  for await (const text of splitLines(input)) {
    line += 1;
    const content = line === 1 ? text.replace(/^\uFEFF/, "") : text;
    if (content.trim() !== "") yield readLine(content, line);
  }
}
