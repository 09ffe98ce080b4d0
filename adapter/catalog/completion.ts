// Completes a value by asking one of the service's own search methods.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import type { Completion } from "#gen/deskwire/mcp/v1/options_pb.js";
import { requiredScope } from "../../runtime/identity/scopes.ts";
import { withoutHidden } from "../../runtime/messages/hidden-text.ts";
import type { CallContext, Complete, Json } from "../catalog.ts";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import { callUnary } from "./invoke.ts";
import type { ToolSetting } from "./tool.ts";

/** As many as MCP lets a completion hold. */
const MAX_VALUES = 100;

/** Finds a method that an option names. Throws a `TypeError` where the service has none of that name. */
export function unaryMethod(service: DescService, name: string): DescMethod {
  const method = service.methods.find((each) => each.name === name && each.methodKind === "unary");
  if (!method) throw new TypeError(`An option of ${service.typeName} names ${name}, which is no unary method of it.`);
  return method;
}

function valuesAt(json: Json | undefined, path: readonly string[]): string[] {
  if (Array.isArray(json)) return json.flatMap((item) => valuesAt(item, path));
  const [name, ...rest] = path;
  if (name === undefined) return typeof json === "string" ? [withoutHidden(json).text] : [];
  return typeof json === "object" && json !== null ? valuesAt(json[name], rest) : [];
}

/** The completion that an option describes; undefined where there is no option. */
export function completion(
  service: DescService,
  option: Completion | undefined,
  setting: ToolSetting,
): Complete | undefined {
  if (!option) return undefined;
  const { queryField, valuePath } = option;
  const method = unaryMethod(service, option.method);
  const scope = requiredScope(method);
  const search = async (typed: string, context: CallContext): Promise<string[]> => {
    const { message: request, issues } = decode(method.input, typed ? { [queryField]: typed } : {}, setting.registry);
    if (issues.length > 0) return [];
    const { message: response } = await callUnary(setting, method, request.message, context);
    return valuesAt(
      encode(method.output, response, { registry: setting.registry, detailed: true }),
      valuePath.split("."),
    );
  };
  return async (typed, context) => {
    if (scope && context.scopes && !context.scopes.has(scope)) return [];
    try {
      const found = typed ? await search(typed, context) : [];
      // Half an identifier is often no word that a search finds; then the first ones that begin with it are offered.
      const beginning = (value: string) => value.toLowerCase().startsWith(typed.toLowerCase());
      const values = found.length > 0 ? found : (await search("", context)).filter(beginning);
      return [...new Set(values)].slice(0, MAX_VALUES);
    } catch (error) {
      // A list of suggestions has no place for the reason why there is none.
      if (error instanceof ConnectError) return [];
      throw error;
    }
  };
}
