// The desk, or a part of it: opens modules, connects each to the others, and closes them in the right order.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { DescService, FileRegistry } from "@bufbuild/protobuf";
import { Code, type Transport } from "@connectrpc/connect";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { buildCatalog } from "../adapter/catalog/build-catalog.ts";
import { lateCatalog } from "../adapter/catalog/late-catalog.ts";
import type { Catalog } from "../adapter/catalog.ts";
import { directTransport } from "../runtime/calls/direct-transport.ts";
import { type RemoteTransport, remoteTransport } from "../runtime/calls/remote-transport.ts";
import type { BoundService } from "../runtime/calls/service.ts";
import type { Config, Part } from "../runtime/config.ts";
import type { DatabaseLocation } from "../runtime/database/database.ts";
import { type DirectoryLock, lockDirectory } from "../runtime/database/lock.ts";
import { fail } from "../runtime/errors.ts";
import type { Route } from "../runtime/http/listener.ts";
import { type Log, logToStderr } from "../runtime/log.ts";
import { loadImage, wellKnownFiles } from "../runtime/messages/descriptor-image.ts";
import type { ServiceModule } from "../runtime/module.ts";
import { once } from "../runtime/once.ts";
import { readPolicy } from "../runtime/policy/read-policy.ts";
import { type CallNames, callMetrics, type Metric } from "../runtime/telemetry/metrics.ts";
import type { Access } from "./access.ts";
import { analyticsModule } from "./analytics/index.ts";
import { crmModule } from "./crm/index.ts";
import { type DATABASES, databaseLocation } from "./databases.ts";
import { isDemoDue, seedDemo, settleDemo } from "./demo.ts";
import { type GatewayModule, gatewayModule } from "./gateway.ts";
import { supportModule } from "./support/index.ts";
import { ticketModule } from "./ticket/index.ts";

type ServiceName = Exclude<Part, "adapter">;

const TOOLS: CallNames = { prefix: "deskwire_tool", label: "tool", noun: "calls of a tool" };
const IMAGE = new URL("../gen/deskwire.binpb", import.meta.url);

/** What to open. */
export interface DeskOptions {
  readonly config: Config;
  readonly parts: readonly Part[];
  /** Whether to fill a desk that is opened for the first time. PostgreSQL is never filled. */
  readonly demo: boolean;
  /** Whether it only answers calls, and does nothing of its own accord: posts no webhook, reads no log. False if left out. */
  readonly idle?: boolean;
  /** How other parts are called, and how often this one may be. Absent: nobody is told who calls, and as often as they like. */
  readonly access?: Pick<Access, "remote" | "limiter"> | undefined;
  readonly log?: Log;
}

/** Open services, and the ways to them. */
export interface Desk extends AsyncDisposable {
  readonly services: readonly BoundService[];
  /** Plain HTTP beside the services, by exact path. */
  readonly routes: Readonly<Record<string, Route>>;
  /** Descriptors with comments, read when they are first asked for. */
  readonly files: () => FileRegistry;
  /** What the adapter offers, made when it is first asked for; undefined where it is not among the parts. */
  readonly catalog: Catalog | undefined;
  /** The messages gateway before it; undefined where the adapter is not among the parts. */
  readonly gateway: GatewayModule | undefined;
  /** What can be measured beside the calls of services: tools, databases, queues. */
  readonly metrics: readonly Metric[];
  /** Whether the demo data was written just now. */
  readonly seeded: boolean;
  /** The services that cannot do their work now, with what is in the way. */
  unready(): Promise<Map<string, unknown>>;
  /** Ends streams that would not end by themselves, before the port is closed. */
  drain(): void;
  close(): Promise<void>;
}

/** Loads the descriptors of all of Deskwire's protos, with their comments. */
export function loadDescriptors(): FileRegistry {
  return loadImage(readFileSync(IMAGE), wellKnownFiles);
}

/** Makes the tools, resources and prompts of the support service at the end of `transport`. */
export function supportCatalog(files: FileRegistry, transport: Transport, config: Config, log?: Log): Catalog {
  const service = files.getService(SupportService.typeName) as DescService;
  const maxResultTokens = config.MAX_RESULT_TOKENS;
  return buildCatalog({ services: [service], transport, expose: "annotated", registry: files, maxResultTokens, log });
}

/** The language model that reads texts; undefined where the local engine does. */
function analyticsModel(config: Config) {
  if (config.ANALYTICS_ENGINE === "local") return undefined;
  const apiKey = config.CLAUDE_API_KEY ?? config.ANTHROPIC_API_KEY;
  if (apiKey === undefined) {
    const variable = "CLAUDE_API_KEY";
    const message = `ANALYTICS_ENGINE=anthropic needs a key: set ${variable}, or ANALYTICS_ENGINE to local.`;
    throw fail(Code.InvalidArgument, "CONFIGURATION_INVALID", message, { variable });
  }
  return { apiKey, baseUrl: config.ANTHROPIC_BASE_URL, model: config.ANALYTICS_MODEL };
}

