// Tells streams in this process that there is something new to read in the database.

/** Rung after a commit. Those who wait also look on their own now and then, for what other processes have written. */
export class Bell {
  readonly #pollMs: number;
  #ring = Promise.withResolvers<void>();

  /** @param pollMs how long one waits before it looks for what other processes have written, in milliseconds */
  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  /** Called after a commit. */
  ring(): void {
    this.#ring.resolve();
    this.#ring = Promise.withResolvers();
  }

  /** Resolves at the next ring, after the time to look anyway, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, this.#pollMs);
    const stop = () => waited.resolve();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#ring.promise, waited.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
