// Between Node's HTTP/1.1 and HTTP/2 servers and the web's Request and Response, which the SDK speaks.
import type { ServerResponse } from "node:http";
import type { HttpRequest, HttpResponse } from "../../runtime/http/http-port.ts";

/** Makes a Request of everything but the body; its signal aborts when the client goes away before the answer's end. */
export function toRequest(request: HttpRequest, response: HttpResponse): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    for (const item of Array.isArray(value) ? value : [value]) headers.append(name, item);
  }
  // Only the path is ever read; the Host was checked before and is not trusted here.
  const url = new URL(request.url ?? "/", "http://localhost");
  return new Request(url, { method: request.method ?? "GET", headers, signal: untilHangUp(response) });
}

/** A signal that aborts when the client goes away before the answer's end. */
export function untilHangUp(response: HttpResponse, controller = new AbortController()): AbortSignal {
  const hangUp = () => controller.abort(new Error("The client closed the connection."));
  if (isGone(response)) hangUp();
  else response.once("close", () => response.writableEnded || hangUp());
  return controller.signal;
}

/** Whether nobody is left to send a response to. */
export function isGone(response: HttpResponse): boolean {
  return "stream" in response ? response.stream.destroyed : response.destroyed;
}

/** A whole answer, for what is answered without a Response. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** In pieces: how long they are is known without putting them together once more than they are sent. */
  readonly text: readonly string[];
}

// Both kinds of response have what ServerResponse has; their types merely share no signature.
/** Sends an answer. */
export function sendPlain({ status, headers, text }: PlainAnswer, to: HttpResponse): void {
  let whole = "";
  let size = 0;
  for (const piece of text) {
    whole += piece;
    size += Buffer.byteLength(piece);
  }
  // What is ASCII, as most answers are, is written at a byte a character; as UTF-8, Node makes room for three.
  const encoding = size === whole.length ? "latin1" : "utf8";
  (to as ServerResponse).writeHead(status, { ...headers, "content-length": size }).end(whole, encoding);
}

/** Sends a Response; streams of events go out piece by piece, and end when the client goes away. */
export async function sendResponse(from: Response, to: HttpResponse): Promise<void> {
  to.statusCode = from.status;
  // Connection management is Node's, and HTTP/2 knows no such header.
  for (const [name, value] of from.headers) if (name !== "connection") to.setHeader(name, value);
  if (from.body === null) return void to.end();
  if (from.headers.get("content-type") !== "text/event-stream") {
    return void to.end(Buffer.from(await from.arrayBuffer()));
  }
  (to as ServerResponse).flushHeaders();
  const reader: ReadableStreamDefaultReader<Uint8Array> = from.body.getReader();
  const closed = new Promise<void>((resolve) => {
    to.once("close", () => {
      void reader.cancel().catch(() => {});
      resolve();
    });
  });
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const { promise: drained, resolve } = Promise.withResolvers<void>();
    to.once("drain", resolve);
    const flowing = (to as ServerResponse).write(piece.value);
    if (!flowing) await Promise.race([drained, closed]);
    to.off("drain", resolve);
  }
  to.end();
}
