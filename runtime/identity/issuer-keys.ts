// The keys by which an issuer signs its tokens.
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type RemoteJWKSet } from "jose";

/** How long an issuer may take to answer; a caller waits for it. */
const TIMEOUT_MS = 5_000;

/** Where an issuer says of itself what it is (OpenID Connect Discovery 1.0, section 4; RFC 8414, section 3.1). */
function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

async function readMetadata(url: string) {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (response.ok) return (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new Error(`${url} answers ${response.status}`);
}

async function discover(issuer: string): Promise<URL> {
  for (const url of metadataUrls(issuer)) {
    const metadata = await readMetadata(url);
    if (metadata === undefined) continue;
    // Whoever may write to that address could otherwise speak for another issuer (RFC 8414, section 3.3).
    if (metadata.issuer !== issuer) throw new Error(`${url} is of another issuer: ${JSON.stringify(metadata.issuer)}`);
    const keys = URL.parse(String(metadata.jwks_uri));
    if (keys?.protocol === "https:" || keys?.origin === new URL(issuer).origin) return keys;
    throw new Error(`${url} names no safe jwks_uri: ${JSON.stringify(metadata.jwks_uri)}`);
  }
  throw new Error(`${issuer} has no metadata at ${metadataUrls(issuer).join(" or ")}`);
}

/** The issuer's keys could not be had, so that nothing can be said of a token. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/** What a key set says of a token; everything else that it throws is about the key set. */
function isAboutToken(error: unknown): boolean {
  const { JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey } = errors;
  return [JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey].some((kind) => error instanceof kind);
}

/**
 * Finds the key of a token. Keys are fetched with the first token, kept for ten minutes, and fetched anew for one that is
 * not among them, at most every 30 seconds: an issuer may change its keys, and strangers cannot make this server hammer it.
 *
 * @param issuer exactly as tokens and the issuer's own metadata write it
 * @param jwksUrl where the keys are; absent: where the issuer's metadata says
 * @returns a function that rejects with `KeysUnavailable` where the issuer does not answer, or makes no sense
 */
export function issuerKeys(issuer: string, jwksUrl?: string): JWTVerifyGetKey {
  let found: Promise<RemoteJWKSet> | undefined;
  const find = async () => {
    try {
      return createRemoteJWKSet(jwksUrl ? new URL(jwksUrl) : await discover(issuer), { timeoutDuration: TIMEOUT_MS });
    } catch (error) {
      found = undefined;
      throw error;
    }
  };
  return async (header, token) => {
    try {
      found ??= find();
      return await (await found)(header, token);
    } catch (error) {
      if (isAboutToken(error)) throw error;
      throw new KeysUnavailable(`The keys of ${issuer} cannot be had`, { cause: error });
    }
  };
}
