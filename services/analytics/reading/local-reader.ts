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
      for (const [at, text] of texts.entries()) {
        if (turn.isOver) {
          await turn.pass();
          signal.throwIfAborted();
        }
        // A ticket's first and last text are one until its customer writes again: that is told sooner than their hash.
        const last = text === texts[at - 1] ? answers.at(-1) : undefined;
        answers.push(last ?? { reading: engine.analyze(text), engine: engine.name });
      }
      return answers;
    },
  };
}
