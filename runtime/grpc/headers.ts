// Between the headers of Node's HTTP/2 and those of the web, which Connect speaks.
import type { IncomingHttpHeaders } from "node:http2";

const joined = (value: string | string[]) => (Array.isArray(value) ? value.join(", ") : value);

/** One of them, as web headers would have it. */
export function headerIn(from: IncomingHttpHeaders, name: string): string | null {
  const value = from[name];
  return value === undefined ? null : joined(value);
}

/** Makes web headers; pseudo-headers such as `:path` are left out, and values that came apart are joined (RFC 9110, section 5.3). */
export function toHeaders(from: IncomingHttpHeaders | undefined): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(from ?? {})) {
    if (name.startsWith(":") || value === undefined) continue;
    headers.set(name, joined(value));
  }
  return headers;
}
