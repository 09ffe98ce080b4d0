// Prompts from `(deskwire.mcp.v1.service).prompts`.
import type { DescService } from "@bufbuild/protobuf";
import type { Prompt as PromptOption } from "#gen/deskwire/mcp/v1/options_pb.js";
import type { Prompt } from "../catalog.ts";
import { completion } from "./completion.ts";
import { serviceOptions } from "./options.ts";
import type { ToolSetting } from "./tool.ts";
import { inWords, listOf } from "./words.ts";

function prompt(service: DescService, option: PromptOption, setting: ToolSetting): Prompt {
  const { name, title, description, arguments: values, text, attachments } = option;
  const required = values.filter((value) => value.required).map((value) => value.name);
  const known = new Set(values.map((value) => value.name));
  for (const [, used = ""] of [text, ...attachments].join(" ").matchAll(/\{\+?(\w+)\}/g)) {
    if (!known.has(used)) throw new TypeError(`The prompt ${name} of ${service.typeName} has no argument ${used}.`);
  }
  return {
    name,
    title: title || inWords(name),
    description,
    arguments: values.map((value) => ({
      name: value.name,
      description: value.description,
      required: value.required,
      complete: completion(service, value.completion, setting),
    })),
    text(given) {
      const missing = required.filter((each) => !given[each]?.trim());
      if (missing.length > 0) throw new TypeError(`The prompt ${name} needs ${listOf(missing, "and")}.`);
      // In one pass, so that braces inside a value stay what they are.
      return text.replaceAll(/\{(\w+)\}/g, (_, each: string) => given[each] ?? "").trim();
    },
    attachments(given) {
      return attachments.map((template) =>
        template.replaceAll(/\{(\+?)(\w+)\}/g, (_, whole: string, each: string) => {
          const value = given[each] ?? "";
          return whole ? value : encodeURIComponent(value);
        }),
      );
    },
  };
}

/** The prompts that a service declares. Throws a `TypeError` where a text uses an argument that is not declared. */
export function servicePrompts(service: DescService, setting: ToolSetting): Prompt[] {
  return (serviceOptions(service)?.prompts ?? []).map((option) => prompt(service, option, setting));
}
