// What may stand in a log line: numbers, names and errors without their messages. Text that somebody wrote is not let through,
// whoever passes it.
import { type SafeError, safeError } from "./safe-error.ts";

const REDACTED = "[redacted]";

/** Names, ids, paths and versions; no spaces, and no @, so neither sentences nor addresses of people. */
const NAME = /^[\w.:/#+,-]{1,200}$/;
const SECRET_NAME = /authorization|api.?key|password|secret|cookie|token/i;
/** Webhook secrets, keys of this desk and of model APIs, JSON Web Tokens. */
const SECRET_VALUE = /whsec_|\bdk_|\bsk-|\beyJ/;
const MOST_ITEMS = 20;
const DEEPEST = 3;

type Safe = null | undefined | boolean | number | string | SafeError | Safe[] | { [name: string]: Safe };

function safeValue(value: unknown, depth: number): Safe {
  switch (typeof value) {
    case "undefined":
    case "boolean":
    case "number":
      return value;
    case "bigint":
      return String(value);
    case "string":
      return value === "" || (NAME.test(value) && !SECRET_VALUE.test(value)) ? value : REDACTED;
  }
  if (value === null) return null;
  if (value instanceof Error) return safeError(value);
  if (typeof value !== "object" || depth === DEEPEST) return REDACTED;
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => safeValue(item, depth + 1));
  return safeFields(value as Record<string, unknown>, depth + 1);
}

/** The fields of a log line with everything taken out that may be a secret or what a customer wrote. */
export function safeFields(fields: Readonly<Record<string, unknown>>, depth = 0): { [name: string]: Safe } {
  const entries = Object.entries(fields).slice(0, MOST_ITEMS);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!NAME.test(name)) return [REDACTED, REDACTED];
      return [name, SECRET_NAME.test(name) && typeof value === "string" ? REDACTED : safeValue(value, depth)];
    }),
  );
}
