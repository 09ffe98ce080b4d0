// The command behind `npm run -s mcp`, with real processes and a real gRPC server.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runMcp } from "../../adapter/main.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { fixtureCatalog } from "./fixture-catalog.ts";
import { type Client, connect, connectOver } from "./servers.ts";

const command = fileURLToPath(new URL("command.ts", import.meta.url));
const NOBODY = "http://127.0.0.1:9";

let server: Listener;

// Health and reflection are on every port; for the command they are a foreign service.
beforeAll(async () => {
  server = await listen({ host: "127.0.0.1", port: 0, services: [], allowedOrigins: [], allowedHosts: [] });
});
afterAll(() => server.close());

function overStdio(args: string[], env: Record<string, string> = {}): Promise<Client> {
  const parameters = { command: process.execPath, args: [command, ...args], env, stderr: "ignore" as const };
  return connectOver(
    "2026-07-28",
    () => expect.fail(),
    () => new StdioClientTransport(parameters),
  );
}

describe("the command", () => {
  test("makes tools of any gRPC server with reflection", async () => {
    await using client = await overStdio(["--reflect", server.url, "--service", "grpc.health.v1.Health"]);
    const { tools } = await client.sdk.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["check", "watch"]));
    const { structuredContent } = await client.call("check");
    expect(structuredContent).toEqual({ status: "serving" });
  });

  test("ends when stdin does, though its connection to the services is open", async () => {
    const child = spawn(process.execPath, [command, "--reflect", server.url], { stdio: ["pipe", "pipe", "ignore"] });
    const clientInfo = { name: "raw", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params })}\n`);
    await once(createInterface(child.stdout), "line");
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("serves them over HTTP on a loopback port and ends on SIGTERM", async () => {
    const child = spawn(process.execPath, [command, "--reflect", server.url, "--http"]);
    const [line] = await once(createInterface(child.stdout), "line");
    const [, url] = /^MCP at (http:\/\/127\.0\.0\.1:\d+\/mcp)$/.exec(line) ?? expect.fail(line);
    await using client = await connect(new URL(url ?? ""), "sdk-v1");
    expect((await client.call("check")).structuredContent).toEqual({ status: "serving" });
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("opens the desk's own files where no desk answers", async () => {
    await using client = await overStdio([], { DESK: NOBODY, LOCAL: "yes" });
    expect((await client.sdk.listTools()).tools).toHaveLength(fixtureCatalog.tools.length);
  });

  test.each([
    ["a given URL where nobody answers", ["--url", NOBODY], NOBODY, "REFLECTION_FAILED"],
    ["a desk without tools", ["--url", "SERVER"], "--expose all", "NO_TOOLS"],
    ["an unknown service", ["--reflect", "SERVER", "--service", "a.b.C"], "a.b.C", "SERVICE_NOT_FOUND"],
    ["two sources", ["--url", NOBODY, "--reflect", NOBODY], "exclude each other", "USAGE"],
    ["a service without --reflect", ["--service", "a.b.C"], "--reflect", "USAGE"],
    ["a URL that is none", ["--reflect", "localhost:50051"], "localhost:50051", "USAGE"],
    ["an unknown exposure", ["--expose", "some"], "annotated or all", "USAGE"],
    ["a port without --http", ["8080"], "--http", "USAGE"],
    ["a port that is none", ["--http", "80800"], "80800", "USAGE"],
  ])("refuses %s", async (_, args, wayOut, reason) => {
    const openDesk = () => expect.fail("Nothing is opened in place of what was asked for.");
    const given = args.map((arg) => arg.replace("SERVER", server.url));
    const refused = runMcp({ args: given, url: NOBODY, info: { name: "x", version: "1" }, openDesk });
    const error: unknown = await refused.catch((thrown) => thrown);
    expect(reasonOf(error)).toBe(reason);
    expect(String(error)).toContain(wayOut);
  });

  test("fails with words alone where nobody answers and there is nothing to open", async () => {
    const child = spawn(process.execPath, [command], { env: { ...process.env, DESK: NOBODY } });
    const [words, [code]] = await Promise.all([child.stderr.setEncoding("utf8").toArray(), once(child, "close")]);
    expect(words.join("")).toMatch(/^No gRPC server answers at .*\n$/);
    expect(code).toBe(1);
  });
});
