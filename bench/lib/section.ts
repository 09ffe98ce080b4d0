// Sections of a document that a command writes.
import { Code } from "@connectrpc/connect";
import { fail } from "../../runtime/errors.ts";

/**
 * Replaces what stands between the two marks of a section.
 *
 * @param file what the document is called in messages
 * @throws ConnectError `MARK_MISSING` where the document lacks one of them
 */
export function withSection(page: string, file: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from >= 0 && to > from) return `${page.slice(0, from + begin.length)}\n${content}\n${page.slice(to)}`;
  throw fail(Code.FailedPrecondition, "MARK_MISSING", `${file} lacks ${begin} and ${end}. Put them back.`);
}
