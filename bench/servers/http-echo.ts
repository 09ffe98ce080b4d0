// The floor: JSON in, JSON out, over bare node:http. With an argument: that many bytes of answer, as another server gives.
import { createServer } from "node:http";
import { listenAndSayWhere } from "../lib/say-where.ts";

const answerBytes = Number(process.argv[2] ?? 0);

// As the desk's: Node's own five seconds would cut connections that wait for their next turn.
const keepAliveTimeout = 65_000;

listenAndSayWhere(
  createServer({ keepAliveTimeout }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
      const answer = answerBytes > 0 ? { value: "x".repeat(Math.max(0, answerBytes - 12)) } : value;
      const body = JSON.stringify(answer);
      response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
      response.end(body);
    });
  }),
);
