// The floor: JSON in, JSON out, over bare node:http. With an argument: that many bytes of answer, as another server gives.
import { jsonServer } from "../lib/json-server.ts";
import { listenAndSayWhere } from "../lib/say-where.ts";

const answerBytes = Number(process.argv[2] ?? 0);

listenAndSayWhere(
  jsonServer((value) => (answerBytes > 0 ? { value: "x".repeat(Math.max(0, answerBytes - 12)) } : value)),
);
