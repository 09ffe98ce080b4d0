// The floors: servers that do nothing but echo, over bare node:http and node:http2.
import { Http1Connection, httpRequest } from "../lib/http1.ts";
import { openSession, send } from "../lib/http2.ts";
import type { Variant } from "../lib/interleave.ts";
import { startServer } from "../lib/server-process.ts";

/** JSON over node:http; `answerBytes` gives the answer the length of another server's. */
export async function bareHttp(
  resources: AsyncDisposableStack,
  name: string,
  body: string,
  answerBytes?: number,
): Promise<Variant> {
  const server = await startServer(resources, "http-echo.ts", answerBytes === undefined ? [] : [String(answerBytes)]);
  const request = httpRequest(server.url, body);
  return {
    name,
    pids: [server.pid],
    callers: async (count) =>
      Http1Connection.open(resources, server.url, count).map((connection) => () => connection.send(request)),
  };
}

/** Bytes over node:http2, all callers on one connection. */
export async function bareHttp2(resources: AsyncDisposableStack, name: string, body: Buffer): Promise<Variant> {
  const server = await startServer(resources, "http2-echo.ts");
  const session = await openSession(resources, server.url);
  const headers = { ":path": "/", "content-type": "application/json" };
  return {
    name,
    pids: [server.pid],
    callers: async (count) => Array.from({ length: count }, () => () => send(session, headers, body)),
  };
}
