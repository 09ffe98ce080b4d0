// A small cache: what was used last stays.

/** A map of values of at most `max` size together, each of size 1 by itself; one more pushes out those unused for longest. */
export class Recent<K, V> {
  /** In the order of their last use. */
  readonly #entries = new Map<K, V>();
  readonly #max: number;
  readonly #sizeOf: (value: V) => number;
  #size = 0;

  constructor(max: number, sizeOf: (value: V) => number = () => 1) {
    this.#max = max;
    this.#sizeOf = sizeOf;
  }

  /** The size of all values together. */
  get size(): number {
    return this.#size;
  }

  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: K, value: V): void {
    this.delete(key);
    this.#entries.set(key, value);
    this.#size += this.#sizeOf(value);
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#max) return;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#size -= this.#sizeOf(value);
  }
}
