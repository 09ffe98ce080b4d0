// What one caller sees of the catalog: made once for each set of scopes, never for each request.
import type { Catalog, Prompt, ResourceTemplate, Tool, ToolDefinition } from "../catalog.ts";

/** The part of a catalog that a set of scopes opens, in the catalog's order. */
export interface View {
  definitions(): readonly ToolDefinition[];
  readonly tools: ReadonlyMap<string, Tool>;
  /** Templates with variables, as `resources/templates/list` shows them. */
  readonly templates: readonly Readonly<Record<string, string>>[];
  /** Things at a fixed address, as `resources/list` shows them. */
  readonly resources: readonly Readonly<Record<string, string>>[];
  readonly readable: readonly ResourceTemplate[];
  readonly prompts: ReadonlyMap<string, Prompt>;
}

/** Finds the view of a caller with these scopes. */
export type Views = (scopes: ReadonlySet<string> | undefined) => View;

function describe(address: "uri" | "uriTemplate", template: ResourceTemplate): Record<string, string> {
  const { name, title, description, mimeType } = template;
  return { [address]: template.uriTemplate, name, title, description, ...(mimeType && { mimeType }) };
}

function createView(catalog: Catalog, opens: (scope: string | undefined, explicit?: boolean) => boolean): View {
  const tools = catalog.tools.filter(({ scope, explicitScope }) => opens(scope, explicitScope));
  const readable = catalog.resources.filter(({ scope }) => opens(scope));
  return {
    definitions: () => tools.map(({ definition }) => definition),
    tools: new Map(tools.map((tool) => [tool.name, tool])),
    templates: readable.filter(({ variables }) => variables.length > 0).map((it) => describe("uriTemplate", it)),
    resources: readable.filter(({ variables }) => variables.length === 0).map((it) => describe("uri", it)),
    readable,
    prompts: new Map(catalog.prompts.map((prompt) => [prompt.name, prompt])),
  };
}

/** The scopes that a catalog asks for, in alphabetical order. */
export function scopesOf({ tools, resources }: Catalog): string[] {
  return [...new Set([...tools, ...resources].flatMap(({ scope }) => scope ?? []))].sort();
}

/** Makes the views of a catalog; each is built when its scopes are first seen. */
export function createViews(catalog: Catalog): Views {
  const everything = createView(catalog, (_, explicit) => !explicit);
  const known = scopesOf(catalog);
  // Keyed by the scopes that the catalog asks for: a caller cannot fill the map with scopes of its own invention.
  const views = new Map<string, View>();
  return (scopes) => {
    if (scopes === undefined) return everything;
    const held = known.filter((scope) => scopes.has(scope));
    const key = held.join(" ");
    let view = views.get(key);
    if (view === undefined) {
      view = createView(catalog, (scope) => scope === undefined || held.includes(scope));
      views.set(key, view);
    }
    return view;
  };
}
