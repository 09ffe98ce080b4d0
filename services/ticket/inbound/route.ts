// POST /inbound/messages: the door through which other systems bring customers' messages, by signed webhook.
import { hash } from "node:crypto";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { codeToHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import {
  ReceiveMessageRequestSchema,
  ReceiveMessageResponseSchema,
  type TicketService,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { PRINCIPAL_HEADER } from "../../../runtime/calls/call.ts";
import { fail, reasonOf } from "../../../runtime/errors.ts";
import { answerJson } from "../../../runtime/http/http-error.ts";
import type { HttpRequest, HttpResponse } from "../../../runtime/http/http-port.ts";
import type { Route } from "../../../runtime/http/listener.ts";
import { readBody, textOf } from "../../../runtime/http/read-body.ts";
import { verify } from "../../../runtime/standard-webhooks.ts";

const MAX_BODY_BYTES = 1024 * 1024;
/** Nobody's key lets a message in: its signature did. */
const CALL = { timeoutMs: 15_000, headers: { [PRINCIPAL_HEADER]: "inbound" } };

/** What the door stands on. */
export interface InboundOptions {
  /** Secrets of which one signs what comes in; without any, nothing does. */
  readonly secrets: readonly string[];
  readonly tickets: Client<typeof TicketService>;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

/** A webhook's identifier as a request id: of any length, and apart from those of other callers. */
function requestIdOf(webhookId: string): string {
  return `inbound:${hash("sha256", webhookId, "base64url")}`;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(textOf(body));
  } catch {
    throw fail(Code.InvalidArgument, "JSON_MALFORMED", "The body is not JSON in UTF-8. Send one JSON object.");
  }
}

function toRequest(body: Buffer, webhookId: string) {
  try {
    const request = fromJson(ReceiveMessageRequestSchema, parse(body) as never);
    request.requestId = requestIdOf(webhookId);
    return request;
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    const { message } = error as Error;
    throw fail(Code.InvalidArgument, "MESSAGE_INVALID", `${message}. docs/webhooks.md lists the fields.`);
  }
}

async function take({ secrets, tickets, now }: InboundOptions, request: HttpRequest) {
  if (secrets.length === 0) {
    throw fail(
      Code.Unavailable,
      "INBOUND_NOT_CONFIGURED",
      "This desk takes no messages here: it has no secret to check them with. Set INBOUND_WEBHOOK_SECRET and start it again.",
    );
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (!body) {
    throw fail(Code.ResourceExhausted, "MESSAGE_TOO_LARGE", `A message has up to ${MAX_BODY_BYTES} bytes. Shorten it.`);
  }
  const webhookId = verify(secrets, request.headers, now(), body);
  const response = await tickets.receiveMessage(toRequest(body, webhookId), CALL);
  return toJson(ReceiveMessageResponseSchema, response, { useProtoFieldName: true });
}

const statusOf = (error: ConnectError) =>
  reasonOf(error) === "MESSAGE_TOO_LARGE" ? 413 : codeToHttpStatus(error.code);

/**
 * Makes the route. What comes in is a ReceiveMessageRequest in JSON, signed by the Standard Webhooks specification; the
 * `webhook-id` takes the place of its request id, so that a repetition changes nothing. Errors are JSON with `code`,
 * `reason` and `message`; a status from 500 on, and 429, is worth a retry.
 */
export function inboundRoute(options: InboundOptions): Route {
  return async (request: HttpRequest, response: HttpResponse) => {
    if (request.method !== "POST") {
      response.setHeader("allow", "POST");
      return answerJson(response, 405, { code: "unimplemented", message: "Messages come in by POST alone." });
    }
    try {
      answerJson(response, 200, await take(options, request));
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      const { code, rawMessage: message } = error;
      answerJson(response, statusOf(error), { code: codeToString(code), reason: reasonOf(error), message });
    }
  };
}
