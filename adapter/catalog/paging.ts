// "87 more": what a page of a list says of the rest, taken from the names that AIP-158 gives its fields.
import type { DescField, DescMessage, DescMethod, Message } from "@bufbuild/protobuf";
import { type ReflectList, reflect } from "@bufbuild/protobuf/reflect";
import { shownFields } from "./message-schema.ts";
import { count, listOf } from "./words.ts";

/** Totals are exact up to here; a larger one only means "more". */
const EXACT_UP_TO = 1_000;
/** What steers a list without narrowing it. */
const STEERING = new Set([
  "page_token",
  "page_size",
  "order",
  "order_by",
  "skip",
  "request_id",
  "response_format",
  "read_mask",
  "view",
]);

/** Tells what is beyond a page; undefined on the last one. */
export type More = (request: Message, response: Message) => string | undefined;

function named(desc: DescMessage, name: string): DescField | undefined {
  return desc.fields.find((field) => field.name === name);
}

function beyond(total: number, shown: number, first: boolean): string {
  if (total > EXACT_UP_TO) return `There are more than ${count(EXACT_UP_TO)} in all.`;
  return first ? `${count(total - shown)} more (${count(total)} in all).` : `There are more (${count(total)} in all).`;
}

/** How a method's results say that there are more; undefined for a method that does not page. */
export function moreOf(method: DescMethod): More | undefined {
  const { input, output } = method;
  const next = named(output, "next_page_token");
  const token = named(input, "page_token");
  if (next?.fieldKind !== "scalar" || token?.fieldKind !== "scalar") return undefined;
  const total = named(output, "total_size");
  const [list] = output.fields.filter(({ fieldKind }) => fieldKind === "list");
  const filters = shownFields(input, "input").filter(({ name }) => !STEERING.has(name));
  const narrow = filters.length > 0 ? `, or narrow with ${listOf(filters.map(({ name }) => name))}` : "";
  return (request, response) => {
    const asked = reflect(input, request, false);
    const answered = reflect(output, response, false);
    if (!answered.get(next)) return undefined;
    const shown = list ? (answered.get(list) as ReflectList).size : 0;
    const known = total?.fieldKind === "scalar" && list ? Number(answered.get(total)) : 0;
    const rest = known > 0 ? beyond(known, shown, !asked.get(token)) : "There are more.";
    return `${rest} Call again with page_token set to next_page_token for the next page${narrow}.`;
  };
}
