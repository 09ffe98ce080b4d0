// `npm start`: the whole desk in one process, or the parts that are named.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createMcpEndpoint } from "../adapter/server/mcp-http.ts";
import { scopesOf } from "../adapter/server/view.ts";
import { runCommand } from "../runtime/command.ts";
import { type Config, PARTS, type Part, readConfig } from "../runtime/config.ts";
import { type Listener, listen, urlOf } from "../runtime/listener.ts";
import { logToStderr } from "../runtime/log.ts";
import { openAccess } from "./access.ts";
import { banner } from "./banner.ts";
import { type Desk, openDesk, parseParts } from "./desk.ts";

const HELP = `npm start [-- PART ... ] [-- --no-demo]
Runs the desk: all parts in one process on one port, or only the parts that are named, each reaching the others by URL.

Parts: ${PARTS.join(", ")}
  --no-demo   leave out the demo customers and tickets on the first start
  -h, --help  this text

Configuration by environment variables, see README.md: PORT, DATA_DIR, DATABASE_URL, …`;

const READY_CHECK_MS = 5_000;
const DEFAULT_PORTS: Readonly<Record<Part, number>> = {
  crm: 5001,
  ticket: 5002,
  analytics: 5003,
  support: 5000,
  adapter: 8080,
};

function portOf(parts: readonly Part[], config: Config): number {
  const [part, ...others] = parts;
  return config.PORT ?? (part !== undefined && others.length === 0 ? DEFAULT_PORTS[part] : 8080);
}

/** Keeps health in step with what the services say of themselves. */
async function watchReadiness(desk: Desk, { health }: Listener): Promise<void> {
  const unready = await desk.unready();
  for (const { desc } of desk.services) {
    const problem = unready.get(desc.typeName);
    if (problem !== undefined) logToStderr("not ready", { service: desc.typeName, problem });
    health.set(desc.typeName, problem === undefined ? "SERVING" : "NOT_SERVING");
  }
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { "no-demo": { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const config = readConfig();
  const parts = parseParts(positionals, PARTS);
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  await using access = await openAccess(config, parts);
  const { authenticate } = access;
  await using desk = await openDesk({ config, parts, demo: !values["no-demo"], authenticate });
  const port = portOf(parts, config);
  const mcpUrl = `${urlOf(config.HOST, parts.includes("adapter") ? port : DEFAULT_PORTS.adapter)}/mcp`;
  const { identity, routes } = access.guard(mcpUrl, desk.catalog ? scopesOf(desk.catalog) : []);
  const mcp =
    desk.catalog &&
    createMcpEndpoint({
      catalog: desk.catalog,
      info: { name: "deskwire", title: "Deskwire", version },
      identify: identity.identify,
    });
  await using listener = await listen({
    host: config.HOST,
    port,
    services: desk.services,
    files: desk.files,
    routes: {
      ...desk.routes,
      ...routes,
      ...(mcp && { "/mcp": (request, response) => mcp.handler(request, response) }),
    },
    identity,
    allowedOrigins: config.ALLOWED_ORIGINS,
    allowedHosts: config.ALLOWED_HOSTS,
  });
  await watchReadiness(desk, listener);
  const timer = setInterval(() => void watchReadiness(desk, listener), READY_CHECK_MS);
  console.log(banner({ config, parts, url: listener.url, seeded: desk.seeded, version }));
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  clearInterval(timer);
  console.log("Stopping: calls under way may finish.");
  desk.drain();
  await mcp?.close();
}

await runCommand(() => main(process.argv.slice(2)));
