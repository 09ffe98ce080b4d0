// Which requests are the same one, sent again.
import { hashOfJson } from "../../runtime/calls/fingerprint.ts";
import type { HttpRequest } from "../../runtime/http/http-port.ts";
import { invalidRequest, type MessagesRequest } from "../messages.ts";

/** What tells a request from others of its caller. */
export interface RequestIdentity {
  /** The client's own key, or what stands in for it where there is none. */
  readonly name: string;
  /** Whether the client gave it: then it stands for this request alone, for a day. */
  readonly explicit: boolean;
  /** Of the conversation and all that belongs to it. */
  readonly hash: string;
  /** The client's SDK says that it sends this again because it has no answer. */
  readonly again: boolean;
}

/** The header by which a client names a request (IETF draft-ietf-httpapi-idempotency-key-header). */
const IDEMPOTENCY_HEADER = "idempotency-key";
/** How often the official SDKs have sent a request before. */
const RETRY_HEADER = "x-stainless-retry-count";
const MAX_KEY = 255;

/** Whether the answer is streamed makes no other request of it. */
function hashOf({ stream: _, ...request }: MessagesRequest, headers: HttpRequest["headers"]): string {
  const told = Object.entries(headers).filter(([name]) => name.startsWith("deskwire-"));
  return hashOfJson([request, Object.fromEntries(told)]);
}

/**
 * What makes a request the same one: the client's `Idempotency-Key`, else its content.
 *
 * @throws ConnectError `MESSAGES_REQUEST_INVALID` for a key that is too long
 */
export function identityOf(request: MessagesRequest, headers: HttpRequest["headers"]): RequestIdentity {
  const hash = hashOf(request, headers);
  const again = Number(headers[RETRY_HEADER]) > 0;
  const key = headers[IDEMPOTENCY_HEADER];
  if (key === undefined || key === "") return { name: `content:${hash}`, explicit: false, hash, again };
  if (key.length > MAX_KEY) throw invalidRequest(IDEMPOTENCY_HEADER, `may have ${MAX_KEY} characters.`);
  return { name: `key:${key}`, explicit: true, hash, again };
}
