// What the client is told when something goes wrong: the statuses and bodies of the Messages API's reference.
import { AnthropicError, APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { Code, ConnectError } from "@connectrpc/connect";
import { reasonOf, retryDelayOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";

/** An error as it is answered. */
export interface ApiFailure {
  readonly status: number;
  /** One of the API's types, such as `invalid_request_error`. */
  readonly type: string;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

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

const STATUS_BY_TYPE: Readonly<Record<string, number>> = {
  overloaded_error: 529,
  rate_limit_error: 429,
  timeout_error: 504,
  invalid_request_error: 400,
  api_error: 500,
};

/** Statuses of HTTP that no code stands for. */
const BY_REASON: Readonly<Record<string, readonly [status: number, type: string]>> = {
  METHOD_NOT_ALLOWED: [405, "invalid_request_error"],
  CONTENT_TYPE_MISSING: [415, "invalid_request_error"],
  REQUEST_TOO_LARGE: [413, "request_too_large"],
};

/** Errors of which another try of the client's SDK would be the same again. */
const FINAL = new Set(["MODEL_KEY_MISSING"]);
const NOT_AGAIN = { "x-should-retry": "false" };

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

/** The key is the desk's: its client can do nothing about it, and must not take its own for refused. */
function keyRefused(error: APIError): ApiFailure {
  const message = `The model's API refused the desk's own key (${error.status} ${error.type}). The desk's operator has to correct CLAUDE_API_KEY or its account.`;
  return { status: 503, type: "api_error", message, headers: NOT_AGAIN };
}

function ofModel(error: APIError): ApiFailure {
  if (error instanceof APIConnectionTimeoutError) {
    return {
      status: 504,
      type: "timeout_error",
      message: "The model's API did not answer in time. Try again later.",
      headers: {},
    };
  }
  if (error instanceof APIConnectionError) {
    const message =
      "The model's API cannot be reached. Try again later; the desk's operator can check ANTHROPIC_BASE_URL.";
    return { status: 502, type: "api_error", message, headers: {} };
  }
  const { status, headers } = error as APIError;
  if (status === 401 || status === 402 || status === 403) return keyRefused(error);
  const type = error.type ?? "api_error";
  const retryAfter = headers?.get("retry-after");
  return {
    status: status ?? STATUS_BY_TYPE[type] ?? 500,
    type,
    message: error.apiMessage ?? "The model's API failed and did not say why. Try again later.",
    headers: retryAfter ? { "retry-after": retryAfter } : {},
  };
}

/** What a client is told of an error. What nobody expected goes to the log alone, with a number by which it is found. */
export function failureOf(error: unknown, requestId: string, log: Log): ApiFailure {
  if (error instanceof ConnectError) {
    const failure = ofDesk(error);
    if (failure) return failure;
  }
  if (error instanceof APIError) return ofModel(error);
  if (error instanceof AnthropicError) {
    log("the model's answer could not be read", { requestId, error: String(error) });
    return { status: 502, type: "api_error", message: "The model's answer broke off. Try again.", headers: {} };
  }
  log("a run failed", { requestId, error });
  const message = `Something went wrong inside Deskwire. Try again; if it stays, give the operator the number ${requestId}.`;
  return { status: 500, type: "api_error", message, headers: {} };
}

/** The body of an error (Messages API, errors). */
export function errorBody({ type, message }: ApiFailure, requestId: string) {
  return { type: "error", error: { type, message }, request_id: requestId };
}
