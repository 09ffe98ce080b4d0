// What one client cannot do to the others: hold connections, send without end, or flood.
import { once } from "node:events";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import type { HttpResponse } from "../../runtime/http/http-port.ts";
import { eventually } from "../support/processes.ts";
import { h2c, http1, listenForTest, rawConnection, versions } from "./fixture.ts";

const ECHO = "/deskwire.test.v1.EchoService/Echo";
const POST_HEAD = `POST ${ECHO} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;

describe.concurrent("a client that", () => {
  const limits = { sniffTimeoutMs: 100, headersTimeoutMs: 200, requestTimeoutMs: 400 };

  test.each([
    ["says nothing", ""],
    ["stops within the preface", "PRI * HTTP/2.0\r\n"],
    ["stops within the headers", "GET / HTTP/1.1\r\nhost: localhost\r\n"],
    ["stops within the body", `${POST_HEAD}content-length: 100\r\n\r\n{`],
    ["sends the preface alone", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])("%s is cut off", async (_, bytes) => {
    await using listener = await listenForTest({ limits });
    const { socket, closed } = rawConnection(listener.port);
    socket.write(bytes);
    await closed;
    // A busy machine may be too slow for such limits once.
    await eventually(async () => (await http1(listener.port, {})).status === 200);
  });

  test("goes on sending after its refusal is cut off", async () => {
    await using listener = await listenForTest();
    const { socket, closed } = rawConnection(listener.port);
    socket.write(`${POST_HEAD}content-length: 99999999\r\n\r\n{`);
    expect(await closed).toMatch(/^HTTP\/1\.1 429 /);
  });

  test("drips its headers is cut off", async () => {
    await using listener = await listenForTest({ limits });
    const { socket, closed } = rawConnection(listener.port);
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n");
    const drip = setInterval(() => socket.write("x: y\r\n"), 20);
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  test("stays idle after its request is cut off", async () => {
    await using listener = await listenForTest({ limits: { keepAliveTimeoutMs: 100 } });
    const { socket, closed } = rawConnection(listener.port);
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    expect(await closed).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("stays idle without a stream is cut off", async () => {
    await using listener = await listenForTest({ limits: { idleSessionTimeoutMs: 100 } });
    await once(connect(listener.url), "close");
  });

  test("leaves an HTTP/2 request unfinished loses that stream", async () => {
    await using listener = await listenForTest({ limits: { requestTimeoutMs: 400 } });
    const session = connect(listener.url);
    const stream = session.request({ ":method": "POST", ":path": ECHO, "content-type": "application/json" });
    stream.write("{");
    await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
    expect(session.closed).toBe(false);
    session.destroy();
  });

  test("goes on sending on HTTP/2 after its refusal loses that stream", async () => {
    await using listener = await listenForTest({ maxMessageBytes: 100 });
    const session = connect(listener.url);
    const stream = session.request({ ":method": "POST", ":path": ECHO, "content-type": "application/json" });
    stream.write("{".repeat(200_000));
    stream.resume();
    await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
    session.destroy();
  });

  test("goes on after its one message in gRPC is refused, though it never ends", async () => {
    await using listener = await listenForTest();
    const session = connect(listener.url);
    const stream = session.request({ ":method": "POST", ":path": ECHO, "content-type": "application/grpc" });
    stream.write(Buffer.alloc(6));
    const [headers] = await once(stream, "response");
    expect(headers["grpc-status"]).toBe(String(Code.InvalidArgument));
    session.destroy();
  });

  test.each(versions)("does not read its answer is cut off over %s", async (_, send) => {
    const ended = Promise.withResolvers<void>();
    const routes = {
      "/long": (_request: unknown, response: HttpResponse) => {
        response.once("close", ended.resolve);
        response.end(Buffer.alloc(64 * 1024 * 1024));
      },
    };
    const limits = { requestTimeoutMs: 400, maxHeldBytes: Number.POSITIVE_INFINITY };
    await using listener = await listenForTest({ limits, routes });
    if (send === h2c) {
      connect(listener.url).request({ ":path": "/long" });
    } else {
      rawConnection(listener.port).socket.pause().write("GET /long HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }
    await ended.promise;
  });
});

test("of clients that together leave more unread than a port holds, those with the most are cut off over both versions", async () => {
  const answer = Buffer.alloc(100_000);
  const cut = Promise.withResolvers<void>();
  const routes = {
    "/long": (_request: unknown, response: HttpResponse) => void response.end(answer),
    "/endless": (_request: unknown, response: HttpResponse) => {
      response.once("close", cut.resolve);
      response.end(Buffer.alloc(32 * 1024 * 1024));
    },
  };
  await using listener = await listenForTest({ limits: { maxHeldBytes: 1_000_000 }, routes });
  const ask = (streams: number) => {
    const session = connect(listener.url, { settings: { initialWindowSize: 0 } }).on("error", () => {});
    const asked = Array.from({ length: streams }, () => session.request({ ":path": "/long" }).on("error", () => {}));
    return { session, answered: Promise.all(asked.map((stream) => once(stream, "response"))) };
  };
  const modest = ask(3);
  await modest.answered;
  const greedy = ask(9);
  const [code] = await once(greedy.session, "goaway");
  expect(code).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  rawConnection(listener.port).socket.pause().write("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await cut.promise;
  expect(modest.session.closed).toBe(false);
  expect((await h2c(listener.port, { path: "/long" })).text).toHaveLength(answer.length);
  modest.session.destroy();
});

test.each([
  ["application/json", {}],
  ["application/grpc", {}],
  ["application/json", { "content-encoding": "gzip" }],
])(
  "of clients that together send more than a port holds and end nothing, those with the most are cut off: %s %o",
  async (type, more) => {
    await using listener = await listenForTest({ limits: { maxHeldBytes: 1_000_000 } });
    const headers = { ":method": "POST", ":path": ECHO, "content-type": type, ...more };
    const greedy = connect(listener.url).on("error", () => {});
    const goaway = once(greedy, "goaway");
    // Of gRPC the head of a message that would be longer.
    const beginning = Buffer.concat([Buffer.from([0, 0, 8, 0, 0]), Buffer.alloc(200_000)]);
    for (let streams = 0; streams < 9; streams++)
      greedy
        .request(headers)
        .on("error", () => {})
        .write(beginning);
    expect((await goaway)[0]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const slow = Array.from({ length: 9 }, () => rawConnection(listener.port));
    for (const { socket } of slow) socket.write(`${POST_HEAD}content-length: 500000\r\n\r\n${"x".repeat(200_000)}`);
    expect(await Promise.race(slow.map(({ closed }) => closed))).toBe("");
    expect((await h2c(listener.port, {})).status).toBe(200);
    for (const { socket } of slow) socket.destroy();
  },
);

test("a quiet stream is not cut", async () => {
  await using listener = await listenForTest({ limits: { requestTimeoutMs: 100, idleSessionTimeoutMs: 100 } });
  const session = connect(listener.url);
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.health.v1.Health/Watch",
    "content-type": "application/grpc",
  });
  stream.end(Buffer.alloc(5));
  await once(stream, "data");
  const changed = once(stream, "data");
  // Ten times the limits: the one condition here is that time passes.
  setTimeout(() => listener.health.set("deskwire.test.v1.EchoService", "NOT_SERVING"), 1_000);
  await changed;
  session.destroy();
});

test("connections above the limit are closed, and those before it stay", async () => {
  await using listener = await listenForTest({ limits: { maxConnections: 1 } });
  const session = connect(listener.url);
  await once(session, "remoteSettings");
  expect(await rawConnection(listener.port).closed).toBe("");
  expect(session.closed).toBe(false);
  session.destroy();
});

test("a client that sends requests without end and reads no answer is cut off, one that reads is not", async () => {
  await using listener = await listenForTest();
  const request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
  const last = request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
  const hold = `POST ${ECHO.replace(/Echo$/, "Hold")} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
  const greedy = rawConnection(listener.port);
  greedy.socket.write(hold + request.repeat(100));
  expect(await greedy.closed).toBe("");
  const modest = rawConnection(listener.port);
  for (let sent = 0; sent < 50; sent++) {
    modest.socket.write(request);
    await once(modest.socket, "data");
  }
  modest.socket.write(request.repeat(8) + last);
  expect((await modest.closed).match(/HTTP\/1\.1 200 /g)).toHaveLength(59);
});

