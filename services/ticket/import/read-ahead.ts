// Reading ahead: what comes next is made while what came before is still being stored.
import { setTimeout as delay } from "node:timers/promises";

/** Reads a source ahead of whoever takes from it, up to so many items. */
export class Ahead<T> {
  readonly #source: AsyncIterator<T>;
  readonly #most: number;
  readonly #items: T[] = [];
  #reading: Promise<void> | undefined;
  #end: { readonly error?: unknown } | undefined;

  constructor(source: AsyncIterable<T>, most: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#most = most;
    this.#read();
  }

  /**
   * Takes the next item; undefined at the end.
   *
   * @throws what the source throws, once all that came before was taken
   */
  async take(): Promise<T | undefined> {
    if (this.#items.length === 0) await this.#reading;
    const item = this.#shift();
    if (item === undefined && this.#end && "error" in this.#end) throw this.#end.error;
    return item;
  }

  /** As `take`, for somebody who can do without it: undefined where none comes so soon, for whatever reason. */
  async takeWithin(ms: number): Promise<T | undefined> {
    if (this.#items.length === 0 && this.#reading) {
      const stop = new AbortController();
      await Promise.race([this.#reading, delay(ms, undefined, { signal: stop.signal }).catch(() => {})]);
      stop.abort();
    }
    return this.#shift();
  }

  #shift(): T | undefined {
    const item = this.#items.shift();
    this.#read();
    return item;
  }

  /** Reads no further. It does not wait for the source, which may itself wait for somebody who is slow. */
  close(): void {
    this.#end ??= {};
    this.#source.return?.().catch(() => {});
  }

  /** Begins to read the next item, unless it is at it, or has enough. */
  #read(): void {
    if (this.#reading || this.#end || this.#items.length >= this.#most) return;
    this.#reading = this.#next().finally(() => {
      this.#reading = undefined;
      this.#read();
    });
  }

  async #next(): Promise<void> {
    try {
      const { done, value } = await this.#source.next();
      if (done) this.#end = {};
      else this.#items.push(value);
    } catch (error) {
      this.#end = { error };
    }
  }
}
