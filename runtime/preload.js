// `node --import ./runtime/preload.js`: what makes a start quick, before anything else is loaded. JavaScript, because Node's own
// stripping of types would be loaded for this file alone, which takes a tenth of a second and 15 MiB.
import { readFileSync, statSync } from "node:fs";
import { enableCompileCache, registerHooks } from "node:module";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);
const INSTALLED = new URL("node_modules/.package-lock.json", ROOT);
const CACHE = new URL("node_modules/.cache/", ROOT);
const PACKAGES = new URL("packages/", CACHE);

/** The packages that scripts/bundle-packages.js has put together, and the file of each; none after another installation. */
function bundledPackages() {
  try {
    const { installed, files } = JSON.parse(readFileSync(new URL("index.json", PACKAGES), "utf8"));
    return installed === statSync(INSTALLED).mtimeMs ? files : {};
  } catch {
    // Every package is in its own files as well.
    return {};
  }
}

// Where the folder cannot be written to, as in a container, Node compiles as ever.
enableCompileCache(fileURLToPath(new URL("compiled", CACHE)));

const packages = new Map(Object.entries(bundledPackages()).map(([name, file]) => [name, new URL(file, PACKAGES).href]));
const found = (url, format) => ({ url, format, shortCircuit: true });

registerHooks({
  resolve(name, context, next) {
    // A package may need another version of what it imports.
    const url = context.parentURL?.includes("/node_modules/") ? undefined : packages.get(name);
    if (url) return found(url, "module");
    // Our own files are where they are said to be, which Node would look up folder by folder.
    if (/^\..*\.ts$/.test(name)) return found(new URL(name, context.parentURL).href, "module-typescript");
    if (name.startsWith("#gen/")) return found(new URL(name.slice(1), ROOT).href, "module");
    return next(name, context);
  },
});
