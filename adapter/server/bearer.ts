// Makes out callers by their bearer tokens: JWTs of one issuer, for this server alone (MCP authorization; RFC 6750, RFC 9068).
import { Code, type ConnectError } from "@connectrpc/connect";
import { errors, type JWTPayload, jwtVerify } from "jose";
import { MAX_PRINCIPAL } from "../../runtime/call.ts";
import { fail } from "../../runtime/errors.ts";
import { type Log, logToStderr } from "../../runtime/log.ts";
import type { Identify } from "./caller.ts";
import { issuerKeys, KeysUnavailable } from "./issuer-keys.ts";
import { metadataUrl, type ProtectedResource } from "./protected-resource.ts";

/** Whose tokens are taken. */
export interface BearerOptions extends ProtectedResource {
  /** What a token must be issued for, its `aud`. */
  readonly audience: string;
  /** Where the issuer's keys are. Absent: where the issuer's metadata says. */
  readonly jwksUrl?: string | undefined;
  readonly log?: Log | undefined;
}

// Signatures alone: with a shared secret, or none, whoever can check a token could make one (RFC 8725, section 3.1).
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
const CLOCK_TOLERANCE_S = 30;
/** RFC 6749, section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

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

/**
 * Makes out callers by the token in `Authorization`, which has to be signed by the issuer, be issued for this server, have a
 * subject and not be expired (with 30 seconds of tolerance).
 *
 * The returned function refuses with `TOKEN_MISSING` or `TOKEN_INVALID` (401), `SCOPE_MISSING` (403) for a token that opens
 * nothing here, and `ISSUER_UNAVAILABLE` (503); 401 and 403 say where to get a better token (RFC 9728, section 5.1). No
 * token is ever logged or part of an error.
 */
export function bearerIdentity(options: BearerOptions): Identify {
  const { issuer, audience, scopes, log = logToStderr } = options;
  const keys = issuerKeys(issuer, options.jwksUrl);
  const wayOut = `Send "Authorization: Bearer <token>" with a token of ${issuer} for ${audience}.`;
  const checks = {
    ...{ issuer, audience, algorithms: ALGORITHMS },
    ...{ requiredClaims: ["exp", "sub"], clockTolerance: CLOCK_TOLERANCE_S },
  };

  function challenged(refusal: ConnectError, error?: "invalid_token" | "insufficient_scope"): ConnectError {
    const parts = [
      `resource_metadata="${metadataUrl(options.resource)}"`,
      error && `error="${error}"`,
      scopes.length > 0 && `scope="${scopes.join(" ")}"`,
    ];
    refusal.metadata.set("www-authenticate", `Bearer ${parts.filter(Boolean).join(", ")}`);
    return refusal;
  }

  const invalid = (why: string) =>
    challenged(
      fail(Code.Unauthenticated, "TOKEN_INVALID", `The token is not accepted: ${why}. ${wayOut}`),
      "invalid_token",
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

  return async ({ headers }) => {
    const token = /^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
    if (token === undefined) throw challenged(fail(Code.Unauthenticated, "TOKEN_MISSING", `No token. ${wayOut}`));
    const claims = await verify(token);
    const principal = principalOf(issuer, claims.sub);
    if (principal === undefined) throw invalid('unexpected "sub" claim value');
    const granted = grantedScopes(claims);
    if (scopes.length > 0 && !scopes.some((scope) => granted.has(scope))) {
      const message = `The token opens nothing here. Get one with a scope of: ${scopes.join(", ")}.`;
      throw challenged(fail(Code.PermissionDenied, "SCOPE_MISSING", message), "insufficient_scope");
    }
    return { principal, scopes: granted };
  };
}
