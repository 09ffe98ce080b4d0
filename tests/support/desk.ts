// Desks for tests: the real one, opened in a folder or a database of its own; and one whose services can be cut off from each other.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Transport } from "@connectrpc/connect";
import pg from "pg";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import type { BoundService } from "../../runtime/calls/service.ts";
import { type Part, readConfig } from "../../runtime/config.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { analyticsModule } from "../../services/analytics/index.ts";
import { crmModule } from "../../services/crm/index.ts";
import { type Desk, openDesk } from "../../services/desk.ts";
import { supportModule } from "../../services/support/index.ts";
import { ticketModule } from "../../services/ticket/index.ts";
import type { DIALECTS } from "./databases.ts";
import { postgresUrl } from "./postgres.ts";

const SERVICES: readonly Part[] = ["crm", "ticket", "analytics", "support"];

/** A log that says nothing. */
export const silent = () => {};

async function query(sql: string): Promise<void> {
  const client = new pg.Client(await postgresUrl());
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** A place where a desk keeps its data, as environment variables say it. */
export async function temporaryStorage(dialect: (typeof DIALECTS)[number]) {
  if (dialect === "sqlite") {
    const folder = await mkdtemp(join(tmpdir(), "deskwire-desk-"));
    return { environment: { DATA_DIR: folder }, remove: () => rm(folder, { recursive: true, force: true }) };
  }
  const name = `desk_${randomBytes(6).toString("hex")}`;
  await query(`CREATE DATABASE ${name}`);
  const url = new URL(await postgresUrl());
  url.pathname = `/${name}`;
  return { environment: { DATABASE_URL: url.href }, remove: () => query(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** What a test wants its desk to be. */
export interface TestDeskOptions {
  readonly dialect?: (typeof DIALECTS)[number];
  readonly parts?: readonly Part[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A desk in storage of its own, without demo data; disposing of it removes the storage. */
export interface TestDesk extends AsyncDisposable {
  readonly desk: Desk;
  /** Calls it in process. */
  readonly transport: Transport;
  /** Puts it on a free port. */
  listen(): Promise<Listener>;
}

/** Opens the desk as `npm start` does. */
export async function openTestDesk(options: TestDeskOptions = {}): Promise<TestDesk> {
  const { dialect = "sqlite", parts = SERVICES } = options;
  const storage = await temporaryStorage(dialect);
  const config = readConfig({ ...storage.environment, ...options.environment });
  const desk = await openDesk({ config, parts, demo: false, log: silent });
  const listeners: Listener[] = [];
  return {
    desk,
    transport: directTransport(desk.services),
    async listen() {
      const { services, routes, files, metrics } = desk;
      const limits = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 500, log: silent };
      const listener = await listen({ ...limits, services, routes, files, metrics });
      listeners.push(listener);
      return listener;
    },
    async [Symbol.asyncDispose]() {
      desk.drain();
      for (const listener of listeners) await listener.close();
      await desk.close();
      await storage.remove();
    },
  };
}

/** What is at the other end of a link: the service, nobody who listens, or somebody who never answers. */
export type LinkState = "up" | "down" | "silent";

/** A way from one service to another that a test can cut. */
interface Link {
  state: LinkState;
  /** The calls that have gone this way. */
  readonly calls: { readonly method: string; readonly signal: AbortSignal | undefined; readonly headers: Headers }[];
}

/** A desk in memory whose services reach each other by links. */
export interface LinkedDesk extends AsyncDisposable {
  readonly transport: Transport;
  /** From the support service to the three behind it, and between those. */
  readonly links: Record<
    "supportToCrm" | "supportToTickets" | "supportToAnalytics" | "ticketsToCrm" | "ticketsToAnalytics" | "crmToTickets",
    Link
  >;
  /** What was logged. */
  readonly logged: string[];
}

/** Opens services one by one, with links between them. */
export async function openLinkedDesk(crmToTickets: LinkState = "up"): Promise<LinkedDesk> {
  const sockets = new Set<Socket>();
  const neverAnswers = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  await new Promise<void>((resolve) => neverAnswers.listen(0, "127.0.0.1", resolve));
  const { port } = neverAnswers.address() as AddressInfo;
  const services: BoundService[] = [];
  const direct = directTransport(services);
  const ways: Record<LinkState, Transport> = {
    up: direct,
    // Port 9 (discard) is below those that a system gives out; nobody listens there.
    down: remoteTransport("http://127.0.0.1:9"),
    silent: remoteTransport(`http://127.0.0.1:${port}`),
  };
  const link = (state: LinkState = "up"): Link & { transport: Transport } => {
    const through = (...[method, signal, , headers]: Parameters<Transport["unary"]>) => {
      made.calls.push({ method: method.name, signal, headers: new Headers(headers) });
      return ways[made.state];
    };
    const made: Link & { transport: Transport } = {
      state,
      calls: [],
      transport: {
        unary: (...call) => through(...call).unary(...call),
        stream: (...call) => through(...(call as never as Parameters<Transport["unary"]>)).stream(...call),
      },
    };
    return made;
  };
  const links = {
    supportToCrm: link(),
    supportToTickets: link(),
    supportToAnalytics: link(),
    ticketsToCrm: link(),
    ticketsToAnalytics: link(),
    crmToTickets: link(crmToTickets),
  };
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  const database = { kind: "sqlite", file: ":memory:" } as const;
  const modules = [
    await crmModule({ database, tickets: links.crmToTickets.transport, log }),
    await ticketModule({
      database,
      crm: links.ticketsToCrm.transport,
      analytics: links.ticketsToAnalytics.transport,
      log,
    }),
    await analyticsModule({ database, log }),
    supportModule({
      crm: links.supportToCrm.transport,
      tickets: links.supportToTickets.transport,
      analytics: links.supportToAnalytics.transport,
      log,
    }),
  ];
  services.push(...modules.flatMap((module) => module.services));
  for (const module of modules) module.start?.();
  return {
    transport: direct,
    links,
    logged,
    async [Symbol.asyncDispose]() {
      for (const module of modules.reverse()) module.drain?.();
      for (const module of modules) await module.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => neverAnswers.close(resolve));
    },
  };
}
