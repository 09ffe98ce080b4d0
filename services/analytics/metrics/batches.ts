// Gathers what comes one by one into batches.

/** How large a batch may be, and how long it may wait. */
export interface BatchLimits {
  readonly size: number;
  /** How long a batch waits for one more item, in milliseconds. */
  readonly lingerMs: number;
}

/** A batch, and whether nothing more was there just after it. */
export interface Batch<T> {
  readonly items: readonly T[];
  readonly last: boolean;
}

const QUIET = Symbol("quiet");

/**
 * Gathers items: a batch ends when it is full, or when no further item has come for `lingerMs`. The first batch may be empty:
 * then there was nothing when reading began.
 */
export async function* batches<T>(source: AsyncIterable<T>, { size, lingerMs }: BatchLimits): AsyncGenerator<Batch<T>> {
  const iterator = source[Symbol.asyncIterator]();
  const asked = () => {
    const item = iterator.next();
    // It may fail while nobody waits for it.
    item.catch(() => {});
    return item;
  };
  let next = asked();
  let items: T[] = [];
  // At the end of the log once, even if it is empty.
  let mayBeEmpty = true;
  try {
    while (true) {
      const timer = Promise.withResolvers<typeof QUIET>();
      const handle = setTimeout(() => timer.resolve(QUIET), lingerMs);
      const result = await Promise.race(items.length > 0 || mayBeEmpty ? [next, timer.promise] : [next]);
      clearTimeout(handle);
      if (result === QUIET) {
        yield { items, last: true };
        items = [];
        mayBeEmpty = false;
        continue;
      }
      if (result.done) break;
      items.push(result.value);
      next = asked();
      if (items.length < size) continue;
      yield { items, last: false };
      items = [];
      mayBeEmpty = true;
    }
    if (items.length > 0) yield { items, last: true };
  } finally {
    // A source that waits for its next item would not end by itself.
    iterator.return?.()?.catch(() => {});
  }
}
