// The configuration: every environment variable that Deskwire reads, and nothing else reads the environment.
import { readFileSync } from "node:fs";
import { Code } from "@connectrpc/connect";
import { fail } from "./errors.ts";
import { isApiKey, looksLikeApiKey } from "./identity/api-key.ts";
import { isNetwork } from "./networks.ts";
import { keyOf } from "./standard-webhooks.ts";

/** Names of the parts that a process can run. */
export const PARTS = ["crm", "ticket", "analytics", "support", "adapter"] as const;
export type Part = (typeof PARTS)[number];

const MIN_SECRET = 32;
const MIN_KEY = 20;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

interface Variable<T> {
  readonly description: string;
  /** As a person would set it; empty for none. */
  readonly default: string;
  readonly parse: (text: string, name: string) => T;
  /** May stand in a file that `<name>_FILE` names, as containers are given secrets. */
  readonly secret?: true;
}

function refuse(name: string, text: string, allowed: string): never {
  throw fail(
    Code.InvalidArgument,
    "CONFIGURATION_INVALID",
    `${name}=${text} is not allowed. Set ${name} to ${allowed}.`,
    {
      variable: name,
    },
  );
}

const text = (value: string) => value;
const list = (value: string) => value.split(",").flatMap((item) => item.trim() || []);

function port(value: string, name: string): number | undefined {
  if (value === "") return undefined;
  const number = Number(value);
  return Number.isInteger(number) && number >= 0 && number <= 65_535
    ? number
    : refuse(name, value, "a port from 0 to 65535");
}

function positive(value: string, name: string): number {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : refuse(name, value, "a whole number above 0");
}

function httpUrl(value: string, name: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, "");
  return refuse(name, value, "a URL such as http://127.0.0.1:8080");
}

