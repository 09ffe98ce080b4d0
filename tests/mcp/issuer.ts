// An issuer of tokens: keys, metadata and signatures, on a port of its own.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from "jose";

/** A running issuer. */
export interface Issuer extends AsyncDisposable {
  /** As its tokens write it. */
  readonly url: string;
  /** The paths that were asked for. */
  readonly asked: string[];
  /** Answers 500 to everything while true. */
  broken: boolean;
  /** Another issuer's name in the metadata; undefined for its own. */
  claims: string | undefined;
  /** Signs a token, of this issuer and good for ten minutes unless the claims say otherwise. */
  sign(claims: Readonly<Record<string, unknown>>, header?: { alg?: string }): Promise<string>;
  /** Replaces the key by another. */
  rotate(): Promise<void>;
}

/** Starts an issuer, whose metadata is at the place that `metadata` says. */
export async function startIssuer(
  metadata: "openid-configuration" | "oauth-authorization-server" = "openid-configuration",
): Promise<Issuer> {
  let kid = 0;
  let privateKey: CryptoKey;
  let jwks = {};
  async function rotate(): Promise<void> {
    kid++;
    const pair = await generateKeyPair("ES256");
    privateKey = pair.privateKey;
    jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: `key-${kid}`, alg: "ES256", use: "sig" }] };
  }
  await rotate();

  const server = createServer(({ url = "" }, response) => {
    issuer.asked.push(url);
    const documents: Record<string, unknown> = {
      [`/.well-known/${metadata}`]: { issuer: issuer.claims ?? issuer.url, jwks_uri: `${issuer.url}/keys` },
      "/keys": jwks,
    };
    const document = documents[url];
    response.statusCode = issuer.broken ? 500 : document ? 200 : 404;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    broken: false,
    claims: undefined,
    sign(claims, { alg = "ES256" } = {}) {
      const now = Math.floor(Date.now() / 1000);
      const key = alg.startsWith("HS") ? new TextEncoder().encode(JSON.stringify(jwks)) : privateKey;
      return new SignJWT({ iss: issuer.url, iat: now, exp: now + 600, ...claims })
        .setProtectedHeader({ alg, kid: `key-${kid}`, typ: "at+jwt" })
        .sign(key);
    },
    rotate,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
