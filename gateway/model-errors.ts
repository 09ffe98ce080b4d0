// What the client is told when the model's API fails.
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { type ApiFailure, NOT_AGAIN } from "./api-failure.ts";

const STATUS_BY_TYPE: Readonly<Record<string, number>> = {
  overloaded_error: 529,
  rate_limit_error: 429,
  timeout_error: 504,
  invalid_request_error: 400,
  api_error: 500,
};

/** The key is the desk's: its client can do nothing about it, and must not take its own for refused. */
function keyRefused(error: APIError): ApiFailure {
  const message = `The model's API refused the desk's own key (${error.status} ${error.type}). The desk's operator has to correct CLAUDE_API_KEY or its account.`;
  return { status: 503, type: "api_error", message, headers: NOT_AGAIN };
}

/** What a client is told of an error of the model's API, or of the way there. */
export function failureOfModel(error: unknown): ApiFailure {
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
  if (!(error instanceof APIError)) {
    return { status: 502, type: "api_error", message: "The model's answer broke off. Try again.", headers: {} };
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
