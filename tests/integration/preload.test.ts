// What `--import ./runtime/preload.js` does to where packages come from.
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT, run } from "../support/processes.ts";

let root: string;
const lock = () => join(root, "node_modules/.package-lock.json");

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** Which file of the package a process loads. */
async function loaded(): Promise<string> {
  const { stdout } = await run(process.execPath, ["--import", "./runtime/preload.js", "main.ts"], { cwd: root });
  return stdout.trim();
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "preload-"));
  await mkdir(join(root, "runtime"));
  await copyFile(new URL("runtime/preload.js", ROOT), join(root, "runtime/preload.js"));
  await write("main.ts", 'import "./greet.ts";');
  await write("greet.ts", 'import from from "some-package";\nconst text: string = from;\nconsole.log(text);');
  await write(
    "node_modules/some-package/package.json",
    '{ "name": "some-package", "type": "module", "main": "index.js" }',
  );
  await write("node_modules/some-package/index.js", 'export default "its own file";');
  await write("node_modules/.package-lock.json", "{}");
  await write("node_modules/.cache/packages/some.js", 'export default "the bundle";');
  const { mtimeMs: installed } = await stat(lock());
  const index = { installed, files: { "some-package": "some.js" } };
  await write("node_modules/.cache/packages/index.json", JSON.stringify(index));
});

afterAll(async () => rm(root, { recursive: true }));

test("packages come from what was put together, and after another installation from their own files", async () => {
  expect(await loaded()).toBe("the bundle");
  const later = new Date(Date.now() + 1_000);
  await utimes(lock(), later, later);
  expect(await loaded()).toBe("its own file");
});

test("protovalidate as it was put together compiles a rule when a field needs it", async (context) => {
  const folder = new URL("node_modules/.cache/packages/", ROOT);
  const index = await readFile(new URL("index.json", folder), "utf8").catch(() => undefined);
  if (index === undefined) return context.skip("the packages were installed without scripts");
  const text = await readFile(new URL(JSON.parse(index).files["@bufbuild/protovalidate"], folder), "utf8");
  expect(text).toContain("compileRulesUncached(");
  expect(text).not.toContain("compiled: this.compileRule(rule)");
});

test("what was put together exports all that the packages do", async (context) => {
  const index = new URL("node_modules/.cache/packages/index.json", ROOT);
  const kept = await readFile(index, "utf8").catch(() => undefined);
  if (kept === undefined) return context.skip("the packages were installed without scripts");
  const names = Object.keys(JSON.parse(kept).files);
  const script = `
    const exported = {};
    for (const name of ${JSON.stringify(names)}) {
      exported[name] = Object.keys(await import(name)).filter((key) => key !== "module.exports").sort();
    }
    console.log(JSON.stringify(exported));`;
  const exportedBy = async (...options: string[]) => {
    const env = { ...process.env, NODE_OPTIONS: "" };
    const { stdout } = await run(process.execPath, [...options, "--input-type=module", "-e", script], {
      cwd: ROOT,
      env,
    });
    return JSON.parse(stdout);
  };
  expect(await exportedBy("--import", "./runtime/preload.js")).toEqual(await exportedBy());
});
