// Which of a caller's headers travel on with the calls that are made for it.

/** Where a header is looked up by its name in lower case. */
export type Lookup = (name: string) => unknown;

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;
/**
 * Characters of a header that travel, and of `tracestate`: as many as everybody has to let pass (W3C Baggage, section 3.3.2; W3C
 * Trace Context, section 3.3.1.5). The headers of the next call have to hold it beside what they say of the caller.
 */
const LONGEST = 8_192;
const LONGEST_TRACESTATE = 512;

/** Copies a header if it may travel on, without the blanks around it, which are no part of it (RFC 9110, section 5.5). */
export function copyHeader(name: string, from: Lookup, to: Record<string, string>, longest = LONGEST): void {
  const value = from(name);
  if (typeof value !== "string" || value.length > longest || !PRINTABLE_ASCII.test(value)) return;
  to[name] = value.trim();
}

/** Copies a trace context (W3C Trace Context, Baggage) whole from one source; false where there is none. */
export function copyTrace(from: Lookup, to: Record<string, string>): boolean {
  const traceparent = from("traceparent");
  if (typeof traceparent !== "string" || !TRACEPARENT.test(traceparent)) return false;
  to.traceparent = traceparent;
  copyHeader("tracestate", from, to, LONGEST_TRACESTATE);
  copyHeader("baggage", from, to);
  return true;
}
