// A small service of its own, and clients that speak to a port as plainly as curl does.

import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders as Http2Headers } from "node:http2";
import { connect, type Socket } from "node:net";
import { create, createFileRegistry, type DescService, type Message } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MethodOptions_IdempotencyLevel,
} from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type BoundService, bindService } from "../../runtime/calls/service.ts";
import { type Listener, type ListenOptions, listen } from "../../runtime/http/listener.ts";

const WORDS = ".deskwire.test.v1.Words";

export const echoFile = create(FileDescriptorProtoSchema, {
  name: "deskwire/test/v1/echo.proto",
  package: "deskwire.test.v1",
  syntax: "proto3",
  messageType: [
    {
      name: "Words",
      field: [
        {
          name: "text",
          jsonName: "text",
          number: 1,
          type: FieldDescriptorProto_Type.STRING,
          label: FieldDescriptorProto_Label.OPTIONAL,
        },
        {
          name: "tone",
          jsonName: "tone",
          number: 2,
          type: FieldDescriptorProto_Type.ENUM,
          typeName: ".deskwire.test.v1.Tone",
          label: FieldDescriptorProto_Label.OPTIONAL,
        },
      ],
    },
  ],
  enumType: [
    {
      name: "Tone",
      value: [
        { name: "TONE_UNSPECIFIED", number: 0 },
        { name: "TONE_LOUD", number: 1 },
      ],
    },
  ],
  service: [
    {
      name: "EchoService",
      method: [
        {
          name: "Echo",
          inputType: WORDS,
          outputType: WORDS,
          options: { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS },
        },
        { name: "Hold", inputType: WORDS, outputType: WORDS },
        { name: "Repeat", inputType: WORDS, outputType: WORDS, serverStreaming: true },
        { name: "Collect", inputType: WORDS, outputType: WORDS, clientStreaming: true },
      ],
    },
  ],
});

const registry = createFileRegistry(echoFile, () => undefined);

export const EchoService = registry.getService("deskwire.test.v1.EchoService") as DescService;

export type Words = Message & { text: string; tone: number };

/** Echo answers at once with the first 100 characters, Hold waits for `release`, Repeat sends the words until its signal is aborted. */
export function echo(): { service: BoundService; release: () => void; held: Promise<void> } {
  const released = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const implementation = {
    echo: ({ text }: Words) => ({ text: text.slice(0, 100) }),
    async hold({ text }: Words) {
      held.resolve();
      await released.promise;
      return { text };
    },
    async *repeat({ text }: Words, { signal }: HandlerContext) {
      yield { text };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw signal.reason;
    },
    async collect(requests: AsyncIterable<Words>) {
      const texts: string[] = [];
      for await (const { text } of requests) texts.push(text);
      return { text: texts.join(" ") };
    },
  };
  return {
    service: bindService(EchoService, implementation as unknown as ServiceImpl<DescService>),
    release: released.resolve,
    held: held.promise,
  };
}

/** Opens a port with the echo service. */
export function listenForTest(options: Partial<ListenOptions> = {}): Promise<Listener> {
  return listen({
    host: "127.0.0.1",
    port: 0,
    services: [echo().service],
    allowedHosts: [],
    allowedOrigins: [],
    graceMs: 5_000,
    ...options,
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders | Http2Headers;
  readonly text: string;
}

export interface Plain {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** One HTTP/1.1 request on a connection of its own. */
export function http1(port: number, { method = "GET", path = "/", headers = {}, body }: Plain): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: "127.0.0.1", method, path, headers, agent: false }, async (response) => {
      const chunks: Buffer[] = await response.toArray();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() });
    });
    request.on("error", reject).end(body);
  });
}

/** One HTTP/2 request with prior knowledge on a connection of its own. */
export function h2c(port: number, { method = "GET", path = "/", headers = {}, body }: Plain): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`).on("error", reject);
    const stream = session.request({ ":method": method, ":path": path, ...headers }).on("error", reject);
    stream.on("response", async (received) => {
      const chunks: Buffer[] = await stream.toArray();
      session.close();
      resolve({ status: received[":status"] ?? 0, headers: received, text: Buffer.concat(chunks).toString() });
    });
    stream.end(body);
  });
}

export const versions: [name: string, send: typeof http1][] = [
  ["HTTP/1.1", http1],
  ["h2c", h2c],
];

/** A bare connection; `closed` resolves with all that came when the other side has closed it. */
export function rawConnection(port: number): { socket: Socket; closed: Promise<string> } {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const chunks: Buffer[] = [];
  const closed = new Promise<string>((resolve) => {
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
  return { socket, closed };
}
