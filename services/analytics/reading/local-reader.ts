// Reads by the engine in this process.
import { setImmediate } from "node:timers/promises";
import type { Answer, Reader } from "./reader.ts";
import type { ReadingCache } from "./reading-cache.ts";
import { textHash } from "./text-hash.ts";

/** How long a batch may keep the process to itself, in milliseconds, before other calls get their turn. */
const TURN_MS = 10;

/** Makes the reader. A batch that was cancelled or ran out of time stops between texts. */
export function localReader(cache: ReadingCache): Reader {
  return {
    async read(texts, { engine }, { signal }) {
      const answers: Answer[] = [];
      let turn = performance.now();
      for (const text of texts) {
        if (performance.now() - turn > TURN_MS) {
          await setImmediate();
          signal.throwIfAborted();
          turn = performance.now();
        }
        const hash = textHash(text);
        const reading = cache.get(engine.name, hash) ?? cache.keep(engine.name, hash, engine.analyze(text));
        answers.push({ reading, engine: engine.name });
      }
      return answers;
    },
  };
}
