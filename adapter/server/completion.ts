// Completes what a user types for a prompt's argument or a resource template's variable.
import type { CompleteRequest } from "@modelcontextprotocol/server";
import type { CallContext, Complete } from "../catalog.ts";
import { invalidParams } from "./protocol-errors.ts";
import type { View } from "./view.ts";

const MAX_VALUES = 100;

function completer(view: View, { ref, argument }: CompleteRequest["params"]): Complete | undefined {
  const fields =
    ref.type === "ref/prompt"
      ? view.prompts.get(ref.name)?.arguments
      : view.readable.find(({ uriTemplate }) => uriTemplate === ref.uri)?.variables;
  if (fields === undefined)
    throw invalidParams(`Nothing to complete for ${ref.type === "ref/prompt" ? ref.name : ref.uri}`);
  const field = fields.find(({ name }) => name === argument.name);
  if (field !== undefined) return field.complete;
  const names = fields.map(({ name }) => name).join(", ");
  throw invalidParams(`Unknown argument ${argument.name}. Known: ${names || "none"}.`);
}

/**
 * Answers `completion/complete`: at most 100 values, none for an argument that has no completion.
 *
 * @throws ProtocolError (-32602) for an unknown prompt, template or argument
 */
export async function completeArgument(view: View, params: CompleteRequest["params"], context: CallContext) {
  const complete = completer(view, params);
  const values = complete === undefined ? [] : await complete(params.argument.value, context);
  return { completion: { values: values.slice(0, MAX_VALUES), hasMore: values.length > MAX_VALUES } };
}

/** Whether a view has anything to complete. */
export function hasCompletion(view: View): boolean {
  const fields = [...view.prompts.values()].flatMap((prompt) => prompt.arguments);
  return [...fields, ...view.readable.flatMap(({ variables }) => variables)].some(
    ({ complete }) => complete !== undefined,
  );
}
