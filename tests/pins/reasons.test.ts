// The reasons of all errors, with their codes: callers branch on them, so they change only on purpose.
import { expect, test } from "vitest";
import { isTooling, sourceFiles } from "./source.ts";

const REASONS = {
  Aborted: ["APPROVAL_OUTDATED", "ETAG_MISMATCH", "RUN_TAKEN_OVER", "RUN_UNDER_WAY"],
  AlreadyExists: ["EMAIL_TAKEN", "EXTERNAL_ID_TAKEN", "IDEMPOTENCY_KEY_REUSED", "KEY_EXISTS", "REQUEST_ID_REUSED"],
  Canceled: ["CANCELED"],
  DataLoss: ["DATABASE_DAMAGED"],
  DeadlineExceeded: ["DEADLINE_EXCEEDED", "RUN_OUT_OF_TIME"],
  FailedPrecondition: [
    "ANSWER_ERASED",
    "APPROVAL_DECIDED",
    "CUSTOMERS_DIFFER",
    "CUSTOMER_ERASED",
    "CUSTOMER_NOT_FOUND",
    "DATABASE_IN_USE",
    "DATABASE_NEWER",
    "DATABASE_NOT_EMPTY",
    "DATA_DIR_IN_USE",
    "DATA_DIR_UNUSABLE",
    "HOST_NEEDS_CREDENTIALS",
    "KEY_LIVE",
    "NO_TOOLS",
    "STATUS_TRANSITION_ILLEGAL",
    "SYSTEM_PROMPT_UNREADABLE",
    "TICKET_CLOSED",
    "TICKET_NOT_CLOSED",
    "WAITING_ON_CONTRADICTS",
    "WEBHOOK_HOST_UNKNOWN",
    "WEBHOOK_URL_REFUSED",
  ],
  Internal: ["INTERNAL"],
  InvalidArgument: [
    "ALLOWED_HOSTS_INVALID",
    "ALLOWED_ORIGINS_INVALID",
    "CERTIFICATE_UNUSABLE",
    "CONFIGURATION_INVALID",
    "CONFINEMENT_INVALID",
    "CONTENT_TYPE_MISSING",
    "DATABASES_APART",
    "HOST_NOT_HERE",
    "JSON_MALFORMED",
    "MESSAGES_REQUEST_INVALID",
    "MESSAGE_INVALID",
    "NOTHING_TO_EDIT",
    "PAGE_TOKEN_INVALID",
    "PART_UNKNOWN",
    "POLICY_INVALID",
    "POLICY_UNREADABLE",
    "PRINCIPAL_TOO_LONG",
    "REQUEST_MALFORMED",
    "TOO_MANY_BUCKETS",
    "TOO_MANY_ENTRIES",
    "TOO_MANY_TAGS",
    "UPDATE_MASK_NESTED",
    "USAGE",
    "VALIDATION_FAILED",
    "WINDOW_EMPTY",
  ],
  NotFound: [
    "APPROVAL_NOT_FOUND",
    "CORRECTION_NOT_FOUND",
    "CUSTOMER_NOT_FOUND",
    "FILE_NOT_FOUND",
    "KEY_NOT_FOUND",
    "SERVICE_NOT_FOUND",
    "TICKET_NOT_FOUND",
    "WEBHOOK_NOT_FOUND",
  ],
  OutOfRange: ["REQUEST_TOO_LARGE"],
  PermissionDenied: [
    "HOST_NOT_ALLOWED",
    "ORIGIN_NOT_ALLOWED",
    "OUTSIDE_TICKET",
    "OWN_APPROVAL",
    "PORT_NOT_PERMITTED",
    "SCOPE_MISSING",
    "TOOL_DENIED",
  ],
  ResourceExhausted: [
    "DATABASE_BUSY",
    "DISK_FULL",
    "MESSAGE_TOO_LARGE",
    "RATE_LIMITED",
    "RUNS_BUSY",
    "SERVICE_BUSY",
    "TOO_MANY_KEYS",
    "TOO_MANY_WEBHOOKS",
  ],
  Unauthenticated: [
    "CREDENTIALS_MISSING",
    "KEY_INVALID",
    "KEY_NEEDED",
    "SERVICE_TOKEN_INVALID",
    "SIGNATURE_INVALID",
    "SIGNATURE_MISSING",
    "TIMESTAMP_OUT_OF_TOLERANCE",
    "TOKEN_INVALID",
  ],
  Unavailable: [
    "ANALYTICS_UNAVAILABLE",
    "CERTIFICATE_NOT_TRUSTED",
    "CONNECTION_LOST",
    "CRM_UNAVAILABLE",
    "DATABASE_LOCKED",
    "DATABASE_UNAVAILABLE",
    "DATABASE_UNREACHABLE",
    "DESK_NOT_FOUND",
    "INBOUND_NOT_CONFIGURED",
    "ISSUER_UNAVAILABLE",
    "KEYS_UNAVAILABLE",
    "MODEL_KEY_MISSING",
    "PORT_IN_USE",
    "REFLECTION_FAILED",
    "SERVICE_UNAVAILABLE",
    "SHUTTING_DOWN",
  ],
  Unimplemented: ["METHOD_NOT_ALLOWED", "METHOD_NOT_HERE", "NOT_SERVED", "NO_REFLECTION", "PART_ELSEWHERE"],
};

/** What these make has a reason that is not written where they are called: the name of an error's code. */
const REASON_COMPUTED = ["runtime/calls/connect-errors.ts"];

const CALL = /(?<!function )\b(?:fail|failForNow)\(\s*(?:Code\.)?([\w.]+),((?:(?!\bfail\()[^`;])*)/g;
const REASON = /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"/g;

/** The calls in a file that make an error: the code and the reasons of each. */
function errorsIn(text: string): { code: string; reasons: string[] }[] {
  return [...text.matchAll(CALL)].map(([, code = "", rest = ""]) => ({
    code,
    reasons: [...rest.matchAll(REASON)].map(([, reason = ""]) => reason),
  }));
}

const files = sourceFiles().filter((file) => !isTooling(file));

test("the reasons in the code are these", () => {
  // The one error that `fail` does not make.
  const found: Record<string, Set<string>> = { InvalidArgument: new Set(["VALIDATION_FAILED"]) };
  for (const { text } of files) {
    for (const { code, reasons } of errorsIn(text)) {
      for (const reason of reasons) {
        found[code] ??= new Set();
        found[code].add(reason);
      }
    }
  }
  const sorted = Object.entries(found).map(([code, reasons]) => [code, [...reasons].sort()]);
  expect(Object.fromEntries(sorted)).toEqual(REASONS);
});

test("every error has its reason where it is made", () => {
  const without = files.filter(({ text }) => errorsIn(text).some(({ reasons }) => reasons.length === 0));
  expect(without.map(({ path }) => path)).toEqual(REASON_COMPUTED);
});
