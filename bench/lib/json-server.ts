// Bare node:http with JSON in and JSON out: the least that a server over HTTP does.
import { createServer, type Server } from "node:http";

// As the desk's: Node's own five seconds would cut connections that wait for their next turn.
const keepAliveTimeout = 65_000;

/** A server that answers the JSON of every request by a function. */
export function jsonServer(answer: (request: unknown) => unknown): Server {
  return createServer({ keepAliveTimeout }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.stringify(answer(JSON.parse(Buffer.concat(chunks).toString("utf8"))));
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      response.end(body);
    });
  });
}
