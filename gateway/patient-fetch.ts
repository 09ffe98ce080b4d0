// How long the gateway waits for the model's API: for the next byte of an answer, and for another try.
import { setTimeout as delay } from "node:timers/promises";

interface Patience {
  /** Milliseconds without a byte after which an answer counts as lost. */
  readonly stallMs: number;
  /** The longest `retry-after`, in milliseconds, that is worth waiting for. */
  readonly maxRetryAfterMs: number;
}

/** RFC 9110, section 10.2.3; `retry-after-ms` is the SDK's. */
function retryAfterMs(headers: Headers): number {
  const exact = headers.get("retry-after-ms");
  if (exact !== null) return Number(exact) || 0;
  const value = headers.get("retry-after");
  if (value === null) return 0;
  const seconds = Number(value);
  return Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.now() || 0;
}

function stalled(stallMs: number): Error {
  return new Error(`The model's API sent nothing for ${stallMs} ms; the connection counts as lost.`);
}

async function* watched(body: ReadableStream<Uint8Array>, stallMs: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    while (true) {
      const patience = new AbortController();
      const silence = delay(stallMs, undefined, { signal: patience.signal }).then(() =>
        Promise.reject(stalled(stallMs)),
      );
      silence.catch(() => {});
      const next = await Promise.race([reader.read(), silence]).finally(() => patience.abort());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * A `fetch` for the SDK, which by itself waits for ever for the next byte and for any `retry-after`: here a silent answer
 * fails, and an answer that asks for too long a wait is final (`x-should-retry`).
 */
export function patientFetch({ stallMs, maxRetryAfterMs }: Patience): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const { status, statusText } = response;
    const headers = new Headers(response.headers);
    if (retryAfterMs(headers) > maxRetryAfterMs) headers.set("x-should-retry", "false");
    const body = response.body && ReadableStream.from(watched(response.body, stallMs));
    return new Response(body as ReadableStream | null, { status, statusText, headers });
  };
}
