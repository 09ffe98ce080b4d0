// Words of the desk that are not for customers: a reply must not repeat them.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { finding, type Knowledge } from "./finding.ts";

/** How long a coincidence can be, in words; of scripts without spaces each character counts as a word. */
interface Lengths {
  /** So many words in a row that the desk's text has too are repeated from there, */
  readonly run: number;
  /** unless the customer knows them: words that stand among so many in a row of a public text are known, */
  readonly known: number;
  /** and it takes so many others in a row to tell something. */
  readonly telling: number;
}
const SPACED: Lengths = { run: 7, known: 5, telling: 3 };
const CHARACTERS: Lengths = { run: 16, known: 9, telling: 6 };
/** A short text of the desk is repeated only as a whole. */
const MIN_WHOLE = 4;
const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}";
const WORD = new RegExp(`[${UNSPACED}]|[\\p{L}\\p{M}\\p{N}]+`, "gu");
const IS_UNSPACED = new RegExp(`[${UNSPACED}]`, "u");
/** A code, a password, a key: letters and digits together, too long for a word. */
const TOKEN = /(?<![^\s,;()"])(?=\S{0,200}\d)(?=\S{0,200}\p{L})[\p{L}\p{N}][^\s,;()"]{8,200}[\p{L}\p{N}]/gu;

function wordsOf(text: string): string[] {
  return [...text.normalize("NFKC").toLowerCase().matchAll(WORD)].map(([word]) => word);
}

function runsOf(words: readonly string[], length: number): string[] {
  return Array.from({ length: Math.max(0, words.length - length + 1) }, (_, at) =>
    words.slice(at, at + length).join(" "),
  );
}

/** How many words a reply must have so that it could repeat anything. */
export function couldRepeat(reply: string): boolean {
  return wordsOf(reply).length >= MIN_WHOLE || tokensOf(reply).length > 0;
}

/** Which words of a reply stand in a public text as well, with their neighbours. */
function knownWords(reply: readonly string[], known: readonly (readonly string[])[], length: number): boolean[] {
  const runs = new Set(known.flatMap((words) => runsOf(words, length)));
  const flags = reply.map(() => false);
  for (const [at, run] of runsOf(reply, length).entries()) if (runs.has(run)) flags.fill(true, at, at + length);
  return flags;
}

function isTelling(flags: readonly boolean[], telling: number): boolean {
  let unknown = 0;
  for (const flag of flags) {
    unknown = flag ? 0 : unknown + 1;
    if (unknown >= telling) return true;
  }
  return false;
}

/** The parts of a reply that the desk's own text has, and that tell a customer something. */
function repeated(
  reply: readonly string[],
  text: readonly string[],
  flags: readonly boolean[],
  lengths: Lengths,
): string[] {
  const length = Math.min(lengths.run, text.length);
  if (length < MIN_WHOLE) return [];
  const internal = new Set(runsOf(text, length));
  const parts: { start: number; end: number }[] = [];
  for (const [at, run] of runsOf(reply, length).entries()) {
    if (!internal.has(run)) continue;
    const last = parts.at(-1);
    if (last && at <= last.end) last.end = at + length;
    else parts.push({ start: at, end: at + length });
  }
  return parts
    .filter(({ start, end }) => isTelling(flags.slice(start, end), Math.min(lengths.telling, length)))
    .map(({ start, end }) => reply.slice(start, end).join(" "));
}

const tokensOf = (text: string) => [...text.normalize("NFKC").matchAll(TOKEN)].map(([token]) => token.toLowerCase());

/** Finds what a reply repeats of internal messages and notes, word by word, unless the customer knows it. */
export function internalText(reply: string, { known, internal }: Knowledge): ApprovalReason[] {
  if (internal.length === 0) return [];
  const words = wordsOf(reply);
  const publicWords = known.map(wordsOf);
  const flagsOf = ({ known: length }: Lengths) => knownWords(words, publicWords, length);
  const flags = new Map([SPACED, CHARACTERS].map((lengths) => [lengths, flagsOf(lengths)]));
  const parts = internal.map(wordsOf).flatMap((text) => {
    const lengths = text.some((word) => IS_UNSPACED.test(word)) ? CHARACTERS : SPACED;
    return repeated(words, text, flags.get(lengths) ?? [], lengths);
  });
  const secret = new Set(internal.flatMap(tokensOf));
  const plainly = known.join("\n").toLowerCase();
  const tokens = tokensOf(reply).filter((token) => secret.has(token) && !plainly.includes(token));
  const message =
    "The reply repeats what only the desk may read, from an internal message or a note about the customer.";
  return [...new Set([...parts, ...tokens])].map((it) => finding(ApprovalReasonKind.INTERNAL_TEXT, message, it));
}
