// Resource templates from `(deskwire.mcp.v1.service).resources`.
import type { DescService } from "@bufbuild/protobuf";
import type { Resource } from "#gen/deskwire/mcp/v1/options_pb.js";
import type { ResourceTemplate } from "../catalog.ts";
import { completion, unaryMethod } from "./completion.ts";
import { isHttpBody } from "./media.ts";
import { serviceOptions } from "./options.ts";
import { literal } from "./re2.ts";
import { methodTool, type ToolSetting } from "./tool.ts";
import { snakeCase } from "./words.ts";

/** The variables of a URI template of level 1 (RFC 6570). */
function variablesOf(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
}

function pattern(template: string): RegExp {
  const parts = template.split(/\{(\w+)\}/);
  const source = parts.map((part, index) => (index % 2 === 0 ? literal(part) : `(?<${part}>[^/?#]+)`));
  return new RegExp(`^${source.join("")}$`, "u");
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    // A stray % makes it none of our addresses.
    return undefined;
  }
}

function resourceTemplate(service: DescService, option: Resource, setting: ToolSetting): ResourceTemplate {
  const { uriTemplate, title, description } = option;
  const method = unaryMethod(service, option.method);
  const variables = variablesOf(uriTemplate);
  const unknown = variables.find((name) => !method.input.fields.some((field) => field.name === name));
  if (unknown) throw new TypeError(`${uriTemplate}: ${method.input.typeName} has no field ${unknown}.`);
  const matcher = pattern(uriTemplate);
  const tool = methodTool(method, snakeCase(method.name), setting);
  const complete = completion(service, option.completion, setting);
  return {
    uriTemplate,
    name: snakeCase(uriTemplate.replace(/:.*$/s, "")),
    title: title || tool.definition.title,
    description: description || tool.definition.description,
    scope: tool.scope,
    mimeType: isHttpBody(method.output) ? undefined : "application/json",
    variables: variables.map((name, index) => ({
      name,
      complete: index === variables.length - 1 ? complete : undefined,
    })),
    read(uri, context) {
      const match = matcher.exec(uri);
      if (!match) return undefined;
      const values = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)]);
      if (values.some(([, value]) => value === undefined)) return undefined;
      return tool.call(Object.fromEntries(values), context);
    },
  };
}

/** The resources that a service declares. Throws a `TypeError` where one names a method or a field that does not exist. */
export function serviceResources(service: DescService, setting: ToolSetting): ResourceTemplate[] {
  return (serviceOptions(service)?.resources ?? []).map((option) => resourceTemplate(service, option, setting));
}
