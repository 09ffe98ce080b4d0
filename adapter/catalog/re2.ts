// RE2 patterns, as protovalidate takes them, in the regular expressions of JSON Schema (ECMA-262, flag u).

const POSIX: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

// What both read differently, or only RE2 reads: escapes, named groups, the dot, and POSIX classes.
const TOKEN = /\\(?:[pP]\{\^?\w+\}|[pP]\w|x\{[0-9A-Fa-f]+\}|[\s\S])|\(\?P<|\[:\w+:\]|\[\^?\]?|[\].-]|[^\\([\].-]+|\(/g;
const SYNTAX = new Set("^$\\.*+?()[]{}|/");

/** RE2 names scripts without saying that they are scripts, and may negate within the braces. */
function unicodeClass(letter: string, name: string): string {
  const bare = name.replace(/[{}^]/g, "");
  const negated = name.includes("^") !== (letter === "P");
  return `\\${negated ? "P" : "p"}{${bare.length > 2 ? `Script=${bare}` : bare}}`;
}

function escaped(token: string, inClass: boolean): string {
  const [, letter = "", ...rest] = token;
  if (letter === "s") return inClass ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]";
  if (letter === "S" && !inClass) return "[^\\t\\n\\f\\r ]";
  if (letter === "A") return "^";
  if (letter === "z") return "$";
  if (letter === "a") return "\\x07";
  if (letter === "x" && rest[0] === "{") return `\\u${rest.join("")}`;
  if (/[pP]/.test(letter)) return unicodeClass(letter, rest.join(""));
  // RE2 lets any punctuation be escaped, ECMA-262 in Unicode mode only that which has a meaning.
  if (/[^\w\s]/.test(letter) && !SYNTAX.has(letter)) return letter === "-" ? (inClass ? "\\-" : "-") : letter;
  return token;
}

/** The same pattern for ECMA-262; undefined where it uses what only RE2 knows, such as inline flags. */
export function toEcmaPattern(pattern: string): string | undefined {
  let out = "";
  let inClass = false;
  for (const [token] of pattern.matchAll(TOKEN)) {
    if (token.startsWith("\\")) out += escaped(token, inClass);
    else if (token === "(?P<") out += inClass ? "(?P<" : "(?<";
    else if (/^\[:\w+:\]$/.test(token) && inClass) out += POSIX[token.slice(2, -2)] ?? token;
    else if (token.startsWith("[") && !inClass) {
      inClass = true;
      out += token.endsWith("]") ? token.replace("]", "\\]") : token;
    } else if (token.startsWith("[")) out += token.replaceAll(/[[\]]/g, "\\$&");
    else if (token === "]" && inClass) {
      inClass = false;
      out += token;
    } else if (token === "." && !inClass) out += "[^\\n]";
    else out += token;
  }
  try {
    new RegExp(out, "u");
    return out;
  } catch {
    // Not an error: the rule is told in words instead.
    return undefined;
  }
}

/** A literal text as a pattern. */
export function literal(text: string): string {
  return text.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, "\\$&");
}
