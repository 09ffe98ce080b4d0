// Every error that Deskwire makes is made here: a gRPC code, a machine-readable reason, and a message that says the way out.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { Violation, violationsToProto } from "@bufbuild/protovalidate";
import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.js";

/** The `domain` of every ErrorInfo that Deskwire makes (AIP-193). */
const ERROR_DOMAIN = "deskwire";

const MAX_VIOLATIONS = 10;
/**
 * Of a message, and of a value in the metadata, in bytes of UTF-8: in gRPC an error travels in headers, where each byte that is
 * not plain ASCII takes three, and clients take eight kilobytes of them (grpc.io/docs/guides/metadata).
 */
const MAX_TEXT = 1_000;
/** Of the key of a map, which its sender makes as long as it likes. */
const MAX_KEY = 64;
const CUT = "…";
const utf8 = new TextEncoder();

/** A text as long as an error may carry it, and with no half surrogate pair, at which Connect's gRPC server hangs. */
export function fitText(text: string, maxBytes = MAX_TEXT): string {
  const whole = text.toWellFormed();
  if (Buffer.byteLength(whole) <= maxBytes) return whole;
  const { read } = utf8.encodeInto(whole, new Uint8Array(maxBytes - Buffer.byteLength(CUT)));
  return `${whole.slice(0, read)}${CUT}`;
}

function errorInfo(reason: string, said: Record<string, string>) {
  const metadata = Object.fromEntries(Object.entries(said).map(([name, value]) => [name, fitText(value)]));
  const value: MessageInitShape<typeof ErrorInfoSchema> = { reason, domain: ERROR_DOMAIN, metadata };
  return { desc: ErrorInfoSchema, value };
}

/**
 * Makes an error that a caller can act on (AIP-193).
 *
 * @param reason UPPER_SNAKE_CASE, stable: callers branch on it
 * @param message what is wrong and what to do next, for people and models
 * @param metadata the values the message is about, such as the legal choices
 */
export function fail(code: Code, reason: string, message: string, metadata: Record<string, string> = {}): ConnectError {
  return new ConnectError(fitText(message), code, undefined, [errorInfo(reason, metadata)]);
}

/**
 * Makes an error that is worth a retry after `retryAfterMs` milliseconds: by google.rpc.RetryInfo, and in whole seconds by the
 * header `retry-after` (RFC 9110, section 10.2.3).
 */
export function failForNow(code: Code, reason: string, message: string, retryAfterMs: number): ConnectError {
  const retry = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(retryAfterMs) } };
  const headers = { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return new ConnectError(message, code, headers, [errorInfo(reason, {}), retry]);
}

function withShortKeys({ message, ruleId, field, rule, forKey }: Violation): Violation {
  const path = field.map((step) =>
    step.kind === "map_sub" && typeof step.key === "string" ? { ...step, key: fitText(step.key, MAX_KEY) } : step,
  );
  return new Violation(message, ruleId, path, rule, forKey);
}

/** Makes the `invalid_argument` for a message that breaks rules of its proto; carries `buf.validate.Violations`, of the first few. */
export function failValidation(violations: Violation[]): ConnectError {
  const named = violations.slice(0, MAX_VIOLATIONS).map(withShortKeys);
  const [proto] = violationsToProto(named);
  const lines = named.map(String);
  if (violations.length > named.length) lines.push(`and ${violations.length - named.length} more`);
  const wayOut = ". Correct it and call again.";
  return new ConnectError(
    fitText(`Invalid request: ${lines.join("; ")}`, MAX_TEXT - wayOut.length) + wayOut,
    Code.InvalidArgument,
    undefined,
    [errorInfo("VALIDATION_FAILED", {}), { desc: ViolationsSchema, value: proto }],
  );
}

/** Makes the error for a call that ran out of time. */
export function failLate(): ConnectError {
  return fail(Code.DeadlineExceeded, "DEADLINE_EXCEEDED", "The call ran out of time. Allow it more, or ask for less.");
}

/** Makes the error for a call whose caller ended it. */
export function failCanceled(): ConnectError {
  return fail(Code.Canceled, "CANCELED", "The caller ended the call.");
}

/** Makes the error for a call whose signal was aborted: it ran out of time, or its caller ended it. */
export function failEnded({ reason }: AbortSignal): ConnectError {
  if (reason instanceof ConnectError) return reason;
  return (reason as Error | undefined)?.name === "TimeoutError" ? failLate() : failCanceled();
}

/** The name of a code, such as `not_found`. */
export function codeName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();
}

/** The reason in an error's ErrorInfo; undefined for an error that did not come from Deskwire. */
export function reasonOf(error: unknown): string | undefined {
  return error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0]?.reason : undefined;
}

/** How many milliseconds an error asks to wait before another try (google.rpc.RetryInfo); undefined where it does not. */
export function retryDelayOf(error: ConnectError): number | undefined {
  const [retry] = error.findDetails(RetryInfoSchema);
  return retry && (retry.retryDelay ? durationMs(retry.retryDelay) : 0);
}

/** The metadata in an error's ErrorInfo; empty for an error that carries none. */
export function metadataOf(error: unknown): Readonly<Record<string, string>> {
  return error instanceof ConnectError ? (error.findDetails(ErrorInfoSchema)[0]?.metadata ?? {}) : {};
}
