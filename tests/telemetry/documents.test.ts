// What docs/telemetry.md says, held against what there is; and the command that it shows.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PARTS, VARIABLES } from "../../runtime/config.ts";
import { openTestDesk } from "../support/desk.ts";
import { eventually, freePort, ROOT } from "../support/processes.ts";

const text = readFileSync(new URL("docs/telemetry.md", ROOT), "utf8");
const rows = [...text.matchAll(/^\| (.+) \|$/gm)].map(([, row = ""]) => row.split(" | "));

test("every metric is listed with its type and labels, and none that there is not", async () => {
  await using desk = await openTestDesk({ parts: PARTS });
  const listener = await desk.listen();
  const scraped = await (await fetch(`${listener.url}/metrics`)).text();
  const families = [...scraped.matchAll(/^# TYPE (deskwire_\w+) (\w+)$/gm)].map(([, name, type]) => `${name} ${type}`);
  const listed = rows
    .filter(([name]) => name?.startsWith("`deskwire_"))
    .map(([name = "", type]) => `${name.replaceAll("`", "")} ${type}`);
  // Those of MCP belong to the endpoint, which `npm start` puts beside the desk.
  const ofMcp = ["requests_total counter", "duration_seconds histogram", "under_way gauge"];
  expect(listed.sort()).toEqual([...families, ...ofMcp.map((family) => `deskwire_mcp_${family}`)].sort());
});

test("the variables that it names are those of the configuration", () => {
  const named = new Set([...text.matchAll(/`((?:OTEL|LOG)_[A-Z_]+)`/g)].map(([, name = ""]) => name));
  // Read by the OpenTelemetry packages themselves.
  named.delete("OTEL_RESOURCE_ATTRIBUTES");
  const known = Object.keys(VARIABLES).filter((name) => /^(OTEL|LOG)_/.test(name));
  expect([...named].filter((name) => !name.endsWith("_FILE")).sort()).toEqual(known.sort());
});

test("npm run traces prints a trace as a tree", async () => {
  const port = await freePort();
  const child = spawn(process.execPath, ["scripts/traces.ts", "--port", String(port)], { cwd: ROOT });
  let printed = "";
  child.stdout.on("data", (data) => {
    printed += data;
  });
  await eventually(async () => printed.includes(`http://127.0.0.1:${port}`));
  const post = (body: string) => fetch(`http://127.0.0.1:${port}/v1/traces`, { method: "POST", body });
  expect((await post("no JSON")).status).toBe(400);
  const span = (id: string, parentSpanId: string, name: string, failed: boolean) => ({
    ...{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: id, parentSpanId, name, kind: 2 },
    ...{ startTimeUnixNano: `1000000${id.length}`, endTimeUnixNano: "12500000" },
    ...(failed && { status: { code: 2 }, attributes: [{ key: "error.type", value: { stringValue: "BROKEN" } }] }),
  });
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "desk" } }] };
  // As processes send them: each its own, in any order.
  for (const spans of [[span("bb", "a", "inner", true)], [span("a", "", "outer", false)]]) {
    await post(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }));
  }
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
  expect(child.exitCode).toBe(0);
  expect(printed.split("\n").slice(1, 4)).toEqual([
    "trace 0af7651916cd43dd8448eb211c80319c",
    "     2.5 ms  outer  (desk, server)",
    "     2.5 ms    inner  (desk, server)  BROKEN",
  ]);
});
