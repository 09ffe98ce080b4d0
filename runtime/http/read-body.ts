// Reading what a plain HTTP route is sent.
import type { HttpRequest } from "./http-port.ts";
import { Received } from "./received.ts";

/**
 * Reads a request's body; undefined where it is longer than `limit` bytes. Rejects where the client goes away before its end.
 * By its events, since an iterator over a stream costs more than the rest of a small request.
 */
export function readBody(request: HttpRequest, limit: number): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  if (Number(request.headers["content-length"]) > limit) return Promise.resolve(undefined);
  const gone = () => reject(new Error("The client closed the connection."));
  if (request.destroyed) gone();
  const received = new Received();
  const take = (chunk: Buffer) => {
    if (received.length + chunk.length <= limit) return received.push(chunk);
    request.off("data", take).pause();
    resolve(undefined);
  };
  request.on("data", take).once("error", reject).once("close", gone);
  request.once("end", () => resolve(received.bytes));
  return promise;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a body of JSON, which is in UTF-8 and nothing else (RFC 8259, section 8.1). @throws TypeError where it is not */
export function textOf(body: Uint8Array): string {
  return utf8.decode(body);
}
