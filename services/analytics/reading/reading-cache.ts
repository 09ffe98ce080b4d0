// Readings that may be asked for again, the least recently used forgotten first.
import type { Reading } from "../engine/engine.ts";
import { textHash } from "./text-hash.ts";

const MAX_BYTES = 16 * 1024 * 1024;
/** Of an entry without its words: measured on heaps of them. */
const ENTRY_BYTES = 1_500;

function bytesOf({ sentiment, categorization, urgency }: Reading): number {
  const words = [...sentiment.evidence, ...categorization.evidence, ...urgency.evidence];
  return ENTRY_BYTES + words.reduce((sum, word) => sum + 2 * word.length, 0);
}

/**
 * Keeps readings by the name of the engine, which tells its version and what it has been taught, and the hash of the text.
 * Texts are not kept.
 */
export class ReadingCache {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Reading>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The reading that was kept, or the one that `read` makes, which is kept. */
  through(engine: string, text: string, read: () => Reading): Reading {
    const key = `${engine} ${textHash(text)}`;
    const kept = this.#entries.get(key);
    if (kept) {
      this.#entries.delete(key);
      this.#entries.set(key, kept);
      return kept;
    }
    const reading = read();
    this.#entries.set(key, reading);
    this.#bytes += bytesOf(reading);
    for (const [oldest, forgotten] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= bytesOf(forgotten);
    }
    return reading;
  }
}