/**
 * Opens services.
 *
 * @throws ConnectError `DATA_DIR_IN_USE` when another process holds the SQLite files; `POLICY_INVALID`, `POLICY_UNREADABLE`
 */
export async function openDesk({
  config,
  parts,
  demo,
  idle = false,
  access,
  log = logToStderr,
}: DeskOptions): Promise<Desk> {
  const policy = readPolicy(config.DESK_POLICY);
  const services: BoundService[] = [];
  const modules: ServiceModule[] = [];
  const locks: DirectoryLock[] = [];
  const direct = directTransport(services);
  const urls: Record<ServiceName, string> = {
    crm: config.CRM_URL,
    ticket: config.TICKET_URL,
    analytics: config.ANALYTICS_URL,
    support: config.SUPPORT_URL,
  };
  const remotes: RemoteTransport[] = [];
  const to = (name: ServiceName): Transport => {
    if (parts.includes(name)) return direct;
    const remote = remoteTransport(urls[name], access?.remote(name));
    remotes.push(remote);
    return remote;
  };

  async function locate(name: keyof typeof DATABASES): Promise<DatabaseLocation> {
    const location = databaseLocation(config, name);
    if (location.kind === "sqlite") locks.push(await lockDirectory(dirname(location.file)));
    return location;
  }
  const open: Record<ServiceName, () => ServiceModule | Promise<ServiceModule>> = {
    crm: async () =>
      crmModule({ database: await locate("crm"), tickets: to("ticket"), policies: config.TOOL_APPROVAL, log }),
    ticket: async () =>
      ticketModule({
        database: await locate("ticket"),
        crm: to("crm"),
        analytics: to("analytics"),
        policy,
        webhookNetworks: config.WEBHOOK_ALLOW_PRIVATE,
        inboundSecrets: config.INBOUND_WEBHOOK_SECRET,
        policies: config.TOOL_APPROVAL,
        approvalHours: config.APPROVAL_HOURS,
        replyAllowlist: config.REPLY_LINK_ALLOWLIST,
        log,
      }),
    analytics: async () =>
      analyticsModule({
        database: await locate("analytics"),
        model: analyticsModel(config),
        tickets: to("ticket"),
        policy,
        log,
      }),
    support: () => supportModule({ crm: to("crm"), tickets: to("ticket"), analytics: to("analytics"), log }),
  };

  /** In the order of opening: a reader of another service's streams ends before these do. */
  function drain(): void {
    for (const module of modules) module.drain?.();
  }
  async function close(): Promise<void> {
    drain();
    for (const module of modules.splice(0).reverse()) await module.close();
    for (const remote of remotes.splice(0)) remote.close();
    for (const lock of locks.splice(0)) await lock.release();
  }

  try {
    const wanted = demo && !config.DATABASE_URL && parts.includes("crm") && parts.includes("ticket");
    const seeded = wanted && (await isDemoDue(config.DATA_DIR));
    for (const part of parts) {
      if (part === "adapter") continue;
      const module = await open[part]();
      modules.push(module);
      services.push(...module.services);
      if (access?.limiter.limitsCalls) {
        for (const { conditions } of module.services) conditions.push((...call) => access.limiter.countCall(...call));
      }
    }
    const files = once(loadDescriptors);
    const support = to("support");
    const catalog = parts.includes("adapter")
      ? lateCatalog(() => supportCatalog(files(), support, config, log))
      : undefined;
    const gateway =
      catalog &&
      (await gatewayModule({ config, catalog, database: await locate("gateway"), tickets: to("ticket"), log }));
    if (gateway) modules.push(gateway);
    for (const module of idle ? [] : modules) module.start?.();
    if (seeded) {
      await seedDemo(direct);
      await settleDemo(config.DATA_DIR);
    }
    return {
      services,
      routes: Object.assign({}, ...modules.map(({ routes }) => routes)),
      files,
      ...{ catalog, gateway },
      metrics: [
        ...modules.flatMap(({ metrics = [] }) => metrics),
        ...callMetrics(TOOLS, () => catalog?.tools.map(({ calls }) => calls) ?? []),
      ],
      seeded,
      async unready() {
        const checks = modules.map(async (module) => {
          const problem = await module.ready().then(
            () => undefined,
            (error: unknown) => error ?? "not ready",
          );
          return module.services.map(({ desc }) => [desc.typeName, problem] as const);
        });
        return new Map((await Promise.all(checks)).flat().filter(([, problem]) => problem !== undefined));
      },
      drain,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws ConnectError `PART_UNKNOWN` naming the parts there are */
export function parseParts(names: readonly string[], all: readonly Part[]): readonly Part[] {
  const unknown = names.find((name) => !all.includes(name as Part));
  if (unknown === undefined) return names.length > 0 ? all.filter((part) => names.includes(part)) : all;
  throw fail(
    Code.InvalidArgument,
    "PART_UNKNOWN",
    `There is no part ${unknown}. Parts: ${all.join(", ")}; none for all.`,
  );
}
