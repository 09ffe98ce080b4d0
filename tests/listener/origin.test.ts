// Who is let in: Host against DNS rebinding, Origin against web pages of others, CORS for the pages that may.

import { connect } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Listener } from "../../runtime/http/listener.ts";
import { h2c, http1, listenForTest, rawConnection, versions } from "./fixture.ts";

const ECHO = "/deskwire.test.v1.EchoService/Echo";
const PREFLIGHT = {
  "access-control-request-method": "POST",
  "access-control-request-headers": "content-type,connect-protocol-version",
};

let listener: Listener;
beforeAll(async () => {
  listener = await listenForTest({
    allowedHosts: ["desk.example.com"],
    allowedOrigins: ["https://App.example.com/"],
    routes: { "/mcp": (_, response) => void response.end() },
  });
});
afterAll(() => listener.close());

describe.each(versions)("over %s", (version, send) => {
  const authority = version === "h2c" ? ":authority" : "host";
  const withHost = (host: string, path = "/") => send(listener.port, { path, headers: { [authority]: host } });
  const withOrigin = (origin: string, extra = {}, method = "GET", path = "/") =>
    send(listener.port, { path, method, headers: { origin, ...extra } });

  test("loopback and configured hosts pass", async () => {
    for (const host of ["localhost", "LOCALHOST.:80", "127.0.0.1:9", "127.9.9.9", "[::1]:8080", "a.localhost"]) {
      expect((await withHost(host)).status, host).toBe(200);
    }
    expect((await withHost("desk.example.com:1")).status).toBe(200);
  });

  test("any other host is refused at every path, and told of ALLOWED_HOSTS", async () => {
    const foreign = [
      "evil.example",
      "localhost.evil.example",
      "desk.example.com.evil.example",
      "10.0.0.1",
      "[fe80::1]",
    ];
    // HTTP/2 itself does not let a malformed one through.
    if (version === "HTTP/1.1") foreign.push("localhost@evil.example", "localhost:99999", "localhost/x");
    for (const host of foreign) {
      for (const path of ["/", "/mcp", "/healthz", ECHO, "/nowhere"]) {
        const answer = await withHost(host, path);
        expect(answer.status, host + path).toBe(403);
        expect(JSON.parse(answer.text).message).toContain("ALLOWED_HOSTS");
      }
    }
  });

  test("a web page of another origin is refused at every path, without CORS headers", async () => {
    const foreign = [
      "https://evil.example",
      "null",
      `http://localhost:${listener.port}`,
      "https://buf.build.evil.example",
    ];
    for (const origin of [...foreign, "http://buf.build"]) {
      for (const path of ["/", "/mcp", ECHO]) {
        for (const answer of [
          await withOrigin(origin, {}, "GET", path),
          await withOrigin(origin, PREFLIGHT, "OPTIONS", path),
        ]) {
          expect(answer.status, origin + path).toBe(403);
          expect(JSON.parse(answer.text).message).toContain("ALLOWED_ORIGINS");
          expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
        }
      }
    }
  });

  test("the preflight of an allowed page is answered, also for a private network", async () => {
    for (const origin of ["https://buf.build", "https://app.example.com"]) {
      for (const path of [ECHO, "/mcp"]) {
        const private_ = { ...PREFLIGHT, "access-control-request-private-network": "true" };
        const { status, headers } = await withOrigin(origin, private_, "OPTIONS", path);
        expect(status).toBe(204);
        expect(headers).toMatchObject({
          "access-control-allow-origin": origin,
          "access-control-allow-private-network": "true",
          vary: "origin",
        });
        const allowed = String(headers["access-control-allow-headers"]).toLowerCase().split(", ");
        expect(allowed).toEqual(
          expect.arrayContaining([
            "content-type",
            "connect-protocol-version",
            "x-grpc-web",
            "authorization",
            "mcp-session-id",
          ]),
        );
      }
    }
  });

  test("an allowed page can call and read the answer", async () => {
    const answer = await send(listener.port, {
      method: "POST",
      path: ECHO,
      headers: { origin: "https://buf.build", "content-type": "application/json" },
      body: "{}",
    });
    expect(answer.status).toBe(200);
    expect(answer.headers["access-control-allow-origin"]).toBe("https://buf.build");
    expect(answer.headers["access-control-expose-headers"]).toContain("Grpc-Status");
  });

  test("a client that is no web page gets no CORS headers", async () => {
    const answer = await send(listener.port, {});
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

test("a second, different host in the same request is refused", async () => {
  const { socket, closed } = rawConnection(listener.port);
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
  expect(await closed).toMatch(/^HTTP\/1\.1 40[03] /);

  const answer = await h2c(listener.port, { headers: { ":authority": "localhost", host: "evil.example" } });
  expect(answer.status).toBe(403);
});

test("a request without any host is refused", async () => {
  for (const version of ["HTTP/1.0", "HTTP/1.1"]) {
    const { socket, closed } = rawConnection(listener.port);
    socket.write(`GET / ${version}\r\nconnection: close\r\n\r\n`);
    expect(await closed).toMatch(/^HTTP\/1\.1 40[03] /);
  }
});

test("a gRPC client at a refused host is told the way out in its own terms", async () => {
  const session = connect(listener.url);
  const stream = session.request({
    ":method": "POST",
    ":path": ECHO,
    ":authority": "desk.invalid",
    "content-type": "application/grpc",
  });
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.on("response", resolve));
  session.close();
  expect(headers).toMatchObject({ ":status": 200, "grpc-status": String(Code.PermissionDenied) });
  expect(decodeURIComponent(String(headers["grpc-message"]))).toContain("ALLOWED_HOSTS");
});

test("at a port bound to all addresses any address passes, a name does not", async () => {
  await using everywhere = await listenForTest({ host: "0.0.0.0" });
  expect((await http1(everywhere.port, { headers: { host: "10.1.2.3:80" } })).status).toBe(200);
  expect((await http1(everywhere.port, { headers: { host: "[fd00::1]" } })).status).toBe(200);
  expect((await http1(everywhere.port, { headers: { host: "evil.example" } })).status).toBe(403);
});

test("malformed configuration is refused with the right form", async () => {
  const origins = listenForTest({ allowedOrigins: ["*"] });
  await expect(origins).rejects.toThrow(/ALLOWED_ORIGINS holds "\*".*https:/);
  const hosts = listenForTest({ allowedHosts: ["https://desk.example.com"] });
  await expect(hosts).rejects.toThrow(/ALLOWED_HOSTS holds "https:/);
  await expect(hosts).rejects.toBeInstanceOf(ConnectError);
});
