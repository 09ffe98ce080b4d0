// `npm run conformance`: the official MCP conformance suite against a Protobuf service behind our listener and adapter.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { runCommand } from "../../runtime/command.ts";
import { fail } from "../../runtime/errors.ts";
import { listen } from "../../runtime/http/listener.ts";
import { compileService, conformanceService } from "./service.ts";

const REVISIONS = ["2026-07-28", "2025-11-25"];

const HELP = `npm run conformance [-- --verbose] [REVISION...]
Runs what the MCP conformance suite requires of a server of each revision (default: ${REVISIONS.join(" and ")}).
Fails on a failure that is not in expected-failures/REVISION.yaml, and on an entry there that passes.
  --verbose  show the suite's own output, check by check`;

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const suite = here("../../node_modules/@modelcontextprotocol/conformance/dist/index.js");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startServer() {
  const { desc, registry } = compileService();
  const service = conformanceService(desc);
  const transport = directTransport([service]);
  const catalog = buildCatalog({ services: [desc], transport, expose: "annotated", registry });
  const log = () => {};
  const endpoint = createMcpEndpoint({ catalog, info: { name: "conformance", version: "1.0.0" }, log });
  const port = await freePort();
  const listener = await listen({
    host: "127.0.0.1",
    port,
    services: [service],
    routes: { "/mcp": endpoint.handler },
    // The suite calls as a web page of the server's own origin.
    allowedOrigins: [`http://127.0.0.1:${port}`],
    allowedHosts: [],
    graceMs: 0,
    log,
  });
  return {
    url: `${listener.url}/mcp`,
    async [Symbol.asyncDispose]() {
      await endpoint.close();
      await listener.close();
    },
  };
}

async function check(url: string, revision: string, verbose: boolean): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    const expected = here(`expected-failures/${revision}.yaml`);
    const args = [suite, "server", "--url", url, "--requirements", revision, "--expected-failures", expected];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    const [chunks, [status]] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "close")]);
    const output = chunks.join("");
    const summary = output.slice(Math.max(0, output.indexOf("=== SUMMARY ===")));
    console.log(`MCP ${revision}\n${verbose || status !== 0 ? output : summary}`);
    return status === 0;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    options: { verbose: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP);
  const unknown = positionals.find((revision) => !REVISIONS.includes(revision));
  if (unknown !== undefined) {
    const message = `There is no revision ${unknown} here. Revisions: ${REVISIONS.join(", ")}.`;
    throw fail(Code.InvalidArgument, "USAGE_WRONG", message);
  }
  await using server = await startServer();
  for (const revision of positionals.length > 0 ? positionals : REVISIONS) {
    if (!(await check(server.url, revision, values.verbose ?? false))) process.exitCode = 1;
  }
}

await runCommand(() => main(process.argv.slice(2)));
