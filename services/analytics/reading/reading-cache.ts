// Readings that may be asked for again, the least recently used forgotten first.
import type { Reading } from "../engine/engine.ts";

const MAX_BYTES = 2 * 1024 * 1024;
/** Of an entry without its words: measured on heaps of them. */
const ENTRY_BYTES = 1_500;

function bytesOf({ sentiment, categorization, urgency }: Reading): number {
  const words = [...sentiment.evidence, ...categorization.evidence, ...urgency.evidence];
  return ENTRY_BYTES + words.reduce((sum, word) => sum + 2 * word.length, 0);
}

/**
 * Keeps readings by the name of the engine, which tells its version and what it has been taught, and the hash of the text.
 * Texts are not kept, but for the words that spoke.
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

  /** What was kept for the hash of a text; undefined for nothing. */
  get(engine: string, hash: string): Reading | undefined {
    const key = `${engine} ${hash}`;
    const reading = this.#entries.get(key);
    if (reading === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, reading);
    return reading;
  }

  /** Keeps a reading, and returns it. */
  keep(engine: string, hash: string, reading: Reading): Reading {
    const key = `${engine} ${hash}`;
    this.#forget(key);
    this.#entries.set(key, reading);
    this.#bytes += bytesOf(reading);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest);
    }
    return reading;
  }

  /** Forgets what any engine has read in texts, by their hashes. */
  forget(hashes: readonly string[]): void {
    const gone = new Set(hashes);
    for (const key of this.#entries.keys()) if (gone.has(key.slice(key.lastIndexOf(" ") + 1))) this.#forget(key);
  }

  #forget(key: string): void {
    const reading = this.#entries.get(key);
    if (reading === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= bytesOf(reading);
  }
}
