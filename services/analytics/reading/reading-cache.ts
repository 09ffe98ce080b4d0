// Readings that may be asked for again, the least recently used forgotten first.
import { Recent } from "../../../runtime/recent.ts";
import type { Reading } from "../engine/engine.ts";

const MAX_BYTES = 2 * 1024 * 1024;
/** Of an entry without its words: measured on heaps of them. */
const ENTRY_BYTES = 1_500;

function bytesOf({ sentiment, categorization, urgency }: Reading): number {
  let bytes = ENTRY_BYTES;
  for (const { evidence } of [sentiment, categorization, urgency])
    for (const word of evidence) bytes += 2 * word.length;
  return bytes;
}

/**
 * Keeps readings by the name of the engine, which tells its version and what it has been taught, and the hash of the text.
 * Texts are not kept, but for the words that spoke.
 */
export class ReadingCache {
  readonly #entries: Recent<string, Reading>;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#entries = new Recent(maxBytes, bytesOf);
  }

  get bytes(): number {
    return this.#entries.size;
  }

  /** What was kept for the hash of a text; undefined for nothing. */
  get(engine: string, hash: string): Reading | undefined {
    return this.#entries.get(`${engine} ${hash}`);
  }

  /** Keeps a reading, and returns it. */
  keep(engine: string, hash: string, reading: Reading): Reading {
    this.#entries.set(`${engine} ${hash}`, reading);
    return reading;
  }

  /** Forgets what any engine has read in texts, by their hashes. */
  forget(hashes: readonly string[]): void {
    const gone = new Set(hashes);
    for (const key of this.#entries.keys())
      if (gone.has(key.slice(key.lastIndexOf(" ") + 1))) this.#entries.delete(key);
  }
}
