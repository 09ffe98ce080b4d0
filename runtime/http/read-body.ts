// Reading what a plain HTTP route is sent.
import type { HttpRequest } from "./http-port.ts";

/** Reads a request's body; undefined where it is longer than `limit` bytes. */
export async function readBody(request: HttpRequest, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"]) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
