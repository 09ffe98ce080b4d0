// What is in memory of each chunk, within a bound.

interface Item {
  readonly value: unknown;
  readonly bytes: number;
  /** The number of the question that used it last. */
  used: number;
}

/** Keeps things by chunk and name, such as a column, up to so many bytes. */
export class KeptByChunk {
  readonly #budget: number;
  readonly #chunks = new Map<number, Map<string, Item>>();
  #bytes = 0;
  #question = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  /** How many bytes are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is used from now on is used by another question. */
  begin(): void {
    this.#question++;
  }

  get<T>(chunk: number, name: string): T | undefined {
    const item = this.#chunks.get(chunk)?.get(name);
    if (item) item.used = this.#question;
    return item?.value as T | undefined;
  }

  put(chunk: number, name: string, value: unknown, bytes: number): void {
    this.#drop(chunk, name);
    const items = this.#chunks.get(chunk) ?? new Map<string, Item>();
    this.#chunks.set(chunk, items);
    items.set(name, { value, bytes, used: this.#question });
    this.#bytes += bytes;
    while (this.#bytes > this.#budget) this.#makeRoom();
  }

  /** Forgets all of a chunk. */
  forget(chunk: number): void {
    for (const name of [...(this.#chunks.get(chunk)?.keys() ?? [])]) this.#drop(chunk, name);
  }

  /**
   * Drops what has not been used for most questions; of what was used by the same, that of the oldest chunk: so of a question
   * that is about more than there is room for, something is there the next time, and most ask about the newest.
   */
  #makeRoom(): void {
    let oldest: { readonly chunk: number; readonly name: string; readonly used: number } | undefined;
    for (const [chunk, items] of this.#chunks) {
      for (const [name, { used }] of items) {
        if (!oldest || used < oldest.used || (used === oldest.used && chunk < oldest.chunk))
          oldest = { chunk, name, used };
      }
    }
    if (oldest) this.#drop(oldest.chunk, oldest.name);
  }

  #drop(chunk: number, name: string): void {
    const items = this.#chunks.get(chunk);
    this.#bytes -= items?.get(name)?.bytes ?? 0;
    items?.delete(name);
    if (items?.size === 0) this.#chunks.delete(chunk);
  }
}
