// Reads by the engine in this process.
import { Turn } from "../engine/turn.ts";
import type { Answer, Reader } from "./reader.ts";
import type { ReadingCache } from "./reading-cache.ts";
import { textHash } from "./text-hash.ts";

/** Makes the reader. A batch that was cancelled or ran out of time stops between texts. */
export function localReader(cache: ReadingCache): Reader {
  return {
    async read(texts, { engine }, { signal }) {
      const answers: Answer[] = [];
      const turn = new Turn();
      for (const text of texts) {
        if (turn.isOver) {
          await turn.pass();
          signal.throwIfAborted();
        }
        const hash = textHash(text);
        const reading = cache.get(engine.name, hash) ?? cache.keep(engine.name, hash, engine.analyze(text));
        answers.push({ reading, engine: engine.name });
      }
      return answers;
    },
  };
}
