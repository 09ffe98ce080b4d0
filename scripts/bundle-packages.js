// With every `npm install` and `npm ci`: puts the packages that Deskwire imports together in a few files, because Node
// takes longer to find and open 750 files than to run what is in them (docs/decisions/0014-packages-in-few-files.md).
// JavaScript, so that an older Node can say that it leaves it.
import { execSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);
const SOURCES = ["adapter", "gateway", "gen", "runtime", "services"];
/** Looks for files and packages of its own while it runs. */
const LEFT_ALONE = ["pg"];
const IMPORT = /(?:^(?:import (?!type)|export |\})[^"\n]*from |\bimport\()"([^".#][^"]*)"/gm;

function importedPackages() {
  const names = new Set();
  for (const folder of SOURCES) {
    const path = fileURLToPath(new URL(folder, ROOT));
    for (const file of readdirSync(path, { recursive: true, encoding: "utf8" })) {
      if (!/(?<!\.test)\.[jt]s$/.test(file) || file.endsWith(".d.ts")) continue;
      for (const [, name] of readFileSync(`${path}/${file}`, "utf8").matchAll(IMPORT)) names.add(name);
    }
  }
  return [...names].filter((name) => !name.startsWith("node:") && !LEFT_ALONE.includes(name)).sort();
}

const ENTRIES = fileURLToPath(new URL(".entries/", ROOT));

/** A file for each package that exports what Node finds in it: of CommonJS, a bundle would export `default` alone. */
const entries = {
  name: "entries",
  resolveId: (id) => (id.startsWith(ENTRIES) ? id : undefined),
  async load(id) {
    if (!id.startsWith(ENTRIES)) return undefined;
    const name = id.slice(ENTRIES.length);
    const exported = Object.keys(await import(name)).filter((key) => /^[\w$]+$/.test(key));
    return `export { ${exported.join(", ")} } from ${JSON.stringify(name)};`;
  },
};

/**
 * protovalidate compiles all rules of CEL that a type of field may have, 57 for a string, with the first field of that type,
 * and evaluates hardly one, because it checks most rules without CEL. Here a rule is compiled with the first field that needs it.
 */
const lateRules = {
  name: "late-rules",
  transform(code, id) {
    if (!/protovalidate\/dist\/esm\/cel\.js$/.test(id)) return undefined;
    return code.replaceAll(
      "compiled: this.compileRule(rule),",
      "compile: () => this.compileRule(rule), get compiled() { return (this.once ??= this.compile()); },",
    );
  },
};

async function bundle() {
  const { rolldown } = await import("rolldown");
  const names = importedPackages();
  const input = Object.fromEntries(names.map((name) => [name.replaceAll(/\W+/g, "-"), ENTRIES + name]));
  const build = await rolldown({
    input,
    plugins: [entries, lateRules],
    cwd: fileURLToPath(ROOT),
    platform: "node",
    // What is not installed is for databases and tools that Deskwire does not use.
    external: [/^node:/, ...LEFT_ALONE],
    logLevel: "silent",
  });
  const folder = new URL("node_modules/.cache/packages/", ROOT);
  rmSync(folder, { recursive: true, force: true });
  const { output } = await build.write({ dir: fileURLToPath(folder), format: "esm", comments: false });
  const files = Object.fromEntries(
    output.flatMap((file) =>
      file.type === "chunk" && file.isEntry ? [[input[file.name].slice(ENTRIES.length), file.fileName]] : [],
    ),
  );
  const installed = statSync(new URL("node_modules/.package-lock.json", ROOT)).mtimeMs;
  writeFileSync(new URL("index.json", folder), JSON.stringify({ installed, files }));
  return names.length;
}

try {
  console.log(`${await bundle()} packages in few files: npm start is quicker for it.`);
} catch (error) {
  console.log(`The packages stay in their own files, with which npm start takes longer: ${error.message}`);
}
try {
  // Node keeps what it compiles: the first start takes no longer than those after it, and 22 MiB less.
  execSync("npm start -- --help", { cwd: fileURLToPath(ROOT), stdio: "ignore" });
} catch {
  console.log("Node compiles Deskwire with the first npm start, which takes longer for it.");
}
