// The configuration: every environment variable that Deskwire reads, and nothing else reads the environment.
import { replyAllowlist, toolPolicies } from "./config/agent-limits.ts";
import { type Misspelt, misspelt } from "./config/misspelt.ts";
import {
  aliases,
  apiKey,
  audience,
  headers,
  httpUrl,
  issuerUrl,
  list,
  networks,
  oneOf,
  optionalHttpUrl,
  optionalText,
  port,
  positive,
  postgresUrl,
  rate,
  rates,
  ratio,
  secureUrl,
  serviceSecrets,
  text,
  webhookSecrets,
  withoutPassword,
} from "./config/parsers.ts";
import { type Environment, readSettings, refusingTogether, type Setting } from "./config/read.ts";
import { refuse, secret, variable } from "./config/variable.ts";
import { LOG_LEVELS } from "./log.ts";

/** Names of the parts that a process can run. */
export const PARTS = ["crm", "ticket", "analytics", "support", "adapter"] as const;
export type Part = (typeof PARTS)[number];

/** Samplers of the OpenTelemetry specification. */
const SAMPLERS = [
  ...["parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"],
  ...["always_on", "always_off", "traceidratio"],
] as const;

/** All variables, in the order in which docs/configuration.md has them. `NAME_FILE` may name a file that holds a secret. */
export const VARIABLES = {
  PORT: variable(
    "Port to listen on. Default: 8080; a service started alone: 5000 support, 5001 crm, 5002 ticket, 5003 analytics.",
    "",
    port,
  ),
  HOST: variable(
    "Address to listen on. Any other than loopback needs credentials: see [identities.md](identities.md).",
    "127.0.0.1",
    text,
  ),
  DATA_DIR: variable("Directory of the SQLite files.", "./data", text),
  DATABASE_URL: secret(
    "PostgreSQL to use instead of SQLite, one schema a service: `postgres://user:password@host/database`.",
    "",
    postgresUrl,
    withoutPassword,
  ),
  DESK_POLICY: variable(
    "File of the desk's own rules: hours, targets, priority; see [policy.md](policy.md). Unset: the built-in ones.",
    "",
    optionalText,
  ),
  CRM_URL: variable("Where the CRM is, for parts that run without it.", "http://127.0.0.1:5001", httpUrl),
  TICKET_URL: variable("Where the ticket service is, for parts that run without it.", "http://127.0.0.1:5002", httpUrl),
  ANALYTICS_URL: variable("Where analytics is, for parts that run without it.", "http://127.0.0.1:5003", httpUrl),
  SUPPORT_URL: variable(
    "Where the support service is, for an adapter that runs without it.",
    "http://127.0.0.1:5000",
    httpUrl,
  ),
  DESKWIRE_URL: variable(
    "The running desk that commands such as `npm run mcp`, `agent` and `import` talk to.",
    "http://127.0.0.1:8080",
    httpUrl,
  ),
  ALLOWED_ORIGINS: variable(
    "Web pages that may call, besides `https://buf.build`: origins, separated by commas.",
    "",
    list,
  ),
  ALLOWED_HOSTS: variable("Host names that clients may use, besides loopback: separated by commas.", "", list),
  INBOUND_WEBHOOK_SECRET: secret(
    "Secret (`whsec_…`) that signs what is posted to `/inbound/messages`; several while it changes, separated by commas. Without one, nothing is taken in there.",
    "",
    webhookSecrets,
  ),
  WEBHOOK_ALLOW_PRIVATE: variable(
    "Private networks that webhooks may reach, besides public addresses: `10.0.0.0/8`, separated by commas. Only there is http allowed too.",
    "",
    networks,
  ),
  MCP_API_KEY: secret(
    "An API key beside those of `npm run keys`, such as for the messages gateway. Opens all but `admin`, `approvals`, `tickets:any` and `telemetry:read`.",
    "",
    apiKey,
  ),
  DESKWIRE_API_KEY: secret(
    "The key that commands such as `npm run mcp`, `agent` and `import` show to the running desk.",
    "",
    apiKey,
  ),
  SERVICE_SECRET: secret(
    "Secret by which the processes of a desk know each other; several while it changes, separated by commas, the newest first. Needed where they listen on more than loopback.",
    "",
    serviceSecrets,
  ),
  RATE_LIMIT: variable(
    "How often each caller who shows a key or token may call, in each process: `10/s`, `600/min`, `5000/h`, or `none`. A key may have its own.",
    "600/min",
    rate,
  ),
  TOOL_RATE_LIMITS: variable(
    "How often each caller may use a tool or method: `respond_to_ticket=30/min,TicketService/ListEvents=1/s`.",
    "",
    rates,
  ),
  TLS_CERT_FILE: variable(
    "Certificate with its chain, in PEM, for a port that speaks TLS; read again when it changes. Unset: in clear.",
    "",
    optionalText,
  ),
  TLS_KEY_FILE: variable("The certificate's key, in PEM.", "", optionalText),
  TLS_CA_FILE: variable(
    "Certificates, in PEM, of which one has to have signed that of a desk or a part that is called by https. Unset: those that Node knows.",
    "",
    optionalText,
  ),
  MCP_ISSUER: variable(
    "OAuth or OpenID Connect issuer whose tokens are taken beside API keys, written as in their `iss`.",
    "",
    issuerUrl,
  ),
  MCP_AUDIENCE: variable(
    "What those tokens must be issued for (`aud`). Default: the URL of `/mcp`; behind a proxy, set it to the public one.",
    "",
    audience,
  ),
  MCP_JWKS_URL: variable("Where the issuer's keys are. Default: where the issuer's own metadata says.", "", secureUrl),
  TOOL_APPROVAL: variable(
    "What AI agents may do by themselves, tool by tool: `respond_to_ticket=approve,merge_tickets=deny`. `auto` (default) is done at once, `approve` waits for a person, `deny` is left to people. See [approvals.md](approvals.md).",
    "",
    toolPolicies,
  ),
  APPROVAL_HOURS: variable("How long a call waits for a person before it expires, in hours.", "72", positive),
  REPLY_LINK_ALLOWLIST: variable(
    "What replies of AI agents may name although the ticket does not: host names for links (`help.example.com`, `*.example.com`), e-mail addresses and telephone numbers, separated by commas. Anything else waits for a person.",
    "",
    replyAllowlist,
  ),
  LOG_LEVEL: variable(
    `Which log lines are written to stderr: ${LOG_LEVELS.join(", ")}; each leaves out what is below it.`,
    "info",
    oneOf(...LOG_LEVELS),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable(
    "Collector that takes traces by OTLP over HTTP: `http://127.0.0.1:4318`. Unset: none are made.",
    "",
    optionalHttpUrl,
  ),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    "Headers for the collector, such as its key: `authorization=Bearer%20abc`, separated by commas.",
    "",
    headers,
  ),
  OTEL_SERVICE_NAME: variable(
    "Name of this process in traces and logs. Default: deskwire, with the part that runs alone: `deskwire-ticket`.",
    "",
    optionalText,
  ),
  OTEL_TRACES_SAMPLER: variable(
    `Which traces are kept: ${SAMPLERS.join(", ")}; parentbased: as the caller has decided, where there is one.`,
    "parentbased_always_on",
    oneOf(...SAMPLERS),
  ),
  OTEL_TRACES_SAMPLER_ARG: variable("Share of the traces that traceidratio keeps, from 0 to 1.", "1", ratio),
  MAX_RESULT_TOKENS: variable("How long the result of an MCP tool may be, in tokens.", "10000", positive),
  CLAUDE_API_KEY: secret(
    "Key of the model's API, for `/v1/messages` and `ANALYTICS_ENGINE`. Without one everything but the model works.",
    "",
    optionalText,
  ),
  ANTHROPIC_API_KEY: secret("The same, where `CLAUDE_API_KEY` is not set.", "", optionalText),
  ANTHROPIC_BASE_URL: variable("Where the model's API is. Default: Anthropic's own.", "", optionalHttpUrl),
  GATEWAY_MODEL: variable("The model, where a client of `/v1/messages` names none.", "claude-sonnet-5-5", text),
  MODEL_ALIASES: variable(
    "Names of models that clients use, and what is asked for in their place: `name=model`, separated by commas.",
    "claude-3-opus-20240229=claude-opus-5-5",
    aliases,
  ),
  GATEWAY_MAX_TURNS: variable("How often the model may answer in one run of `/v1/messages`.", "20", positive),
  GATEWAY_MAX_TOKENS: variable("How many tokens one run may take, in and out.", "400000", positive),
  GATEWAY_MAX_SECONDS: variable("How long one run may go on, in seconds.", "300", positive),
  SYSTEM_PROMPT_FILE: variable(
    "The file with what the desk tells the model: tone, limits, how to treat customers' words. Read anew for every run.",
    "./config/system-prompt.md",
    text,
  ),
  ANALYTICS_ENGINE: variable(
    "What reads texts: `local`, in this process, or `anthropic`, a language model, with the local engine for what that does not answer.",
    "local",
    oneOf("local", "anthropic"),
  ),
  ANALYTICS_MODEL: variable("The model, where `ANALYTICS_ENGINE` is `anthropic`.", "claude-haiku-5-5", text),
} as const;