test("headers above the limit are refused", async () => {
  await using listener = await listenForTest();
  const headers = { "x-long": "x".repeat(20_000) };
  expect((await http1(listener.port, { headers })).status).toBe(431);
  const session = connect(listener.url);
  await once(session, "remoteSettings");
  const stream = session.request(headers);
  await expect(once(stream, "response")).rejects.toThrow("NGHTTP2_ENHANCE_YOUR_CALM");
  session.destroy();
});

test("a client that resets streams rapidly loses its connection, and nobody else does", async () => {
  await using listener = await listenForTest({ limits: { streamResetBurst: 100, streamResetRate: 1 } });
  const bystander = connect(listener.url);
  await once(bystander, "remoteSettings");
  const flood = connect(listener.url).on("error", () => {});
  await once(flood, "remoteSettings");
  const resets = await floodOf(flood, 2_000);
  expect(resets).toBeGreaterThanOrEqual(100);
  expect(resets).toBeLessThan(500);
  expect(flood.destroyed).toBe(true);
  expect(bystander.closed).toBe(false);
  expect((await h2c(listener.port, {})).status).toBe(200);
  bystander.destroy();
});

/** Opens and resets streams until the connection is gone; the number it got to. */
async function floodOf(session: ClientHttp2Session, most: number): Promise<number> {
  for (let sent = 0; sent < most; sent++) {
    if (session.destroyed || session.closed) {
      if (!session.destroyed) await once(session, "close");
      return sent;
    }
    const stream = session.request({ ":method": "POST", ":path": ECHO, "content-type": "application/grpc" });
    stream.on("error", () => {});
    stream.close(constants.NGHTTP2_CANCEL);
    await new Promise(setImmediate);
  }
  return Number.NaN;
}

test("garbage, resets and half-closed connections leave the port standing", async () => {
  await using listener = await listenForTest();
  const tls = rawConnection(listener.port);
  tls.socket.write(Buffer.from("16030100c6010000c20303", "hex"));
  expect(await tls.closed).toMatch(/^HTTP\/1\.1 400 /);

  const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const frames = rawConnection(listener.port);
  frames.socket.write(`${preface}${"garbage".repeat(20)}`);
  await frames.closed;

  for (const bytes of ["", "P", preface, POST_HEAD]) {
    const reset = rawConnection(listener.port);
    await once(reset.socket, "connect");
    reset.socket.write(bytes);
    reset.socket.resetAndDestroy();
    const half = rawConnection(listener.port);
    half.socket.end(bytes);
    await half.closed;
  }
  expect((await http1(listener.port, {})).status).toBe(200);
});
