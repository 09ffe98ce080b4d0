// An endpoint of webhooks as a customer of Deskwire would write it: real HTTP, its own few lines of verification.
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What came in. */
export interface Received {
  readonly id: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly json: { readonly type: string; readonly timestamp: string; readonly data: Record<string, unknown> };
}

type Answer = (received: Received, response: ServerResponse) => void;

/** An endpoint that notes what it is sent; `answer` decides what it says, 204 at first. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  answer: Answer;
}

export const accept: Answer = (_received, response) => void response.writeHead(204).end();
export const answering =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_received, response) =>
    void response.writeHead(status, headers).end();
/** Keeps the sender waiting. */
export const silence: Answer = () => {};

export async function openReceiver(answer: Answer = accept): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const received = {
      id: String(request.headers["webhook-id"]),
      headers: request.headers,
      body,
      json: JSON.parse(body),
    };
    receiver.received.push(received);
    receiver.answer(received, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return receiver;
}

/** Whether one of its signatures was made with this secret, by the letter of the specification. */
export function isSigned({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const expected = `v1,${createHmac("sha256", key).update(content).digest("base64")}`;
  return String(headers["webhook-signature"]).split(" ").includes(expected);
}
