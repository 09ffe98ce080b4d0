// A text as its reader takes it in: without the disguises that are there to get past a check.

const DOMAINS = "com|net|org|io|co|info|biz|dev|app|xyz|eu|de|uk|fr|ru|cn";
/** `name[at]host[dot]com`, `host (dot) com`, `hxxp://`: ways to write an address that a person can read and a program should not. */
const DEFANGED: readonly (readonly [RegExp, string])[] = [
  [/\bhxxp(s?)\b/gi, "http$1"],
  [/\s{0,3}[[({<]\s{0,3}(?:\.|dot|punkt)\s{0,3}[\])}>]\s{0,3}/gi, "."],
  [/\s{0,3}[[({<]\s{0,3}(?:@|at)\s{0,3}[\])}>]\s{0,3}/gi, "@"],
  [/(?<=[\p{L}\p{N}])\s{1,3}at\s{1,3}(?=[\p{L}\p{N}-]{1,63}\s{1,3}dot\s{1,3}[\p{L}\p{N}])/giu, "@"],
  [
    new RegExp(
      `(?<=[\\p{L}\\p{N}])\\s{1,3}dot\\s{1,3}(?=(?:[\\p{L}\\p{N}-]{1,63}\\s{1,3}dot\\s{1,3}){0,5}(?:${DOMAINS})\\b)`,
      "giu",
    ),
    ".",
  ],
  // The zero that is dialled within the country alone: +49 (0)30 1234567.
  [/\(0\)\s{0,3}(?=\d)/g, ""],
];

const DIGIT = /\p{Nd}/u;

/** The value of a decimal digit of any script: each script has its ten in a row. */
function digit(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && DIGIT.test(String.fromCodePoint(code - value - 1))) value++;
  return String(value);
}

/**
 * The text in compatibility form (Unicode UAX #15, NFKC) with digits of all scripts as 0 to 9, and addresses that were
 * written out as such. `at` between spaces counts only before a `dot`, and `dot` only before a usual domain.
 */
export function plain(text: string): string {
  const readable = text.normalize("NFKC").replaceAll(/[^\P{Nd}0-9]/gu, digit);
  return DEFANGED.reduce((result, [form, meant]) => result.replaceAll(form, meant), readable);
}
