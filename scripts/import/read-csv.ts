// CSV as in RFC 4180: a header line, quotes, fields of several lines. Bad rows are reported, and the reading goes on.
import type { Readable } from "node:stream";
import { Code } from "@connectrpc/connect";
import { type Info, parse } from "csv-parse";
import { fail } from "../../runtime/errors.ts";
import { type FileRow, MAX_ROW_CHARACTERS, type UnreadableRow } from "./file-row.ts";

/** Where records begin. csv-parse says where they end, and counts CRLF within quotes as two lines. */
class LineCounter {
  #surplus = 0;
  /** The last line of the record before. */
  end = 0;

  begin(fields: readonly string[], { lines }: Pick<Info, "lines">): number {
    const text = fields.join();
    const crlf = text.match(/\r\n/g)?.length ?? 0;
    this.#surplus += crlf;
    this.end = lines - this.#surplus;
    return this.end + crlf - (text.match(/[\r\n]/g)?.length ?? 0);
  }
}

/**
 * Reads the rows of a CSV file, as they come. Bytes are UTF-8, or UTF-16 with its byte order mark. A quote within a field
 * that is not quoted is taken as it is.
 *
 * @param checkHeader is given the columns before any row, and may throw
 * @throws ConnectError `CSV_NO_HEADER` for an empty file; `CSV_ROW_UNENDING`, after all rows before it, where a row does
 *   not end
 */
export async function* readCsv(
  input: Readable,
  checkHeader: (columns: readonly string[]) => void,
): AsyncGenerator<FileRow | UnreadableRow> {
  let broken = false;
  const parser = parse({
    bom: true,
    info: true,
    max_record_size: MAX_ROW_CHARACTERS,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    // Only so that the rows before are not lost: an error would drop those that are read and not yet asked for.
    skip_records_with_error: true,
    on_skip() {
      if (!broken) input.unpipe(parser).destroy();
      broken = true;
      parser.end();
      return undefined;
    },
  });
  input.on("error", (error) => parser.destroy(error));
  const lines = new LineCounter();
  let header: readonly string[] | undefined;
  for await (const { record, info } of input.pipe(parser) as AsyncIterable<{ record: string[]; info: Info }>) {
    const line = lines.begin(record, info);
    if (!header) {
      header = record.map((name) => name.trim());
      checkHeader(header);
    } else if (record.length === header.length) yield { line, columns: header, values: record };
    else yield { line, problem: `has ${record.length} fields, but the header has ${header.length}` };
  }
  if (broken) {
    throw fail(
      Code.InvalidArgument,
      "CSV_ROW_UNENDING",
      `The row after line ${lines.end} does not end: a quote in it is never closed, or it is longer than ${MAX_ROW_CHARACTERS} characters. Nothing behind that line was read. Mend it and import the file again; what was taken is not taken twice.`,
    );
  }
  if (!header) {
    throw fail(Code.InvalidArgument, "CSV_NO_HEADER", "The file has no header: its first line must name the columns.");
  }
}
