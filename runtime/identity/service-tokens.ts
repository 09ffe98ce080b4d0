// How one process of the desk proves itself to another: what it says of its caller travels inside a signed token (JWT, HS256).
import { Code } from "@connectrpc/connect";
import { type JWTPayload, errors as jose, jwtVerify, SignJWT } from "jose";
import { SEALED_HEADERS, SERVICE_TOKEN_HEADER } from "../calls/call.ts";
import { type GivenHeaders, plainHeaders } from "../calls/headers.ts";
import { fail } from "../errors.ts";
import { Recent } from "../recent.ts";

const ISSUER = "deskwire";
const SEALED = new Set(SEALED_HEADERS);
const LIFETIME_S = 300;
/** A token is not used any more when less of its life is left, so that it does not run out on the way. */
const SPARE_S = 120;
const CLOCK_TOLERANCE_S = 30;
/** Callers, each with the client, tool and method that a token is for. */
const CACHED = 2_000;

/** What a token says of the caller: headers, by their names. */
export type SealedHeaders = Readonly<Record<string, string>>;

interface Cached<T> {
  readonly value: T;
  /** Seconds UTC. */
  readonly until: number;
}

interface Claims extends JWTPayload {
  readonly headers?: SealedHeaders;
}

const refused = (why: string) =>
  fail(
    Code.Unauthenticated,
    "SERVICE_TOKEN_INVALID",
    `The token of the calling service is not accepted: ${why}. Give all processes of the desk the same SERVICE_SECRET, and clocks that agree.`,
  );

/**
 * Makes and checks service tokens. Both sides keep what they have made and checked, so that a call costs no cryptography
 * but where its caller, client or tool is a new one, or once every three minutes.
 */
export class ServiceTokens {
  readonly #keys: readonly Uint8Array[];
  readonly #now: () => number;
  readonly #made = new Recent<string, Cached<string>>(CACHED);
  readonly #checked = new Recent<string, Cached<SealedHeaders>>(CACHED);

  /** @param secrets the first one signs; any of them is taken, so that they can be changed one process after another */
  constructor(secrets: readonly [string, ...string[]], now: () => number = Date.now) {
    this.#keys = secrets.map((secret) => new TextEncoder().encode(secret));
    this.#now = now;
  }

  /** Puts what a call's headers say of the caller into a token for `audience`, such as `ticket`. */
  async seal(audience: string, from: GivenHeaders): Promise<Readonly<Record<string, string>>> {
    const headers: Record<string, string> = {};
    const sealed: Record<string, string> = {};
    for (const [name, value] of Object.entries(plainHeaders(from))) {
      (SEALED.has(name) ? sealed : headers)[name] = value;
    }
    headers[SERVICE_TOKEN_HEADER] = await this.#token(audience, sealed);
    return headers;
  }

  /**
   * What a token says of the caller.
   *
   * @param audiences the services of this process
   * @throws ConnectError `unauthenticated` (SERVICE_TOKEN_INVALID)
   */
  async open(token: string, audiences: readonly string[]): Promise<SealedHeaders> {
    const known = this.#checked.get(token);
    if (known && this.#seconds() < known.until) return known.value;
    const claims = await this.#verify(token, audiences);
    const value = claims.headers ?? {};
    this.#checked.set(token, { value, until: (claims.exp ?? 0) + CLOCK_TOLERANCE_S });
    return value;
  }

  async #token(audience: string, headers: SealedHeaders): Promise<string> {
    const what = JSON.stringify([audience, headers]);
    const made = this.#made.get(what);
    const now = this.#seconds();
    if (made && now < made.until) return made.value;
    const value = await new SignJWT({ headers })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt(Math.floor(now))
      .setExpirationTime(Math.floor(now) + LIFETIME_S)
      .sign(this.#keys[0] as Uint8Array);
    this.#made.set(what, { value, until: now + LIFETIME_S - SPARE_S });
    return value;
  }

  async #verify(token: string, audiences: readonly string[]): Promise<Claims> {
    const checks = {
      ...{ issuer: ISSUER, audience: [...audiences], algorithms: ["HS256"], requiredClaims: ["exp"] },
      ...{ clockTolerance: CLOCK_TOLERANCE_S, currentDate: new Date(this.#now()) },
    };
    let problem: unknown;
    for (const key of this.#keys) {
      try {
        return (await jwtVerify<Claims>(token, key, checks)).payload;
      } catch (error) {
        problem = error;
        if (!(error instanceof jose.JWSSignatureVerificationFailed)) break;
      }
    }
    if (problem instanceof jose.JOSEError) throw refused(problem.message);
    throw problem;
  }

  #seconds(): number {
    return this.#now() / 1000;
  }
}
