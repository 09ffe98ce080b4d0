// The messages gateway as the desk's configuration makes it.
import type { Transport } from "@connectrpc/connect";
import type { Catalog } from "../adapter/catalog.ts";
import { createGateway } from "../gateway/gateway.ts";
import { migrations } from "../gateway/runs/migrations.ts";
import { RunStore } from "../gateway/runs/store.ts";
import { openSystemPrompt } from "../gateway/system-prompt.ts";
import { createUpstream } from "../gateway/upstream.ts";
import { pruneHourly } from "../runtime/calls/idempotency.ts";
import type { Config } from "../runtime/config.ts";
import { type DatabaseLocation, openDatabase } from "../runtime/database/database.ts";
import type { Route } from "../runtime/http/listener.ts";
import type { Identify } from "../runtime/identity/caller.ts";
import type { Log } from "../runtime/log.ts";
import type { ServiceModule } from "../runtime/module.ts";
import { deskApprovals } from "./approvals.ts";
import { forgetErasedRuns } from "./erased-runs.ts";

/** What the gateway stands on. */
export interface GatewayModuleOptions {
  readonly config: Config;
  /** The tools that it offers. */
  readonly catalog: Catalog;
  readonly database: DatabaseLocation;
  /** The way to the ticket service, which keeps what waits for a person. */
  readonly tickets: Transport;
  readonly log: Log;
}

/** The gateway as a part of the desk. Its routes come apart, because they need to know who asks. */
export interface GatewayModule extends ServiceModule {
  /** @param identify makes out callers; absent where nobody is asked */
  routesFor(identify: Identify | undefined): Readonly<Record<string, Route>>;
}

/**
 * Opens the gateway.
 *
 * @throws ConnectError `SYSTEM_PROMPT_UNREADABLE`
 */
export async function gatewayModule({
  config,
  catalog,
  database: location,
  tickets,
  log,
}: GatewayModuleOptions): Promise<GatewayModule> {
  const systemPrompt = openSystemPrompt(config.SYSTEM_PROMPT_FILE, log);
  const database = await openDatabase({ name: "gateway", location, migrations, log });
  const store = new RunStore(database);
  // Nobody else has an SQLite file open, so what was at work there is not at work any more.
  if (location.kind === "sqlite") await store.releaseAll();
  const gateway = createGateway({
    ...{ catalog, store, systemPrompt, log, approvals: deskApprovals(tickets) },
    upstream: createUpstream({
      apiKey: config.CLAUDE_API_KEY ?? config.ANTHROPIC_API_KEY,
      baseUrl: config.ANTHROPIC_BASE_URL,
      log,
    }),
    models: { usual: config.GATEWAY_MODEL, aliases: config.MODEL_ALIASES },
    limits: {
      maxTurns: config.GATEWAY_MAX_TURNS,
      maxTokens: config.GATEWAY_MAX_TOKENS,
      maxMs: config.GATEWAY_MAX_SECONDS * 1_000,
    },
  });
  const closing = new AbortController();
  let stopPruning: (() => void) | undefined;
  let forgetting: Promise<void> | undefined;
  return {
    services: [],
    metrics: database.metrics,
    routesFor: (identify) => gateway.routes(identify),
    start() {
      stopPruning = pruneHourly(database, log, () => store.prune());
      forgetting = forgetErasedRuns(store, tickets, closing.signal, log);
    },
    ready: () => database.ping(),
    drain() {
      closing.abort();
      gateway.close();
    },
    async close() {
      closing.abort();
      stopPruning?.();
      await forgetting;
      await database.close();
    },
  };
}
