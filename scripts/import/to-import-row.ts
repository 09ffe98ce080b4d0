// From a row of a file to a row of the contract.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ImportRow, ImportRowSchema, type RefusedRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { contentHash, refusal } from "../../services/ticket/import/row.ts";
import { mapColumns, type Overrides } from "./columns.ts";
import type { FileRow, UnreadableRow } from "./file-row.ts";

/** A row that cannot be taken: where it begins, the field that is wrong, and why. */
export type Refusal = Required<Omit<MessageInitShape<typeof RefusedRowSchema>, "$typeName" | "$unknown">>;

/** What the fields of a row are called in a message, by their names in the contract. */
const LOCAL_NAMES = new Map(ImportRowSchema.fields.map(({ name, localName }) => [name, localName]));

const enumName = (text: string) => text.toLowerCase().replace(/[\s-]+/g, "_");

/** Days and times without a zone, as databases and spreadsheets write them, become RFC 3339 in UTC. */
function rfc3339(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00Z`;
  const [, day, time, seconds] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?$/.exec(text) ?? [];
  return day ? `${day}T${time}${seconds ?? ":00"}Z` : text;
}

const TIDY: Readonly<Record<string, (text: string) => string>> = {
  description: (text) => (text.trim() === "" ? "" : text),
  priority: (text) => enumName(text.trim()),
  status: (text) => enumName(text.trim()),
  create_time: (text) => rfc3339(text.trim()),
};

/** Turns the rows of one file into rows to import, in the order of the file. */
export class RowBuilder {
  readonly #overrides: Overrides;
  readonly #onMapping: (mapping: ReadonlyMap<string, string>) => void;
  readonly #announced = new Set<string>();
  readonly #occurrences = new Map<string, bigint>();
  #columns: readonly string[] = [];
  #mapping = new Map<string, number>();

  /** `onMapping` is told field to column whenever a row brings a column that none had before. */
  constructor(overrides: Overrides, onMapping: (mapping: ReadonlyMap<string, string>) => void) {
    this.#overrides = overrides;
    this.#onMapping = onMapping;
  }

  #map(columns: readonly string[]): Map<string, number> {
    if (columns === this.#columns) return this.#mapping;
    this.#columns = columns;
    this.#mapping = mapColumns(columns, this.#overrides);
    const mapped = [...this.#mapping].map(([field, index]) => [field, columns[index] ?? ""] as const);
    const news = new Map(mapped.filter((pair) => !this.#announced.has(String(pair))));
    for (const pair of news) this.#announced.add(String(pair));
    if (news.size > 0) this.#onMapping(news);
    return this.#mapping;
  }

  /** Columns that the user named and that no row had. */
  get columnsNotSeen(): string[] {
    const pairs = [...this.#overrides].filter((pair) => pair[1] !== "" && !this.#announced.has(String(pair)));
    return pairs.map(([, column]) => column);
  }

  /** A row to import, with the line and the count of rows like it so far, or why it is none. */
  build(row: FileRow | UnreadableRow): ImportRow | Refusal {
    const line = BigInt(row.line);
    if ("problem" in row) return { line, field: "row", message: row.problem };
    const init: Record<string, string> = {};
    for (const [field, index] of this.#map(row.columns)) {
      const value = row.values[index] ?? "";
      if (typeof value === "object")
        return { line, field, message: "must be a text or a number, not a list or an object" };
      const tidy = TIDY[field] ?? ((text: string) => text.trim());
      init[LOCAL_NAMES.get(field) ?? ""] = tidy(String(value));
    }
    const message = create(ImportRowSchema, init);
    const refused = refusal(message);
    if (refused) return { line, field: refused.field ?? "", message: refused.message ?? "" };
    return Object.assign(message, { line, occurrence: message.externalId ? 0n : this.#count(message) });
  }

  /** Counted over the whole file, because the desk sees one batch of it at a time. */
  #count(message: ImportRow): bigint {
    const hash = contentHash(message);
    const occurrence = (this.#occurrences.get(hash) ?? 0n) + 1n;
    this.#occurrences.set(hash, occurrence);
    return occurrence;
  }
}
