// What is made when it is first asked for: a process that is never asked need not make it.

/** Makes a value with the first call and gives the same one ever after; where making it throws, the next call tries again. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
