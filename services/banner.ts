// What a person reads after the start: where everything is, and the exact lines to connect.
import { fileURLToPath } from "node:url";
import { isLoopback } from "../runtime/config/parsers.ts";
import type { Config, Part } from "../runtime/config.ts";

interface Started {
  readonly config: Config;
  readonly parts: readonly Part[];
  /** Full names of what is served. */
  readonly services: readonly string[];
  readonly url: string;
  readonly seeded: boolean;
  readonly version: string;
  /** Whether callers need a key or a token. */
  readonly asksCallers: boolean;
}

const HOME = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

const SUPPORT = "deskwire.support.v1.SupportService";

function messagesApi({ CLAUDE_API_KEY, ANTHROPIC_API_KEY }: Config, url: string): string {
  const hasModel = (CLAUDE_API_KEY ?? ANTHROPIC_API_KEY) !== undefined;
  return `${url}/v1/messages${hasModel ? "" : " (no model: set CLAUDE_API_KEY and start again)"}`;
}

function callers({ config, url, asksCallers }: Started): string {
  if (!asksCallers) return "everybody on this machine; the first key closes it (npm run keys -- --help)";
  const inClear = !url.startsWith("https:") && !isLoopback(config.HOST);
  const token = config.MCP_ISSUER ? `, or a token of ${config.MCP_ISSUER}` : "";
  return `who has a key (npm run keys)${token}${inClear ? "; not encrypted: set TLS_CERT_FILE, or put a TLS proxy before it" : ""}`;
}

function where(started: Started): [string, string][] {
  const { config, parts, services, url, seeded } = started;
  const rows: [string, string][] = [];
  if (parts.includes("adapter")) rows.push(["MCP", `${url}/mcp`]);
  if (parts.includes("adapter")) rows.push(["Messages API", messagesApi(config, url)]);
  if (services.length > 0) rows.push(["gRPC, Connect, gRPC-Web", url]);
  for (const service of services) rows.push(["", service]);
  if (parts.includes("ticket") && config.INBOUND_WEBHOOK_SECRET.length > 0) {
    rows.push(["Messages from outside", `${url}/inbound/messages`]);
  }
  rows.push(["Callers", callers(started)]);
  rows.push(["Health", `${url}/readyz`]);
  if (parts.includes("crm") || parts.includes("ticket")) {
    const data = config.DATABASE_URL ? "PostgreSQL (DATABASE_URL)" : `SQLite in ${config.DATA_DIR}`;
    rows.push(["Data", seeded ? `${data}, with demo customers and tickets (TKT-1001 is one)` : data]);
  }
  return rows;
}

function connect({ parts, url, asksCallers }: Started): [string, string][] {
  const { host: address, protocol } = new URL(url);
  const key = asksCallers ? " -H 'x-api-key: dk_…'" : "";
  const grpcurl = `grpcurl${protocol === "https:" ? "" : " -plaintext"}${key}`;
  const buf = `npx buf curl${protocol === "https:" ? "" : " --http2-prior-knowledge"}${key}`;
  const lines: [string, string][] = [];
  if (parts.includes("adapter")) {
    const env = asksCallers && { env: { DESKWIRE_API_KEY: "dk_…" } };
    const command = { command: "npm", args: ["--prefix", HOME, "run", "-s", "mcp"], ...env };
    const entry = { mcpServers: { deskwire: command } };
    const header = asksCallers ? " --header 'x-api-key: dk_…'" : "";
    lines.push(["Claude Code", `claude mcp add --transport http deskwire ${url}/mcp${header}`]);
    lines.push(["MCP desktop client, in its configuration file", JSON.stringify(entry)]);
  }
  const method = parts.includes("support") ? `${SUPPORT}/HandleTicket` : undefined;
  if (method) {
    const body = '{"ticketId":"TKT-1001"}';
    lines.push(["grpcurl", `${grpcurl} -d '${body}' ${address} ${method}`]);
    lines.push(["buf curl", `${buf} -d '${body}' ${url}/${method}`]);
    lines.push(["curl", `curl${key} -H 'content-type: application/json' -d '${body}' ${url}/${method}`]);
  } else if (parts.some((part) => part !== "adapter")) {
    lines.push(["grpcurl", `${grpcurl} ${address} list`]);
  }
  return lines;
}

/** The text of a start. */
export function banner(started: Started): string {
  const rows = where(started).map(([name, value]) => `  ${name.padEnd(24)} ${value}`);
  const lines = connect(started).flatMap(([name, line]) => [`  ${name}:`, `    ${line}`]);
  const title = `Deskwire ${started.version} is running (${started.parts.join(", ")})`;
  return [
    "",
    title,
    "",
    ...rows,
    ...(lines.length > 0 ? ["", "Connect", ...lines] : []),
    "",
    "Ctrl-C stops it.",
    "",
  ].join("\n");
}
