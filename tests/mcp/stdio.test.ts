// MCP over stdio, with real processes.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio";
import { StdioClientTransport as OldStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, test } from "vitest";
import { connectOver, eras } from "./servers.ts";

const command = process.execPath;
const args = [fileURLToPath(new URL("fixture-stdio.ts", import.meta.url))];
const parameters = { command, args, stderr: "ignore" as const };

describe.each(eras)("a client of %s over stdio", (era) => {
  test("lists, calls, hears progress, cancels and reads", async () => {
    await using client = await connectOver(
      era,
      () => new OldStdio(parameters),
      () => new ModernStdio(parameters),
    );
    const { tools } = await client.sdk.listTools();
    expect(tools.map(({ name }) => name)).toContain("guarded");
    expect((await client.call("echo", { label: "hi" })).structuredContent).toEqual({ echo: { label: "hi" } });

    const cancel = new AbortController();
    const slow = client.call("slow_progress", {}, { signal: cancel.signal, onprogress: () => cancel.abort() });
    await expect(slow).rejects.toThrow();
    await expect(client.call("no_such_tool")).rejects.toMatchObject({ code: -32602 });
    expect((await client.sdk.readResource({ uri: "note://N-1" })).contents).toHaveLength(1);
  });
});

class Process implements AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams = spawn(command, args);
  readonly exited = once(this.child, "exit");
  readonly #stdout = createInterface(this.child.stdout)[Symbol.asyncIterator]();
  readonly #stderr = createInterface(this.child.stderr)[Symbol.asyncIterator]();

  send(message: unknown): void {
    this.child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
  }
  async receive(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.#stdout.next()).value ?? "null");
  }
  async logged(text: string): Promise<void> {
    for (;;) {
      const { done, value } = await this.#stderr.next();
      if (done) throw new Error(`The process ended without logging: ${text}`);
      if (value.includes(text)) return;
    }
  }
  async initialize(): Promise<void> {
    const clientInfo = { name: "raw", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    this.send({ jsonrpc: "2.0", id: 0, method: "initialize", params });
    expect(await this.receive()).toMatchObject({ id: 0, result: { protocolVersion: "2025-06-18" } });
    this.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  }
  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }
}

const slowCall = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "slow", arguments: { label: "x" } } };

describe("a process on stdio", () => {
  test("answers malformed input and goes on", async () => {
    await using server = new Process();
    server.send('{"jsonrpc":');
    expect(await server.receive()).toMatchObject({ id: null, error: { code: -32700 } });
    server.send({ hello: "world" });
    expect(await server.receive()).toMatchObject({ id: null, error: { code: -32600 } });
    server.child.stdin.write(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\xe9"}\n', "latin1"));
    expect(await server.receive()).toMatchObject({ id: null, error: { code: -32700 } });
    server.send("[".repeat(4_000) + "]".repeat(4_000));
    expect(await server.receive()).toMatchObject({ id: null, error: { code: -32600 } });
    server.send("\r");
    await server.initialize();
    server.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } });
    expect(await server.receive()).toMatchObject({ id: 1, result: { structuredContent: { echo: {} } } });
  });

  test("sends progress in order, before the result", async () => {
    await using server = new Process();
    await server.initialize();
    const params = { name: "progress", arguments: {}, _meta: { progressToken: "p" } };
    server.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
    for (const progress of [1, 2, 3]) {
      expect(await server.receive()).toMatchObject({ params: { progressToken: "p", progress } });
    }
    expect(await server.receive()).toMatchObject({ id: 1, result: { structuredContent: { reported: true } } });
  });

  test.each([
    ["stdin ends", ({ child }: Process) => child.stdin.end()],
    ["SIGTERM", ({ child }: Process) => child.kill("SIGTERM")],
    ["SIGINT comes twice", ({ child }: Process) => child.kill("SIGINT") && child.kill("SIGINT")],
    [
      "its reader goes away",
      (server: Process) => {
        server.child.stdout.destroy();
        server.send({ jsonrpc: "2.0", id: 2, method: "ping" });
      },
    ],
  ])("ends its calls and leaves with 0 when %s", async (_, end) => {
    await using server = new Process();
    await server.initialize();
    server.send(slowCall);
    await server.logged("event started:x");
    end(server);
    await server.logged("event aborted:x");
    expect(await server.exited).toEqual([0, null]);
  });
});
