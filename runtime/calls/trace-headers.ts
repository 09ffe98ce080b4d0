// The trace that a caller began, as it travels on with the calls that answer the caller (W3C Trace Context, W3C Baggage).

/**
 * Characters of each header that travel: as many as everybody has to let pass (Trace Context, section 3.3.1.5; Baggage, section
 * 3.3.2). Callers write what they like there, and the headers of the next call have to hold it beside our own.
 */
const LONGEST = { traceparent: 512, tracestate: 512, baggage: 8_192 } as const;
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

const TRACE_HEADERS = Object.keys(LONGEST) as (keyof typeof LONGEST)[];

/** The headers of a trace that may travel on; one that is too long, or that no header can carry, stays behind. */
export function traceHeaders(header: (name: string) => unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of TRACE_HEADERS) {
    const value = header(name);
    if (typeof value !== "string" || value.length > LONGEST[name] || !PRINTABLE_ASCII.test(value)) continue;
    // The blanks around a value are no part of it (RFC 9110, section 5.5).
    headers[name] = value.trim();
  }
  return headers;
}
