// How a port ends: what is under way finishes, what would never end is ended, and nothing lasts past the grace.

import { once } from "node:events";
import { connect } from "node:http2";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, test } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/health/v1/health_pb.js";
import { reasonOf } from "../../runtime/errors.ts";
import { EchoService, echo, http1, listenForTest, rawConnection, type Words } from "./fixture.ts";

interface Echo {
  hold(words: { text: string }): Promise<Words>;
  repeat(words: { text: string }): AsyncIterable<Words>;
}
const clientOf = (transport: Transport) => createClient(EchoService, transport) as unknown as Echo;

const transports: [string, (baseUrl: string) => Transport][] = [
  ["gRPC", (baseUrl) => createGrpcTransport({ baseUrl })],
  ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
];

describe.each(transports)("over %s", (_, transport) => {
  test("a call under way finishes, and the port closes as soon as it has", async () => {
    const { service, release, held } = echo();
    const listener = await listenForTest({ services: [service], graceMs: 60_000 });
    const answer = clientOf(transport(listener.url)).hold({ text: "kept" });
    await held;
    const closed = listener.close();
    await expect(http1(listener.port, {})).rejects.toThrow("ECONNREFUSED");
    release();
    expect((await answer).text).toBe("kept");
    await closed;
  });

  test("a stream that would never end is ended after the grace, and told why", async () => {
    const listener = await listenForTest({ graceMs: 50 });
    const stream = clientOf(transport(listener.url)).repeat({ text: "on" })[Symbol.asyncIterator]();
    expect((await stream.next()).value.text).toBe("on");
    const next = stream.next().catch((error) => ConnectError.from(error));
    await listener.close();
    const error = await next;
    expect(error).toMatchObject({ code: Code.Unavailable });
    expect(reasonOf(error)).toBe("SHUTTING_DOWN");
  });

  test("a call that heeds no signal is cut off after the grace", async () => {
    const { service, held } = echo();
    const listener = await listenForTest({ services: [service], graceMs: 10 });
    const answer = clientOf(transport(listener.url)).hold({ text: "lost" });
    const failed = expect(answer).rejects.toBeInstanceOf(ConnectError);
    await held;
    await listener.close();
    await failed;
  });
});

test("health turns NOT_SERVING first, and its watchers do not hold the port", async () => {
  const listener = await listenForTest({ graceMs: 60_000 });
  const client = createClient(Health, createGrpcTransport({ baseUrl: listener.url }));
  const watch = client.watch({ service: "" })[Symbol.asyncIterator]();
  expect((await watch.next()).value.status).toBe(ServingStatus.SERVING);
  const closed = listener.close();
  expect((await watch.next()).value.status).toBe(ServingStatus.NOT_SERVING);
  await expect(watch.next()).rejects.toMatchObject({ code: Code.Unavailable });
  await closed;
});

test("idle and undecided connections do not hold the port, and HTTP/2 gets a GOAWAY", async () => {
  const listener = await listenForTest({ graceMs: 60_000 });
  const silent = rawConnection(listener.port);
  await once(silent.socket, "connect");
  const idle = rawConnection(listener.port);
  idle.socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(idle.socket, "data");
  const session = connect(listener.url);
  await once(session, "remoteSettings");
  const goaway = once(session, "goaway");
  await listener.close();
  expect((await goaway)[0]).toBe(0);
  await Promise.all([silent.closed, idle.closed]);
});

test("closing twice is closing once", async () => {
  const listener = await listenForTest();
  await Promise.all([listener.close(), listener.close()]);
  await listener.close();
});
