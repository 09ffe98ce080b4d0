// A whole desk on a port, as `npm start` composes it, with a store of API keys.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { scopesOf } from "../../adapter/server/view.ts";
import { type Authenticate, type RemoteTransport, remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { PARTS, type Part, readConfig } from "../../runtime/config.ts";
import { listen } from "../../runtime/http/listener.ts";
import { KeyStore } from "../../runtime/identity/key-store.ts";
import { accessLocation, openAccess } from "../../services/access.ts";
import { openDesk } from "../../services/desk.ts";
import type { DIALECTS } from "../support/databases.ts";
import { silent, temporaryStorage } from "../support/desk.ts";

/** The desk of a test, and the keys to it. */
export interface GuardedDesk extends AsyncDisposable {
  readonly url: string;
  readonly mcp: URL;
  /** The keys as another process has them open. */
  readonly keys: KeyStore;
  /** Where it keeps its data, as environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** A folder that goes with it. */
  readonly folder: string;
  /** Makes a key with these scopes. */
  key(...scopes: string[]): Promise<string>;
  /** Calls it over gRPC, with these headers. */
  transport(headers?: Record<string, string>): RemoteTransport;
  /** What was logged. */
  readonly logged: string[];
}

/** Adds headers to every call. */
export const withHeaders =
  (headers: Record<string, string>): Authenticate =>
  (given) =>
    new Headers([...new Headers(given), ...Object.entries(headers)]);

let made = 0;

/** Opens a desk; with keys from the start unless `open` says otherwise. */
export async function guardedDesk(
  options: {
    readonly dialect?: (typeof DIALECTS)[number];
    readonly environment?: Readonly<Record<string, string>>;
    readonly parts?: readonly Part[];
    readonly open?: boolean;
  } = {},
): Promise<GuardedDesk> {
  const { dialect = "sqlite", parts = PARTS } = options;
  const storage = await temporaryStorage(dialect);
  const environment = { ...storage.environment, ...options.environment };
  const folder = await mkdtemp(join(tmpdir(), "deskwire-guarded-"));
  const config = readConfig(environment);
  const keys = await KeyStore.open(accessLocation(config), silent);
  const key = (...scopes: string[]) => keys.create({ name: `key-${++made}`, scopes });
  if (!options.open) await keys.create({ name: "first", scopes: ["admin"] });
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  const access = await openAccess(config, parts, log);
  const desk = await openDesk({ config, parts, demo: false, access, log: silent });
  const catalog = desk.catalog;
  const { identity, routes } = access.guard("http://127.0.0.1:8080/mcp", () => (catalog ? scopesOf(catalog) : []));
  const { identify } = identity;
  const endpoint =
    catalog && createMcpEndpoint({ catalog, identify, info: { name: "desk", version: "1" }, log: silent });
  const listener = await listen({
    ...{ host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 200, log: silent },
    ...{ services: desk.services, files: desk.files, identity },
    routes: { ...routes, ...(endpoint && { "/mcp": endpoint.handler }) },
  });
  const transports: RemoteTransport[] = [];
  return {
    url: listener.url,
    mcp: new URL(`${listener.url}/mcp`),
    keys,
    environment,
    folder,
    key,
    logged,
    transport(headers = {}) {
      const transport = remoteTransport(listener.url, { authenticate: withHeaders(headers) });
      transports.push(transport);
      return transport;
    },
    async [Symbol.asyncDispose]() {
      for (const transport of transports) transport.close();
      desk.drain();
      await endpoint?.close();
      await listener.close();
      await desk.close();
      await access[Symbol.asyncDispose]();
      await keys.close();
      await storage.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
