// Every protocol and both HTTP versions reach the same service at the same port.

import { once } from "node:events";
import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { credentials, Client as GrpcClient, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listener } from "../../runtime/http/listener.ts";
import { EchoService, h2c, http1, listenForTest, rawConnection, versions, type Words } from "./fixture.ts";

const JSON_TYPE = { "content-type": "application/json" };
const ECHO = "/deskwire.test.v1.EchoService/Echo";
const { input: WordsSchema } = EchoService.method.echo as DescMethod;

let listener: Listener;
beforeAll(async () => {
  listener = await listenForTest({ maxMessageBytes: 64 * 1024 });
});
afterAll(() => listener.close());

type Echo = Record<"echo", (words: { text: string }) => Promise<Words>> &
  Record<"collect", (words: AsyncIterable<{ text: string }>) => Promise<Words>>;

function transports(url: string): [string, Transport][] {
  return [
    ["gRPC", createGrpcTransport({ baseUrl: url })],
    ["gRPC-Web over HTTP/1.1", createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" })],
    ["gRPC-Web over h2c", createGrpcWebTransport({ baseUrl: url, httpVersion: "2" })],
    ["Connect over HTTP/1.1", createConnectTransport({ baseUrl: url, httpVersion: "1.1" })],
    ["Connect over h2c", createConnectTransport({ baseUrl: url, httpVersion: "2" })],
    ["Connect GET", createConnectTransport({ baseUrl: url, httpVersion: "1.1", useHttpGet: true })],
  ];
}

test("each protocol carries a unary call, a client stream and a refused oversize message", async () => {
  for (const [name, transport] of transports(listener.url)) {
    const client = createClient(EchoService, transport) as unknown as Echo;
    expect((await client.echo({ text: name })).text).toBe(name);
    const collected = client.collect(
      (async function* () {
        yield { text: "one" };
        yield { text: "two" };
      })(),
    );
    expect((await collected).text).toBe("one two");
    if (name === "Connect GET") continue;
    const oversize = await client.echo({ text: "x".repeat(65 * 1024) }).catch((error) => ConnectError.from(error));
    expect(oversize, name).toMatchObject({ code: Code.ResourceExhausted });
  }
});

test("a small compressed message that would be large is refused", async () => {
  const { gzipSync } = await import("node:zlib");
  const bomb = gzipSync(JSON.stringify({ text: "x".repeat(10_000_000) }));
  expect(bomb.length).toBeLessThan(64 * 1024);
  const response = await fetch(listener.url + ECHO, {
    method: "POST",
    headers: { ...JSON_TYPE, "content-encoding": "gzip" },
    body: new Uint8Array(bomb),
  });
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ code: "resource_exhausted" });
});

describe("@grpc/grpc-js", () => {
  const call = (path: string, text: string) =>
    new Promise<Words>((resolve, reject) => {
      const client = new GrpcClient(`localhost:${listener.port}`, credentials.createInsecure());
      client.makeUnaryRequest(
        path,
        (words: Words) => Buffer.from(toBinary(WordsSchema, words)),
        (bytes) => fromBinary(WordsSchema, bytes) as Words,
        create(WordsSchema, { text }) as Words,
        (error, answer) => {
          client.close();
          if (error) reject(error);
          else resolve(answer as Words);
        },
      );
    });

  test("is answered", async () => {
    expect((await call(ECHO, "hello")).text).toBe("hello");
  });

  test("is told what there is where a method is not served", async () => {
    const error = (await call("/deskwire.test.v1.EchoService/Nope", "").catch((e) => e)) as ServiceError;
    expect(error.code, error.message).toBe(status.UNIMPLEMENTED);
    expect(decodeURIComponent(error.details)).toContain("Echo, Hold, Repeat, Collect");
  });
});

describe.each(versions)("JSON over %s", (_, send) => {
  const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
    send(listener.port, { method: "POST", path: ECHO, headers, body });

  test("is answered", async () => {
    const answer = await post('{"text":"hello"}');
    expect(answer).toMatchObject({ status: 200, text: '{"text":"hello"}' });
  });

  test("with an unknown field or enum name is refused", async () => {
    for (const body of ['{"txt":"x"}', '{"tone":"TONE_SHRILL"}', "{"]) {
      const answer = await post(body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "invalid_argument" });
    }
  });

  test("without its content type is refused with the way out", async () => {
    for (const headers of [{}, { "content-type": "application/x-www-form-urlencoded" }]) {
      const answer = await post("{}", headers);
      expect(answer.status).toBe(415);
      expect(JSON.parse(answer.text).message).toContain("content-type: application/json");
    }
  });

  test("is told what there is where nothing is served", async () => {
    const nowhere = await send(listener.port, { path: "/nowhere" });
    expect(nowhere.status).toBe(404);
    expect(JSON.parse(nowhere.text).message).toContain("deskwire.test.v1.EchoService");
    const front = await send(listener.port, { path: "/" });
    expect(JSON.parse(front.text)).toMatchObject({ services: ["deskwire.test.v1.EchoService"] });
  });

  test("is refused with 405 where a plain page is posted to", async () => {
    expect(await send(listener.port, { path: "/healthz", method: "POST" })).toMatchObject({ status: 405 });
  });
});

test("a preface that comes byte by byte is understood, and so is a request that begins like one", async () => {
  const h2 = rawConnection(listener.port);
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  for (const byte of Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings])) {
    h2.socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  const [frame] = (await once(h2.socket, "data")) as [Buffer];
  expect(frame[3]).toBe(4);
  h2.socket.destroy();

  const h1 = rawConnection(listener.port);
  for (const part of ["P", "R", "OPFIND / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"]) {
    h1.socket.write(part);
    // Answered after the part has been read, because the port reads in the order of arrival.
    await http1(listener.port, {});
  }
  expect(await h1.closed).toMatch(/^HTTP\/1\.1 405 /);
});

test("routes are served in both versions, and one that throws is a 500", async () => {
  const routes = {
    "/here": (_: unknown, response: { end(text: string): unknown }) => void response.end("here"),
    "/broken": () => Promise.reject(new Error("broken")),
    "/thrown": () => {
      throw new Error("thrown");
    },
  };
  const logged: unknown[] = [];
  await using own = await listenForTest({ routes, log: (message, fields) => logged.push([message, fields?.path]) });
  for (const send of [http1, h2c]) {
    expect(await send(own.port, { path: "/here?x=1" })).toMatchObject({ status: 200, text: "here" });
    expect(await send(own.port, { path: "/broken" })).toMatchObject({ status: 500 });
    expect(await send(own.port, { path: "/thrown" })).toMatchObject({ status: 500 });
  }
  expect(logged).toContainEqual(["request failed", "/broken"]);
});

test("a port that is taken gives an error that names it and the way out", async () => {
  await expect(listenForTest({ port: listener.port })).rejects.toThrow(
    new RegExp(`port ${listener.port} of 127.0.0.1: another program has it.*PORT=`),
  );
});
