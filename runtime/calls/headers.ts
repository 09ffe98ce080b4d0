// Headers as Node and our own calls have them, by their names in lower case, and as the web has them, which Connect speaks and which
// cost several microseconds to make.
import type { IncomingHttpHeaders } from "node:http2";

/** Headers in whatever form a caller may give them. */
export type GivenHeaders = ConstructorParameters<typeof Headers>[0];
/** Headers by their names in lower case. */
export type PlainHeaders = Readonly<Record<string, string>>;

const joined = (value: string | string[]) => (Array.isArray(value) ? value.join(", ") : value);

/** One of them, as web headers would have it. */
export function headerIn(from: Headers | IncomingHttpHeaders, name: string): string | null {
  if (from instanceof Headers) return from.get(name);
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

function isPlain(given: object): given is PlainHeaders {
  if (Symbol.iterator in given) return false;
  for (const name in given) if (name !== name.toLowerCase()) return false;
  return true;
}

/** Headers by their names in lower case; what is so already stays as it is. */
export function plainHeaders(given: GivenHeaders): PlainHeaders {
  if (given === undefined) return {};
  return isPlain(given) ? given : Object.fromEntries(new Headers(given));
}
