// A stand-in for the Messages API over real HTTP: it answers what a test's script says, in the published shapes, and refuses
// what the real one would refuse. It is no model.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { wrongWith } from "./check.ts";
import { eventsOf, messageOf, type StreamEvent } from "./events.ts";
import type { Breakage, MessagesRequest, Refusal, Reply, Script, Turn } from "./script.ts";

/** The key that the stand-in takes. */
export const MODEL_KEY = "sk-ant-stand-in";

/** One request that came in. */
interface Received {
  readonly body: MessagesRequest;
  readonly headers: IncomingMessage["headers"];
  /** Resolves when the client has closed the connection before the end of the answer; never else. */
  readonly hungUp: Promise<void>;
}

/** A running stand-in. */
export interface MessagesApi extends AsyncDisposable {
  readonly url: string;
  /** What came in and was well formed, in order. */
  readonly received: readonly Received[];
  /** What was refused as malformed, in order: empty where the client is right. */
  readonly refused: readonly string[];
  /** What is answered from now on. */
  script: Script;
}

const NEVER = new Promise<never>(() => {});

function refuse(response: ServerResponse, { status, type, message = type, headers = {} }: Refusal): void {
  const request_id = `req_${randomBytes(12).toString("hex")}`;
  response.writeHead(status, { "content-type": "application/json", "request-id": request_id, ...headers });
  response.end(JSON.stringify({ type: "error", error: { type, message }, request_id }));
}

function frame({ type, ...rest }: StreamEvent): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
}

async function breakOff(response: ServerResponse, { how }: Breakage): Promise<void> {
  if (how === "hang") return NEVER;
  // What was sent before must have left, or the cut would take it along.
  await new Promise<void>((resolve) => response.write("\n", () => resolve()));
  if (how === "cut") return void response.destroy();
  if (how === "end") return void response.end();
  if (how === "malformed") return void response.end("event: content_block_delta\ndata: {not json\n\n");
  response.end(frame({ type: "error", error: { type: how.error, message: how.error } }));
}

async function stream(response: ServerResponse, turn: Turn, request: MessagesRequest): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "request-id": "req_stand_in" });
  let sent = 0;
  for (const event of eventsOf(messageOf(turn, request))) {
    if (turn.breaks && sent === turn.breaks.after) return breakOff(response, turn.breaks);
    if (event.type === "message_delta") await turn.held;
    response.write(frame(event));
    sent++;
  }
  response.end();
}

async function whole(response: ServerResponse, turn: Turn, request: MessagesRequest): Promise<void> {
  await turn.held;
  response.writeHead(200, { "content-type": "application/json", "request-id": "req_stand_in" });
  const text = JSON.stringify(messageOf(turn, request));
  if (!turn.breaks) return void response.end(text);
  response.write(text.slice(0, turn.breaks.after));
  return breakOff(response, turn.breaks);
}

async function answer(response: ServerResponse, reply: Reply, request: MessagesRequest): Promise<void> {
  if (reply === "hang") return NEVER;
  if (reply === "cut") return void response.destroy();
  if ("status" in reply) return refuse(response, reply);
  return request.stream ? stream(response, reply, request) : whole(response, reply, request);
}

/** Whether the client shows the key, in either of the headers that SDKs put it in. */
function isAuthentic({ headers }: IncomingMessage): boolean {
  return headers["x-api-key"] === MODEL_KEY || headers.authorization === `Bearer ${MODEL_KEY}`;
}

/** Starts a stand-in on a free port of the loopback. */
export async function startMessagesApi(script: Script): Promise<MessagesApi> {
  const received: Received[] = [];
  const refused: string[] = [];
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = Buffer.concat(await request.toArray());
    const [path] = (request.url ?? "").split("?");
    if (path !== "/v1/messages") return refuse(response, { status: 404, type: "not_found_error", message: `${path}` });
    if (!isAuthentic(request)) {
      return refuse(response, { status: 401, type: "authentication_error", message: "invalid x-api-key" });
    }
    const body = JSON.parse(bytes.toString());
    const wrong = wrongWith(body, request.headers["anthropic-version"]);
    if (wrong !== undefined) {
      refused.push(wrong);
      return refuse(response, { status: 400, type: "invalid_request_error", message: wrong });
    }
    const hungUp = new Promise<void>((resolve) => {
      response.once("close", () => {
        if (!response.writableEnded) resolve();
      });
    });
    received.push({ body, headers: request.headers, hungUp });
    await answer(response, await api.script(body), body);
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      if (response.headersSent) return void response.destroy();
      // Not to be tried again: a test that fails here should fail at once, with these words.
      const headers = { "x-should-retry": "false" };
      refuse(response, { status: 500, type: "api_error", message: `stand-in: ${error}`, headers });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const api: MessagesApi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    refused,
    script,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return api;
}
