// Descriptors → everything that an MCP server offers.
import { createRegistry, type DescMethod, type DescService, type Registry } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { type Log, logToStderr } from "../../runtime/log.ts";
import { wellKnownFiles } from "../../runtime/messages/descriptor-image.ts";
import type { Catalog } from "../catalog.ts";
import { serviceOptions, toolOptions } from "./options.ts";
import { servicePrompts } from "./prompts.ts";
import { requiredFields } from "./required.ts";
import { serviceResources } from "./resources.ts";
import { methodTool, type ToolSetting } from "./tool.ts";
import { toolNames } from "./tool-names.ts";

const DEFAULT_MAX_RESULT_TOKENS = 10_000;

/** What a catalog is made from. */
export interface CatalogOptions {
  /** What is offered, in this order; with comments, where their descriptors carry them. */
  readonly services: readonly DescService[];
  /** Where the calls go. */
  readonly transport: Transport;
  /** Only methods with the option `(deskwire.mcp.v1.tool)`, or all that are not hidden. */
  readonly expose: "annotated" | "all";
  /** The types that a `google.protobuf.Any` may hold, and the rules that extend those of protovalidate. */
  readonly registry: Registry;
  /** How long a result may be, in tokens. Default: 10,000. */
  readonly maxResultTokens?: number | undefined;
  /** Deadline of each call in milliseconds. Default: the transport's. */
  readonly timeoutMs?: number | undefined;
  /** Told of what goes wrong in the adapter itself. Default: standard error. */
  readonly log?: Log | undefined;
}

function isExposed(method: DescMethod, expose: CatalogOptions["expose"]): boolean {
  const options = toolOptions(method);
  return !options?.hidden && (expose === "all" || options !== undefined);
}

/**
 * Builds tools, resources and prompts from the descriptors of any services. The order is that of the services and, within
 * each, that of its declarations.
 *
 * Throws a `TypeError` for options that contradict their descriptors, such as a resource whose method does not exist.
 */
export function buildCatalog(options: CatalogOptions): Catalog {
  const { services, transport, expose, registry, timeoutMs } = options;
  // An image without imports, and many a server, leaves out the types that everybody has.
  const types = createRegistry(...wellKnownFiles, registry);
  const setting: ToolSetting = {
    transport,
    timeoutMs,
    registry: types,
    required: requiredFields(types),
    maxResultTokens: options.maxResultTokens ?? DEFAULT_MAX_RESULT_TOKENS,
    log: options.log ?? logToStderr,
  };
  const methods = services.flatMap((service) => service.methods.filter((method) => isExposed(method, expose)));
  const names = toolNames(methods);
  return {
    instructions: services
      .map((service) => serviceOptions(service)?.instructions.trim())
      .filter(Boolean)
      .join("\n\n"),
    tools: methods.map((method) => methodTool(method, names.get(method) as string, setting)),
    resources: services.flatMap((service) => serviceResources(service, setting)),
    prompts: services.flatMap((service) => servicePrompts(service, setting)),
  };
}
