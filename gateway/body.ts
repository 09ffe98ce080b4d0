// Whether a request can be one for the Messages API at all, and the JSON in it.
import { Code } from "@connectrpc/connect";
import { fail } from "../runtime/errors.ts";
import type { HttpRequest } from "../runtime/http/http-port.ts";
import { readBody, textOf } from "../runtime/http/read-body.ts";
import { invalidRequest } from "./messages.ts";

/** As the API has it. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** The date of a version of the API; the model's API knows which there are. */
const VERSION = /^\d{4}-\d{2}-\d{2}$/;

function methodNotAllowed(allow: string, message: string) {
  const refusal = fail(Code.Unimplemented, "METHOD_NOT_ALLOWED", message);
  refusal.metadata.set("allow", allow);
  return refusal;
}

/** @throws ConnectError `METHOD_NOT_ALLOWED` (405) */
export function assertGet({ method }: HttpRequest): void {
  if (method !== "GET") throw methodNotAllowed("GET", "This answers to GET alone.");
}

/**
 * Looks at method, content type and `anthropic-version`, which may be missing.
 *
 * @throws ConnectError `METHOD_NOT_ALLOWED` (405), `CONTENT_TYPE_MISSING` (415) or `MESSAGES_REQUEST_INVALID`
 */
export function assertPost({ method, headers }: HttpRequest, allow = "POST"): void {
  if (method !== "POST") throw methodNotAllowed(allow, "Send a POST with JSON.");
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) {
    throw fail(
      Code.InvalidArgument,
      "CONTENT_TYPE_MISSING",
      "Say what the body is: send the header 'content-type: application/json'.",
    );
  }
  const version = headers["anthropic-version"];
  if (version !== undefined && !VERSION.test(String(version))) {
    throw invalidRequest(
      "anthropic-version",
      `must be a date such as 2026-10-21, or left out, not ${JSON.stringify(version)}.`,
    );
  }
}

/** @throws ConnectError `REQUEST_TOO_LARGE`, or `MESSAGES_REQUEST_INVALID` for what is no JSON */
export async function readJson(request: HttpRequest): Promise<unknown> {
  const bytes = await readBody(request, MAX_BODY_BYTES);
  if (bytes === undefined) {
    throw fail(
      Code.OutOfRange,
      "REQUEST_TOO_LARGE",
      `The body is longer than ${MAX_BODY_BYTES} bytes. Send less at once.`,
    );
  }
  try {
    return JSON.parse(textOf(bytes));
  } catch (error) {
    throw invalidRequest("", `The body is not JSON: ${(error as Error).message.toWellFormed()}.`);
  }
}
