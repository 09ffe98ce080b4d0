// Which column of a file becomes which field of a ticket: guessed from the columns' names, or said by the user.
import { Code } from "@connectrpc/connect";
import { ImportRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { fail } from "../../runtime/errors.ts";

/** Names under which other systems export a field, the most telling first; compared without case, spaces and marks. */
const USUAL_NAMES: Readonly<Record<string, readonly string[]>> = {
  external_id: ["external_id", "ticket_id", "complaint_id", "id", "key"],
  subject: ["subject", "title", "headline", "summary"],
  description: [
    "description",
    "text",
    "body",
    "message",
    "content",
    "complaint",
    "consumer_complaint_narrative",
    "narrative",
    "comment",
    "review",
  ],
  customer_email: ["customer_email", "email", "email_address", "mail", "requester_email", "sender_email"],
  customer_name: ["customer_name", "name", "full_name", "customer", "requester", "author"],
  label: ["label", "category", "tag", "intent", "topic", "class"],
  priority: ["priority", "urgency"],
  status: ["status"],
  create_time: ["create_time", "created_at", "created", "creation_date", "opened_at", "submitted_at", "timestamp"],
  source: ["source", "origin"],
};

/** The fields that columns can be mapped to, by their names in the contract. */
export const FIELDS: readonly string[] = ImportRowSchema.fields.map(({ name }) => name).filter((f) => f in USUAL_NAMES);

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Field to column, as the user said it; an empty column leaves the field out. */
export type Overrides = ReadonlyMap<string, string>;

/**
 * Reads `field=column` pairs.
 *
 * @throws ConnectError `MAPPING_INVALID` for anything else, naming the fields there are
 */
export function parseOverrides(pairs: readonly string[]): Overrides {
  const parsed = pairs.map((pair) => /^([^=]+)=(.*)$/s.exec(pair)?.slice(1) ?? [pair]) as [string, string?][];
  for (const [field, column] of parsed) {
    if (column !== undefined && FIELDS.includes(field)) continue;
    const problem = column === undefined ? `--map ${field} names no column` : `There is no field ${field}`;
    throw fail(
      Code.InvalidArgument,
      "MAPPING_INVALID",
      `${problem}. Write --map field=column with one of the fields ${FIELDS.join(", ")}; nothing after the = leaves a field out.`,
    );
  }
  return new Map(parsed as [string, string][]);
}

/** Field to the index of its column. A column serves one field; what the user said goes before what is guessed. */
export function mapColumns(columns: readonly string[], overrides: Overrides): Map<string, number> {
  const names = columns.map(plain);
  const chosen = new Map<string, number>();
  for (const [field, column] of overrides) {
    const index = columns.indexOf(column);
    if (index >= 0) chosen.set(field, index);
  }
  const said = new Set(chosen.values());
  for (const field of FIELDS) {
    if (overrides.has(field)) continue;
    for (const usual of USUAL_NAMES[field] ?? []) {
      const index = names.indexOf(plain(usual));
      if (index < 0 || said.has(index)) continue;
      chosen.set(field, index);
      break;
    }
  }
  return chosen;
}

/**
 * Checks the mapping of a file whose columns are known from its first line.
 *
 * @throws ConnectError `COLUMN_MISSING` where a column that the user named is not there, or none holds the description
 */
export function assertMapped(columns: readonly string[], overrides: Overrides): void {
  const absent = [...overrides.values()].find((column) => column !== "" && !columns.includes(column));
  const there = `The file's columns are: ${columns.join(", ")}.`;
  if (absent !== undefined) {
    throw fail(Code.InvalidArgument, "COLUMN_MISSING", `The file has no column "${absent}". ${there}`);
  }
  if (mapColumns(columns, overrides).has("description")) return;
  throw fail(
    Code.InvalidArgument,
    "COLUMN_MISSING",
    `No column looks like what the customer wrote. ${there} Name the one with --map description=COLUMN.`,
  );
}