/** Keys are worth what the way to them is worth, so plain HTTP is for this machine alone (RFC 8414, section 2). */
function secureUrl(value: string, name: string): string | undefined {
  if (value === "") return undefined;
  const url = URL.parse(value);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.test(url.hostname));
  if (safe && /^[!#-[\]-~]+$/.test(value)) return value;
  return refuse(name, value, "a URL such as https://id.example.com/realms/desk; http on loopback alone");
}

/** Not made normal: an issuer is compared with what its tokens say, letter by letter. */
function issuerUrl(value: string, name: string): string | undefined {
  return /[?#]/.test(value) ? refuse(name, value, "a URL without query and fragment") : secureUrl(value, name);
}

function audience(value: string, name: string): string | undefined {
  if (/^https?:/i.test(value) && !URL.canParse(value)) {
    return refuse(name, value, "the URL of /mcp as clients reach it, or the name that the issuer has for it");
  }
  return value || undefined;
}

function postgresUrl(value: string, name: string): string | undefined {
  if (value === "") return undefined;
  if (URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)) return value;
  return refuse(name, "…", "a URL such as postgres://user:password@host:5432/database, or leave it out for SQLite");
}

function networks(value: string, name: string): string[] {
  const wrong = list(value).find((item) => !isNetwork(item));
  return wrong === undefined ? list(value) : refuse(name, wrong, "networks such as 10.0.0.0/8 or fd00::/8");
}

function secrets(value: string, name: string): string[] {
  if (list(value).every(keyOf)) return list(value);
  return refuse(name, "…", "secrets such as `whsec_` and 24 to 64 random bytes in base64, separated by commas");
}

function serviceSecrets(value: string, name: string): string[] {
  if (list(value).every((secret) => secret.length >= MIN_SECRET)) return list(value);
  return refuse(name, "…", `secrets of ${MIN_SECRET} characters or more, such as npm run -s keys -- secret prints`);
}

/** Any text that is long enough will do, since it is compared as it is; a `dk_…` has to be whole. */
function apiKey(value: string, name: string): string | undefined {
  if (value === "") return undefined;
  if (/^[!-~]+$/.test(value) && value.length >= MIN_KEY && (!looksLikeApiKey(value) || isApiKey(value))) return value;
  return refuse(name, "…", `a whole key (dk_…), or ${MIN_KEY} characters or more that nobody can guess`);
}

const variable = <T>(description: string, usual: string, parse: Variable<T>["parse"]): Variable<T> => ({
  description,
  default: usual,
  parse,
});

const secret = <T>(...definition: Parameters<typeof variable<T>>): Variable<T> & { readonly secret: true } => ({
  ...variable(...definition),
  secret: true,
});

/** All variables, in the order in which they are documented. */
export const VARIABLES = {
  PORT: variable(
    "Port to listen on. Default: 8080; a service started alone: 5000 support, 5001 crm, 5002 ticket, 5003 analytics.",
    "",
    port,
  ),
  HOST: variable(
    "Address to listen on. Any other than loopback needs credentials: docs/identities.md.",
    "127.0.0.1",
    text,
  ),
  DATA_DIR: variable("Directory of the SQLite files.", "./data", text),
  DATABASE_URL: secret(
    "PostgreSQL to use instead of SQLite, one schema a service: `postgres://user:password@host/database`.",
    "",
    postgresUrl,
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
    "The running desk that `npm run mcp` and `npm run import` talk to.",
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
    secrets,
  ),
  WEBHOOK_ALLOW_PRIVATE: variable(
    "Private networks that webhooks may reach, besides public addresses: `10.0.0.0/8`, separated by commas. Only there is http allowed too.",
    "",
    networks,
  ),
  MCP_API_KEY: secret(
    "An API key beside those of `npm run keys`, for everything but what `admin` opens. The messages gateway's clients may use it.",
    "",
    apiKey,
  ),
  DESKWIRE_API_KEY: secret("The key that `npm run mcp` and `npm run import` show to the running desk.", "", apiKey),
  SERVICE_SECRET: secret(
    "Secret by which the processes of a desk know each other; several while it changes, separated by commas, the newest first. Needed where they listen on more than loopback.",
    "",
    serviceSecrets,
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
  MAX_RESULT_TOKENS: variable("How long the result of an MCP tool may be, in tokens.", "10000", positive),
} as const;

type Values = { readonly [Name in keyof typeof VARIABLES]: ReturnType<(typeof VARIABLES)[Name]["parse"]> };

/** The configuration of a process. */
export interface Config extends Values {}

type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a secret: the variable's own, or that of the file that `<name>_FILE` names, without the line's end. */
function secretText(environment: Environment, name: string): string | undefined {
  const own = environment[name]?.trim();
  const file = environment[`${name}_FILE`]?.trim();
  if (!file) return own;
  if (own) refuse(`${name}_FILE`, file, `a file only where ${name} itself is not set`);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    return refuse(`${name}_FILE`, file, `a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * Reads the configuration.
 *
 * @throws ConnectError `CONFIGURATION_INVALID` naming the variable and what is allowed
 */
export function readConfig(environment: Environment = process.env): Config {
  const entries = Object.entries<Variable<unknown>>(VARIABLES).map(([name, { default: usual, parse, secret }]) => {
    const text = secret ? secretText(environment, name) : environment[name]?.trim();
    return [name, parse(text || usual, name)];
  });
  const config = Object.fromEntries(entries) as Config;
  for (const name of ["MCP_AUDIENCE", "MCP_JWKS_URL"] as const) {
    const value = config[name];
    if (value === undefined || config.MCP_ISSUER !== undefined) continue;
    refuse(name, value, "a value only together with MCP_ISSUER: without an issuer no token is asked for");
  }
  if (config.MCP_ISSUER !== undefined && config.MCP_AUDIENCE === undefined && config.PORT === 0) {
    refuse(
      "PORT",
      "0",
      "a fixed port, or MCP_AUDIENCE to what tokens are issued for: with MCP_ISSUER it must be known",
    );
  }
  return config;
}
