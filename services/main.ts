// The command `npm start`: the whole desk in one process, or the parts that are named.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { McpStats } from "../adapter/server/observe.ts";
import { scopesOf } from "../adapter/server/view.ts";
import { pause } from "../runtime/background/pause.ts";
import { planValidations } from "../runtime/calls/service.ts";
import { runCommand, untilAskedToEnd } from "../runtime/command.ts";
import { printSettings } from "../runtime/config/print.ts";
import { type Config, misspeltVariables, PARTS, type Part, settledConfig } from "../runtime/config.ts";
import type { CertificateFiles } from "../runtime/http/certificate.ts";
import { type Listener, listen, urlOf } from "../runtime/http/listener.ts";
import { METRICS_SCOPE, scopeMissing } from "../runtime/identity/scopes.ts";
import { createLog, type Log } from "../runtime/log.ts";
import { type CallNames, callMetrics } from "../runtime/telemetry/metrics.ts";
import { tracedRoutes } from "../runtime/telemetry/routes.ts";
import { startTracing } from "../runtime/telemetry/start-tracing.ts";
import { openAccess } from "./access.ts";
import { banner } from "./banner.ts";
import { type Desk, openDesk, parseParts } from "./desk.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { warmUp } from "./warm-up.ts";

const HELP = `npm start [-- PART ... ] [-- --no-demo]
Runs the desk: all parts in one process on one port, or only the parts that are named, each reaching the others by URL.

Parts: ${PARTS.join(", ")}
  --no-demo       leave out the demo customers and tickets on the first start
  --print-config  only print the configuration and where each value comes from; secrets are not shown
  -h, --help      this text

Configuration by environment variables, see docs/configuration.md: PORT, DATA_DIR, DATABASE_URL, …`;

const MCP: CallNames = { prefix: "deskwire_mcp", label: "method", noun: "MCP requests" };
/** How often health is brought up to what the databases say. */
const READY_CHECK_MS = 5_000;
/** Whoever waited for the desk to start calls it now. */
const WARM_UP_AFTER_MS = 1_000;
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

function certificateFiles({ TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }: Config): CertificateFiles | undefined {
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined;
}

/** Keeps health in step with what the services say of themselves; tells once when one can no longer do its work. */
async function watchReadiness(desk: Desk, { health }: Listener, log: Log): Promise<void> {
  const unready = await desk.unready();
  const before = health.statuses();
  for (const { desc } of desk.services) {
    const error = unready.get(desc.typeName);
    const status = error === undefined ? "SERVING" : "NOT_SERVING";
    if (status === before[desc.typeName]) continue;
    if (error === undefined) log("ready again", { of: desc.typeName });
    else log("not ready", { of: desc.typeName, error });
    health.set(desc.typeName, status);
  }
}

/** How this process names itself in logs and traces. */
function serviceName(parts: readonly Part[]): string {
  return parts.length < PARTS.length ? `deskwire-${parts.join("-")}` : "deskwire";
}

/** What first calls would wait for. */
function* firstUses({ catalog, services }: Desk): Generator<unknown> {
  yield catalog?.tools;
  yield* planValidations(services);
}

async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "no-demo": { type: "boolean" },
      "print-config": { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const { config, settings } = settledConfig();
  const parts = parseParts(positionals, PARTS);
  const service = config.OTEL_SERVICE_NAME ?? serviceName(parts);
  const log = createLog({ level: config.LOG_LEVEL, service });
  for (const { name, meant } of misspeltVariables()) {
    log("a variable is set that nothing reads", { variable: name, meant }, "warn");
  }
  if (values["print-config"]) return console.log(printSettings(settings, { PORT: String(portOf(parts, config)) }));
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  await using _tracing = await startTracing(config, service);
  await using access = await openAccess(config, parts, log);
  await using desk = await openDesk({ config, parts, demo: !values["no-demo"], access, log });
  const port = portOf(parts, config);
  const tls = certificateFiles(config);
  const mcpUrl = `${urlOf(config.HOST, parts.includes("adapter") ? port : DEFAULT_PORTS.adapter, tls !== undefined)}/mcp`;
  const { identity, routes } = access.guard(mcpUrl, () => (desk.catalog ? scopesOf(desk.catalog) : []));
  const mcpStats: McpStats = new Map();
  const mcp =
    desk.catalog &&
    mcpEndpoint({
      catalog: desk.catalog,
      info: { name: "deskwire", title: "Deskwire", version },
      identify: identity.identify,
      log,
      stats: mcpStats,
    });
  await using listener = await listen({
    host: config.HOST,
    port,
    services: desk.services,
    files: desk.files,
    metrics: [...desk.metrics, ...callMetrics(MCP, () => mcpStats.values())],
    async mayReadMetrics(request) {
      const { scopes } = await identity.identify(request);
      if (scopes && !scopes.has(METRICS_SCOPE)) throw scopeMissing(METRICS_SCOPE);
    },
    routes: {
      ...tracedRoutes({ ...desk.routes, ...desk.gateway?.routesFor(identity.identify) }),
      ...routes,
      ...(mcp && { "/mcp": mcp.handler }),
    },
    identity,
    tls,
    allowedOrigins: config.ALLOWED_ORIGINS,
    allowedHosts: config.ALLOWED_HOSTS,
    log,
  });
  await watchReadiness(desk, listener, log);
  const timer = setInterval(() => void watchReadiness(desk, listener, log), READY_CHECK_MS);
  // Whatever ends the start from here on: a timer would keep a process alive that serves nobody.
  using _watching = { [Symbol.dispose]: () => clearInterval(timer) };
  const asksCallers = await access.asksCallers();
  const services = desk.services.map(({ desc }) => desc.typeName);
  console.log(banner({ config, parts, services, url: listener.url, seeded: desk.seeded, version, asksCallers }));
  const stopping = new AbortController();
  const warming = pause(WARM_UP_AFTER_MS, stopping.signal).then(() => warmUp(firstUses(desk), stopping.signal));
  await untilAskedToEnd();
  console.log("Stopping: calls under way may finish.");
  stopping.abort();
  await warming;
  desk.drain();
  await mcp?.close();
}

await runCommand(() => run(process.argv.slice(2)));
