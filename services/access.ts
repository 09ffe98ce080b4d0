// Who may call this process, by the configuration, and how it says to the others who calls.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import type { Authenticate, RemoteOptions } from "../runtime/calls/remote-transport.ts";
import { isLoopback } from "../runtime/config/parsers.ts";
import { type Config, PARTS, type Part } from "../runtime/config.ts";
import type { DatabaseLocation } from "../runtime/database/database.ts";
import { patiently } from "../runtime/database/patiently.ts";
import { fail } from "../runtime/errors.ts";
import { readAuthorities } from "../runtime/http/certificate.ts";
import type { Route } from "../runtime/http/listener.ts";
import { createIdentity, type Identity, type TrustedIssuer } from "../runtime/identity/identity.ts";
import { KeyRing } from "../runtime/identity/key-ring.ts";
import { KeyStore } from "../runtime/identity/key-store.ts";
import { metadataRoutes } from "../runtime/identity/protected-resource.ts";
import { RateLimiter } from "../runtime/identity/rate-limit.ts";
import { SCOPES } from "../runtime/identity/scopes.ts";
import { type Log, logToStderr } from "../runtime/log.ts";

/** What a port is guarded by. */
interface Guard {
  readonly identity: Identity;
  /** What clients ask before they have credentials. */
  readonly routes: Readonly<Record<string, Route>>;
}

/** Who may call a process. */
export interface Access extends AsyncDisposable {
  /** Whether callers are asked for credentials, at this moment. */
  asksCallers(): Promise<boolean>;
  /** How another part is called, and told who calls. */
  remote(part: Part): RemoteOptions;
  readonly limiter: RateLimiter;
  /**
   * What guards the port.
   *
   * @param url the endpoint's own address; clients reach it there unless MCP_AUDIENCE is another URL, as behind a proxy
   * @param scopes those that open something at `/mcp`
   */
  guard(url: string, scopes: () => readonly string[]): Guard;
}

/** Where API keys are: beside the services' own databases, and open to all processes of the desk at once. */
export function accessLocation(config: Config): DatabaseLocation {
  if (config.DATABASE_URL) return { kind: "postgres", url: config.DATABASE_URL, schema: "access" };
  return { kind: "sqlite", file: join(config.DATA_DIR, "access", "access.db") };
}

/** A secret nobody can guess, as SERVICE_SECRET takes it. */
export function newServiceSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** Shows a key with every call to another process; undefined where there is none to show. */
function showing(key: string | undefined): Authenticate | undefined {
  if (key === undefined) return undefined;
  return (given) => {
    const headers = new Headers(given);
    headers.set("x-api-key", key);
    return headers;
  };
}

/** How a command talks to the running desk. */
export function clientOptions(config: Config): RemoteOptions {
  return { authenticate: showing(config.DESKWIRE_API_KEY), ca: readAuthorities(config.TLS_CA_FILE) };
}

async function assertCredentials(config: Config, parts: readonly Part[], keys: KeyRing): Promise<void> {
  const { HOST, SERVICE_SECRET, MCP_ISSUER } = config;
  if (isLoopback(HOST)) return;
  const refuse = (wayOut: string) =>
    fail(
      Code.FailedPrecondition,
      "HOST_NEEDS_CREDENTIALS",
      `HOST=${HOST} lets other machines in, and nothing would tell friend from stranger. ${wayOut} Or leave HOST at 127.0.0.1.`,
      { variable: "HOST" },
    );
  const alone = parts.length < PARTS.length;
  if (alone && SERVICE_SECRET.length === 0) {
    throw refuse(
      "Set SERVICE_SECRET, the same one for every process of the desk: npm run -s keys -- secret prints a new one.",
    );
  }
  const forClients = !alone || parts.includes("adapter");
  if (forClients && MCP_ISSUER === undefined && !(await patiently(() => keys.anyLive()))) {
    throw refuse(
      "Make a key, such as by: npm run keys -- create my-agent --scopes tickets:read,tickets:reply. Or set MCP_API_KEY, or MCP_ISSUER for tokens of your own issuer.",
    );
  }
}

/** The secrets between processes. Of a desk on one machine nobody is asked for one: what its processes share holds one. */
async function serviceSecrets(config: Config, parts: readonly Part[], store: () => Promise<KeyStore>) {
  const [first, ...others] = config.SERVICE_SECRET;
  if (first !== undefined) return [first, ...others] as const;
  if (parts.length === PARTS.length) return undefined;
  return [await patiently(async () => (await store()).serviceSecret(newServiceSecret()))] as const;
}

/**
 * Opens what tells callers apart.
 *
 * @throws ConnectError `HOST_NEEDS_CREDENTIALS` for a HOST that other machines reach where nothing would
 */
export async function openAccess(config: Config, parts: readonly Part[], log: Log = logToStderr): Promise<Access> {
  const location = accessLocation(config);
  let opening: Promise<KeyStore> | undefined;
  const store = () => {
    opening ??= KeyStore.open(location, log).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const keys = new KeyRing({
    open: async () => (KeyStore.exists(location) ? store() : undefined),
    environmentKey: config.MCP_API_KEY,
    log,
  });
  const close = async () => {
    await keys.close();
    await (await opening)?.close();
  };
  try {
    await assertCredentials(config, parts, keys);
    const secrets = await serviceSecrets(config, parts, store);
    // What only some desks need is loaded there alone.
    const tokens = secrets && new (await import("../runtime/identity/service-tokens.ts")).ServiceTokens(secrets);
    const issued = config.MCP_ISSUER === undefined ? undefined : await import("../runtime/identity/issuer-tokens.ts");
    const services = tokens && { tokens, audiences: parts };
    const loopback = isLoopback(config.HOST);
    const ca = readAuthorities(config.TLS_CA_FILE);
    const limiter = new RateLimiter({ callers: config.RATE_LIMIT, calls: config.TOOL_RATE_LIMITS });
    return {
      // Whoever comes while keys cannot be read is refused, which is no reason not to start.
      asksCallers: async () => !loopback || config.MCP_ISSUER !== undefined || (await keys.any().catch(() => true)),
      remote: (part) => ({ ca, authenticate: tokens && ((headers) => tokens.seal(part, headers)) }),
      limiter,
      guard(url, scopes) {
        const { MCP_ISSUER, MCP_AUDIENCE: audience = url, MCP_JWKS_URL: jwksUrl } = config;
        const resource = /^https?:/i.test(audience) ? audience : url;
        const opening = () => [...new Set([...scopes(), ...Object.keys(SCOPES)])];
        const issuer: TrustedIssuer | undefined =
          MCP_ISSUER === undefined || issued === undefined
            ? undefined
            : {
                ...{ issuer: MCP_ISSUER, audience, resource },
                verify: issued.issuerTokens({ issuer: MCP_ISSUER, audience, jwksUrl, scopes: opening(), log }),
              };
        return {
          identity: createIdentity({ loopback, keys, issuer, services, limiter, scopes, log }),
          routes: issuer ? metadataRoutes({ resource, issuer: issuer.issuer, scopes: scopes() }) : {},
        };
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