type Values = { readonly [Name in keyof typeof VARIABLES]: ReturnType<(typeof VARIABLES)[Name]["parse"]> };

/** The configuration of a process. */
export interface Config extends Values {}

function assertIssuer(config: Config, name: "MCP_AUDIENCE" | "MCP_JWKS_URL"): void {
  const value = config[name];
  if (value === undefined || config.MCP_ISSUER !== undefined) return;
  refuse(name, value, "a value only together with MCP_ISSUER: without an issuer no token is asked for");
}

function assertWholeCertificate({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: Config): void {
  if (cert && !key) refuse("TLS_KEY_FILE", "", "the file of the key that belongs to TLS_CERT_FILE");
  if (key && !cert) refuse("TLS_CERT_FILE", "", "the file of the certificate that belongs to TLS_KEY_FILE");
}

function assertAudience({ MCP_ISSUER, MCP_AUDIENCE, PORT }: Config): void {
  if (MCP_ISSUER === undefined || MCP_AUDIENCE !== undefined || PORT !== 0) return;
  refuse("PORT", "0", "a fixed port, or MCP_AUDIENCE to what tokens are issued for: with MCP_ISSUER it must be known");
}

/**
 * Reads the configuration.
 *
 * @throws ConnectError `CONFIGURATION_INVALID` naming every wrong variable and what is allowed
 */
export function readConfig(environment: Environment = process.env): Config {
  return settledConfig(environment).config;
}

/** As `readConfig`, with where each value comes from. */
export function settledConfig(environment: Environment = process.env): { config: Config; settings: Setting[] } {
  const settings = readSettings(VARIABLES, environment);
  const config = Object.fromEntries(settings.map(({ name, value }) => [name, value])) as unknown as Config;
  refusingTogether(VARIABLES, [
    () => assertIssuer(config, "MCP_AUDIENCE"),
    () => assertIssuer(config, "MCP_JWKS_URL"),
    () => assertAudience(config),
    () => assertWholeCertificate(config),
  ]);
  return { config, settings };
}

/** The variables in the environment that nothing reads, each near to one that is read. */
export function misspeltVariables(environment: Environment = process.env): Misspelt[] {
  return misspelt(VARIABLES, environment);
}
