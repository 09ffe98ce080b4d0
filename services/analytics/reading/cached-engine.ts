// The engine behind a cache: whoever reads a text, it is read once.
import type { Engine } from "../engine/engine.ts";
import type { ReadingCache } from "./reading-cache.ts";
import { textHash } from "./text-hash.ts";

/** An engine that reads what the cache does not have, and puts it there. */
export function cachedEngine(engine: Engine, cache: ReadingCache): Engine {
  const { name } = engine;
  return {
    name,
    analyze(text) {
      const hash = textHash(text);
      return cache.get(name, hash) ?? cache.keep(name, hash, engine.analyze(text));
    },
  };
}
