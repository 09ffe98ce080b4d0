// Reads by the engine in this process.
import { Turn } from "../../../runtime/background/turn.ts";
import { cachedEngine } from "./cached-engine.ts";
import type { Answer, Reader } from "./reader.ts";
import type { ReadingCache } from "./reading-cache.ts";

/** Makes the reader. A batch that was cancelled or ran out of time stops between texts. */
export function localReader(cache: ReadingCache): Reader {
  return {
    async read(texts, taught, { signal }) {
      const engine = cachedEngine(taught.engine, cache);
      const answers: Answer[] = [];
      const turn = new Turn();
      for (const text of texts) {
        if (turn.isOver) {
          await turn.pass();
          signal.throwIfAborted();
        }
        answers.push({ reading: engine.analyze(text), engine: engine.name });
      }
      return answers;
    },
  };
}
