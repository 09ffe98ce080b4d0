// One attempt: one HTTP POST, bounded in time and in what is read.
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { ConnectError } from "@connectrpc/connect";
import { failSpan, markFailed, type SpanStart, traced } from "../../../runtime/telemetry/tracing.ts";
import type { Targets } from "./target.ts";

/** Of one attempt. Receivers answer first and work afterwards. */
const TIMEOUT_MS = 15_000;
/** The body of an answer counts for nothing: no more of it is read. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_ERROR_CHARACTERS = 300;

/** How an attempt ended: delivered where there is no error. */
export interface Answer {
  /** The HTTP status; 0 where none came. */
  readonly status: number;
  readonly error: string;
  /** How long the endpoint asks to be left alone, in milliseconds (RFC 9110, section 10.2.3). */
  readonly retryAfterMs?: number;
}

/** What to post. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the attempt early. */
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

function lookupIn(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

function retryAfter(response: IncomingMessage): Pick<Answer, "retryAfterMs"> {
  const text = response.headers["retry-after"] ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return ms > 0 ? { retryAfterMs: ms } : {};
}

/** Reads on for a while, so that the endpoint can finish in peace; what it says does not matter. */
async function drain(response: IncomingMessage): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of response) {
      size += (chunk as Buffer).length;
      if (size > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The status has come, and that is the answer.
  }
}

function answerOf(response: IncomingMessage): Answer {
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return { status, error: "" };
  const redirect = status >= 300 && status < 400 ? ": redirects are not followed, set the URL to where it leads" : "";
  return { status, error: `HTTP ${status}${redirect}`, ...retryAfter(response) };
}

function reasonOf(error: unknown): string {
  if (error instanceof ConnectError) return error.rawMessage;
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === "TimeoutError") return "no answer in time";
  return (code && !message.includes(code) ? `${message} (${code})` : message).slice(0, MAX_ERROR_CHARACTERS);
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  const aborted = once(signal, "abort", { signal: stop.signal }).then(() => Promise.reject(signal.reason));
  try {
    return await Promise.race([work, aborted]);
  } finally {
    aborted.catch(() => {});
    stop.abort();
  }
}

async function exchange(targets: Targets, { url, headers, body }: Post, signal: AbortSignal): Promise<Answer> {
  const addresses = await unless(signal, targets.resolve(url));
  const request = (url.startsWith("https:") ? requestHttps : requestHttp)(url, {
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    // A connection of its own for every attempt: a kept one would have been checked in the past.
    agent: false,
    lookup: lookupIn(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  });
  // What comes after the answer, such as a reset, changes nothing.
  request.on("error", () => {});
  request.end(body);
  const [response]: [IncomingMessage] = (await once(request, "response")) as never;
  await drain(response);
  request.destroy();
  return answerOf(response);
}

/** Named by the host alone: a path may hold a key. No trace context goes out, which is nobody's business there. */
function spanOf({ url }: Post): SpanStart {
  const { hostname, port, protocol } = new URL(url);
  const server = { "server.address": hostname, "server.port": Number(port || (protocol === "https:" ? 443 : 80)) };
  return { name: "POST", kind: "CLIENT", begins: true, attributes: { "http.request.method": "POST", ...server } };
}

/** Posts once. Never throws, unless `signal` was aborted. Redirects are not followed. */
export async function post(targets: Targets, attempt: Post): Promise<Answer> {
  const signal = AbortSignal.any([attempt.signal, AbortSignal.timeout(attempt.timeoutMs ?? TIMEOUT_MS)]);
  return traced(
    () => spanOf(attempt),
    async (span) => {
      try {
        const answer = await exchange(targets, attempt, signal);
        span?.setAttribute("http.response.status_code", answer.status);
        if (span && answer.error !== "") markFailed(span, String(answer.status));
        return answer;
      } catch (error) {
        attempt.signal.throwIfAborted();
        if (span) failSpan(span, error);
        return { status: 0, error: reasonOf(signal.aborted ? signal.reason : error) };
      }
    },
  );
}
