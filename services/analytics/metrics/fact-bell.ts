// Tells those who watch the metrics that there is something new.

/** How long a watcher waits before it looks for what other processes have counted, in milliseconds. */
const POLL_MS = 1_000;

/** Rung by the reader of this process. */
export class FactBell {
  #ring = Promise.withResolvers<void>();

  /** Called when something has been counted. */
  ring(): void {
    this.#ring.resolve();
    this.#ring = Promise.withResolvers();
  }

  /** Resolves at the next ring, after `POLL_MS`, or when `signal` is aborted. */
  async next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, POLL_MS);
    const stop = () => waited.resolve();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#ring.promise, waited.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
