// What the writer of a mail wrote, without the earlier mail quoted in it and without the signature.

const QUOTED = /^\s{0,8}>/;
const ORIGINAL_MESSAGE = /^\s{0,8}[-_]{2,20} ?(?:original message|forwarded message|reply above this line)/i;
const DEVICE_SIGNATURE = /^\s{0,8}(?:sent from my|get outlook for) /i;
/** An attribution line is short; a longer line that starts with "On" is prose. */
const MAX_ATTRIBUTION = 300;

function isAttribution(line: string, next = ""): boolean {
  const start = line.trim();
  if (!start.startsWith("On ") || start.length > MAX_ATTRIBUTION) return false;
  // Mail programs wrap the line before "wrote:".
  return start.endsWith("wrote:") || (next.length <= MAX_ATTRIBUTION && next.trim().endsWith("wrote:"));
}

function isHeaderBlock(lines: readonly string[], at: number): boolean {
  if (!/^\s{0,8}\*?From:/.test(lines[at] ?? "")) return false;
  return lines.slice(at + 1, at + 4).some((line) => /^\s{0,8}\*?(?:Sent|Date):/.test(line));
}

function nextWritten(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]?.trim() === "") at++;
  return at;
}

function withoutQuotes(lines: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (QUOTED.test(line) || DEVICE_SIGNATURE.test(line)) continue;
    // "-- " is the signature separator of RFC 3676, section 4.3; trimming tools drop its space.
    if (line === "-- " || line === "--" || ORIGINAL_MESSAGE.test(line) || isHeaderBlock(lines, at)) break;
    if (isAttribution(line, lines[at + 1])) {
      const end = line.trimEnd().endsWith("wrote:") ? at : at + 1;
      const next = nextWritten(lines, end + 1);
      // With ">" before each quoted line an answer may stand below; without, no end of the quotation can be told.
      if (!QUOTED.test(lines[next] ?? "")) break;
      at = end;
      continue;
    }
    kept.push(line);
  }
  return kept;
}

/**
 * The part of a mail that its writer wrote: lines after ">", everything from "On … wrote:", "-----Original Message-----" or
 * a block of From/Sent headers, and the signature after "-- " are left out. When nothing else is there, the whole text
 * without its quotation marks is what is left to read.
 */
export function ownWords(text: string): string {
  const lines = text.split(/\r\n|\r|\n/);
  const own = withoutQuotes(lines);
  if (own.some((line) => /[^\s>]/.test(line))) return own.join("\n");
  return lines.map((line) => line.replace(/^[\s>]+/, "")).join("\n");
}
