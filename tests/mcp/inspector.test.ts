// The inspector's command line as one more real client, strict about what model APIs would refuse.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureCatalog } from "./fixture-catalog.ts";
import { type RunningEndpoint, startEndpoint } from "./servers.ts";

const run = promisify(execFile);
const inspector = fileURLToPath(
  new URL("../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js", import.meta.url),
);
const fixture = fileURLToPath(new URL("fixture-stdio.ts", import.meta.url));

let endpoint: RunningEndpoint;
let home: string;

beforeAll(async () => {
  endpoint = await startEndpoint();
  home = await mkdtemp(join(tmpdir(), "inspector-"));
});
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

async function inspect(target: string[], ...options: string[]) {
  const args = [inspector, "--cli", ...target, "--format", "json", ...options];
  const { stdout, stderr } = await run(process.execPath, args, { env: { ...process.env, HOME: home } });
  expect(stderr).toBe("");
  return JSON.parse(stdout).result;
}

describe.each(["modern", "legacy"])("the inspector in the %s era", (era) => {
  const overHttp = () => [endpoint.url.href, "--transport", "http", "--protocol-era", era];

  test("finds nothing to warn of in the tools, over HTTP", async () => {
    const { tools } = await inspect(overHttp(), "--method", "tools/list", "--strict");
    expect(tools).toHaveLength(fixtureCatalog.tools.length);
  });

  test("calls a tool, over HTTP", async () => {
    const result = await inspect(overHttp(), "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "label=x");
    expect(result.structuredContent).toEqual({ echo: { label: "x" } });
  });

  test("finds nothing to warn of over stdio", async () => {
    const target = [process.execPath, fixture, "--protocol-era", era];
    const { tools } = await inspect(target, "--method", "tools/list", "--strict");
    expect(tools).toHaveLength(fixtureCatalog.tools.length);
  });
});
