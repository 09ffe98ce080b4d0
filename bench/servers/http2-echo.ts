// The floor of HTTP/2: bytes in, bytes out, over bare node:http2.
import { createServer } from "node:http2";
import { listenAndSayWhere } from "../lib/say-where.ts";

const server = createServer();
server.on("stream", (stream) => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/json" });
    stream.end(Buffer.concat(chunks));
  });
});
listenAndSayWhere(server);
