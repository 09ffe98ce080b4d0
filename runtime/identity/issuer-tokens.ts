// Makes out callers by the tokens of an OAuth or OpenID Connect issuer: JWTs, for this desk alone (RFC 9068, RFC 8725).
import { Code } from "@connectrpc/connect";
import { errors, type JWTPayload, jwtVerify } from "jose";
import { MAX_PRINCIPAL } from "../calls/call.ts";
import { fail } from "../errors.ts";
import type { Log } from "../log.ts";
import { Recent } from "../recent.ts";
import type { Caller } from "./caller.ts";
import { issuerKeys, KeysUnavailable } from "./issuer-keys.ts";
import { restriction } from "./scopes.ts";

/** Whose tokens are taken. */
export interface IssuerOptions {
  /** The issuer, exactly as its tokens write it (`iss`). */
  readonly issuer: string;
  /** What a token must be issued for, its `aud`. */
  readonly audience: string;
  /** Where the issuer's keys are. Absent: where the issuer's metadata says. */
  readonly jwksUrl?: string | undefined;
  /** The scopes that open something: a token must have one of them. */
  readonly scopes: readonly string[];
  readonly log: Log;
}

// Signatures alone: with a shared secret, or none, whoever can check a token could make one (RFC 8725, section 3.1).
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const CLOCK_TOLERANCE_S = 30;
/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** How many callers' tokens are remembered, and for how long: a key that the issuer takes back is out soon after. */
const CACHED = 1_000;
const CACHED_MS = 30_000;

/** From `scope` (RFC 9068) or `scp`, where some issuers put it, be it words in a row or a list. */
function grantedScopes({ scope, scp }: JWTPayload): ReadonlySet<string> {
  const words = [scope, scp].flat().flatMap((value) => (typeof value === "string" ? value.split(" ") : []));
  return new Set(words.filter((word) => SCOPE.test(word)));
}

/** A subject is unique within its issuer only; an issuer has no `#` (RFC 8414, section 2), so no two callers share a name. */
function principalOf(issuer: string, subject: unknown): string | undefined {
  if (typeof subject !== "string" || subject === "" || !subject.isWellFormed()) return undefined;
  const principal = `${issuer}#${encodeURIComponent(subject)}`;
  return principal.length <= MAX_PRINCIPAL ? principal : undefined;
}

/** Says whose a token is. */
export type VerifyToken = (token: string) => Promise<Caller>;

/**
 * Makes out callers by a token, which has to be signed by the issuer, be issued for this desk, have a subject and not be
 * expired (with 30 seconds of tolerance). A token that was good is believed for half a minute without a second look.
 *
 * The returned function refuses with `TOKEN_INVALID`, `SCOPE_MISSING` for a token without a scope of the desk, and
 * `ISSUER_UNAVAILABLE`. No token is ever logged or part of an error.
 */
export function issuerTokens({ issuer, audience, jwksUrl, scopes, log }: IssuerOptions): VerifyToken {
  const keys = issuerKeys(issuer, jwksUrl);
  const checks = {
    ...{ issuer, audience, algorithms: ALGORITHMS },
    ...{ requiredClaims: ["exp", "sub"], clockTolerance: CLOCK_TOLERANCE_S },
  };
  const known = new Recent<string, { readonly caller: Caller; readonly until: number }>(CACHED);

  const invalid = (why: string) =>
    fail(
      Code.Unauthenticated,
      "TOKEN_INVALID",
      `The token is not accepted: ${why}. Send "Authorization: Bearer <token>" with a token of ${issuer} for ${audience}.`,
    );

  async function verify(token: string): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, keys, checks)).payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) throw invalid(error.message);
      if (!(error instanceof KeysUnavailable)) throw error;
      log("tokens cannot be checked", { error }, "warn");
      throw fail(
        Code.Unavailable,
        "ISSUER_UNAVAILABLE",
        "Tokens cannot be checked now: their issuer does not answer. Try again later.",
      );
    }
  }

  return async (token) => {
    const before = known.get(token);
    if (before && Date.now() < before.until) return before.caller;
    const claims = await verify(token);
    const principal = principalOf(issuer, claims.sub);
    if (principal === undefined) throw invalid('unexpected "sub" claim value');
    const granted = grantedScopes(claims);
    if (!scopes.some((scope) => granted.has(scope))) {
      const message = `The token opens nothing here. Get one with a scope of: ${scopes.join(", ")}.`;
      throw fail(Code.PermissionDenied, "SCOPE_MISSING", message);
    }
    const caller = { principal, scopes: restriction(granted) };
    known.set(token, { caller, until: Math.min(Date.now() + CACHED_MS, (claims.exp ?? 0) * 1000) });
    return caller;
  };
}
