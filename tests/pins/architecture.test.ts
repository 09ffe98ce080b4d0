// Who imports whom, who reads the environment, and how long files are.
import { posix } from "node:path";
import { expect, test } from "vitest";
import { isTooling, type SourceFile, sourceFiles } from "./source.ts";

const files = sourceFiles();
const running = files.filter((file) => !isTooling(file));
const IMPORT = /(?:from|import)\s*\(?\s*"([^"]+)"/g;

/** What a file imports, as paths from the root; packages and Node's modules as they are named. */
function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(IMPORT)].map(([, name = ""]) => {
    if (name.startsWith(".")) return posix.join(posix.dirname(path), name);
    return name.startsWith("#gen/") ? name.slice(1) : name;
  });
}

const serviceOf = (path: string) => /^services\/([^/]+)\//.exec(path)?.[1];

/** Why a file may not import another; undefined where it may. */
function objection(from: string, to: string): string | undefined {
  const at = (folder: string) => from.startsWith(`${folder}/`);
  const goes = (...folders: string[]) => folders.some((folder) => to.startsWith(`${folder}/`));
  const service = serviceOf(from);
  if (goes("tests", "scripts", "bench")) return "what runs needs no tests and no tools";
  if (at("runtime")) {
    if (goes("services", "adapter", "gateway")) return "the runtime knows nothing of what stands on it";
    // Options say how a method is to be treated; they name no service.
    const options = goes("gen/deskwire/access", "gen/deskwire/mcp");
    if (goes("gen") && !goes("gen/grpc", "gen/health", "gen/google") && !options) return "the runtime knows no service";
  }
  if (service) {
    if (goes("adapter", "gateway")) return "a service does not know who calls it";
    if (to.startsWith("services/") && serviceOf(to) !== service) return "a service knows another by its contract alone";
  }
  // adapter/main.ts composes a desk where none runs; the rest of the adapter is generic.
  if (at("adapter") && from !== "adapter/main.ts") {
    if (goes("services", "gateway")) return "the adapter knows services by their descriptors alone";
    if (goes("gen/deskwire") && !goes("gen/deskwire/mcp")) return "the adapter names no service";
  }
  if (at("gateway") && goes("services")) return "the gateway knows the adapter's tools alone";
  return undefined;
}

test("imports go only where the design lets them", () => {
  const objections = running.flatMap((file) =>
    importsOf(file).flatMap((to) => {
      const reason = objection(file.path, to);
      return reason ? [`${file.path} imports ${to}: ${reason}`] : [];
    }),
  );
  expect(objections).toEqual([]);
});

test("the rules see imports at all", () => {
  expect(
    importsOf({ path: "runtime/a/b.ts", text: 'import { x } from "../../services/desk.ts";\nimport "node:fs";' }),
  ).toEqual(["services/desk.ts", "node:fs"]);
  expect(objection("services/crm/service.ts", "services/ticket/draft.ts")).toBeDefined();
  expect(objection("runtime/calls/call.ts", "gen/deskwire/crm/v1/note_pb.js")).toBeDefined();
  expect(objection("adapter/catalog/tool.ts", "services/desk.ts")).toBeDefined();
  expect(running.length).toBeGreaterThan(80);
});

test("runtime/config.ts alone reads the environment", () => {
  const readers = running.filter(({ text }) => /process\.env|from "node:process"/.test(text));
  expect(readers.map(({ path }) => path)).toEqual(["runtime/config.ts"]);
});

test("files are short: none over 350 lines, half of them 120 or less", () => {
  const lengths = files.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
  expect(lengths.filter(({ lines }) => lines > 350)).toEqual([]);
  const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(120);
});
