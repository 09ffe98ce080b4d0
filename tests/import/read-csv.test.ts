// The CSV reader: what was written by the rules of RFC 4180 comes out as it went in, with the right line numbers.
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileRow, UnreadableRow } from "../../scripts/import/file-row.ts";
import { readCsv } from "../../scripts/import/read-csv.ts";

async function read(bytes: Buffer, chunk = 7): Promise<(FileRow | UnreadableRow)[]> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  );
  return Array.fromAsync(readCsv(Readable.from(pieces), () => {}));
}

const field = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", " ", "é", "🙂"), maxLength: 8 }),
);
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const lineBreaks = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0;

test("gives back fields and the lines where rows begin, however the bytes come", async () => {
  const table = fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 40 }),
      async (rows, end, chunk) => {
        const records = ["a,b", ...rows.map((row) => row.map(quoted).join(","))];
        const readBack = await read(Buffer.from(records.map((record) => record + end).join("")), chunk);
        let line = 2;
        const expected = rows.map((values) => {
          const begins = line;
          line += 1 + lineBreaks(values.join(","));
          return { line: begins, columns: ["a", "b"], values };
        });
        expect(readBack).toEqual(expected);
      },
    ),
    { numRuns: 200 },
  );
});

test("counts empty lines, and reads UTF-16 with its byte order mark", async () => {
  const rows = await read(Buffer.from("\uFEFFa,b\n\n1,2\n\n\n3,4", "utf16le"));
  expect(rows.map((row) => [row.line, "values" in row && row.values])).toEqual([
    [3, ["1", "2"]],
    [6, ["3", "4"]],
  ]);
});

test("takes quotes within a field as they are", async () => {
  const rows = await read(Buffer.from('a,b\nsaid "no",x\n"no" said,y\n'));
  expect(rows).toMatchObject([{ values: ['said "no"', "x"] }, { values: ['"no" said', "y"] }]);
});

test("wants a header", async () => {
  await expect(read(Buffer.from("\n\n"))).rejects.toThrow("its first line must name the columns");
});

test("does not read on for ever behind a quote that is never closed", async () => {
  const endless = async function* () {
    yield 'a,b\n1,"';
    while (true) yield "x".repeat(64 * 1024);
  };
  const reading = Array.fromAsync(readCsv(Readable.from(endless(), { objectMode: false }), () => {}));
  await expect(reading).rejects.toThrow("The row after line 1 does not end");
});
