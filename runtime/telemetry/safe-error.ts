// What of an error may be logged or traced: its kind, its codes and where it was made. Messages hold what customers wrote (a JSON
// parser quotes its text, a database its values), so of those nothing is kept.
import { ConnectError } from "@connectrpc/connect";
import { codeName, reasonOf } from "../errors.ts";

const IDENTIFIER = /^[\w.:-]{1,100}$/;
/** What drivers and the system say beside their messages, in identifiers of ours or of theirs. */
const NAMED = ["code", "errcode", "status", "syscall", "address", "port", "severity", "routine"] as const;
const SCHEMA = ["schema", "table", "column", "constraint"] as const;
/** SQLite names constraint and columns in its message alone, after the query (result code 19, SQLITE_CONSTRAINT). */
const SQLITE_CONSTRAINT = 19;
const FAILED_CONSTRAINT = /[A-Z ]+ constraint failed(?:: [\w., ']+)?$/;
const FRAME = /^ {4}at [\w.<>$#[\] ]*\(?(file:\/\/|node:|\/)[\w/.@+%-]*:\d+:\d+\)?$/;
const DEEPEST_CAUSE = 5;
const MOST_FRAMES = 20;

/** An error as it is logged. */
export interface SafeError {
  readonly type: string;
  readonly [fact: string]: unknown;
}

function identifiers(error: Readonly<Record<string, unknown>>, names: readonly string[]) {
  const facts = names.map((name) => [name, error[name]] as const);
  return Object.fromEntries(
    facts.filter(([, value]) => typeof value === "number" || (typeof value === "string" && IDENTIFIER.test(value))),
  );
}

/** Before its frames a stack has the message, with lines of its own. */
function frames(stack: unknown): string[] | undefined {
  if (typeof stack !== "string") return undefined;
  const lines = stack.split("\n").filter((line) => FRAME.test(line));
  return lines.slice(0, MOST_FRAMES).map((line) => line.trim());
}

function failedConstraint({ errcode, message }: { errcode?: unknown; message: string }): string | undefined {
  if (typeof errcode !== "number" || errcode % 256 !== SQLITE_CONSTRAINT) return undefined;
  return FAILED_CONSTRAINT.exec(message)?.[0].trim();
}

/** Describes an error, and what caused it, without a word of its message. */
export function safeError(error: unknown, depth = 0): SafeError {
  if (!(error instanceof Error)) return { type: typeof error };
  const facts = error as unknown as Record<string, unknown>;
  const failed = failedConstraint(error);
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  const [cause] = causes.filter((each) => each !== undefined);
  return {
    type: IDENTIFIER.test(error.name) ? error.name : "Error",
    ...(error instanceof ConnectError
      ? { code: codeName(error.code), reason: reasonOf(error) }
      : identifiers(facts, [...NAMED, ...SCHEMA])),
    ...(failed && { failed }),
    stack: frames(error.stack),
    ...(cause !== undefined && depth < DEEPEST_CAUSE && { cause: safeError(cause, depth + 1) }),
  };
}

/** The kind of an error in one word, for spans and metrics: its reason, its code or its name. */
export function errorType(error: unknown): string {
  if (error instanceof ConnectError) return reasonOf(error) ?? codeName(error.code);
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && IDENTIFIER.test(code)) return code;
  return IDENTIFIER.test(error.name) ? error.name : "Error";
}
