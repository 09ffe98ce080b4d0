// What the client is told when something goes wrong: the statuses and bodies of the Messages API's reference.
import { Code, ConnectError } from "@connectrpc/connect";
import { passingFailure } from "../runtime/database/errors.ts";
import { reasonOf, retryDelayOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import { type ApiFailure, ModelFailure, NOT_AGAIN } from "./api-failure.ts";

const BY_CODE: Partial<Record<Code, readonly [status: number, type: string]>> = {
  [Code.InvalidArgument]: [400, "invalid_request_error"],
  [Code.FailedPrecondition]: [400, "invalid_request_error"],
  [Code.Unauthenticated]: [401, "authentication_error"],
  [Code.PermissionDenied]: [403, "permission_error"],
  [Code.NotFound]: [404, "not_found_error"],
  [Code.AlreadyExists]: [409, "conflict_error"],
  [Code.Aborted]: [409, "conflict_error"],
  [Code.ResourceExhausted]: [429, "rate_limit_error"],
  [Code.Unavailable]: [503, "api_error"],
  [Code.DeadlineExceeded]: [504, "timeout_error"],
  [Code.Canceled]: [499, "api_error"],
};

/** Statuses of HTTP that no code stands for. */
const BY_REASON: Readonly<Record<string, readonly [status: number, type: string]>> = {
  METHOD_NOT_ALLOWED: [405, "invalid_request_error"],
  CONTENT_TYPE_MISSING: [415, "invalid_request_error"],
  REQUEST_TOO_LARGE: [413, "request_too_large"],
};

/** Errors of which another try of the client's SDK would be the same again. */
const FINAL = new Set(["MODEL_KEY_MISSING"]);

function ofDesk(error: ConnectError): ApiFailure | undefined {
  const reason = reasonOf(error);
  const known = BY_REASON[reason ?? ""] ?? BY_CODE[error.code];
  if (!known || reason === undefined) return undefined;
  const [status, type] = known;
  const delay = retryDelayOf(error);
  const challenge = error.metadata.get("www-authenticate");
  const allow = error.metadata.get("allow");
  const headers = {
    ...(challenge && { "www-authenticate": challenge }),
    ...(allow && { allow }),
    ...(delay !== undefined && { "retry-after": String(Math.ceil(delay / 1_000)) }),
    ...(FINAL.has(reason) && NOT_AGAIN),
  };
  return { status, type, message: error.rawMessage, headers };
}

/** What a client is told of an error. What nobody expected goes to the log alone, with a number by which it is found. */
export function failureOf(error: unknown, requestId: string, log: Log): ApiFailure {
  const known = error instanceof ConnectError ? error : passingFailure(error);
  const failure = known && ofDesk(known);
  if (failure) return failure;
  if (error instanceof ModelFailure) return error.failure;
  log("a run failed", { requestId, error });
  const message = `Something went wrong inside Deskwire. Try again; if it stays, give the operator the number ${requestId}.`;
  return { status: 500, type: "api_error", message, headers: {} };
}

/** The body of an error (Messages API, errors). */
export function errorBody({ type, message }: ApiFailure, requestId: string) {
  return { type: "error", error: { type, message }, request_id: requestId };
}
