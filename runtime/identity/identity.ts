// The one place where callers are made out, whichever way they come in.
import { Code, ConnectError } from "@connectrpc/connect";
import {
  DESK_PRINCIPAL,
  IDENTITY_HEADERS,
  PRINCIPAL_HEADER,
  SEALED_HEADERS,
  SERVICE_TOKEN_HEADER,
} from "../calls/call.ts";
import { fail, reasonOf } from "../errors.ts";
import type { HttpRequest } from "../http/http-port.ts";
import type { Log } from "../log.ts";
import { isApiKey, looksLikeApiKey } from "./api-key.ts";
import { type Caller, callerHeaders, clientName, type Identify, localCaller } from "./caller.ts";
import type { VerifyToken } from "./issuer-tokens.ts";
import type { KeyRing } from "./key-ring.ts";
import { metadataUrl } from "./protected-resource.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { SealedHeaders, ServiceTokens } from "./service-tokens.ts";

/** What an issuer's tokens are checked by, and where a client learns of it. */
export interface TrustedIssuer {
  /** As its tokens write it (`iss`). */
  readonly issuer: string;
  /** What tokens must be issued for (`aud`). */
  readonly audience: string;
  readonly verify: VerifyToken;
  /** The URL that tokens are for, as clients reach it (RFC 9728). */
  readonly resource: string;
}

/** What a process knows callers by. */
export interface IdentityOptions {
  /** On a loopback address: where there are neither keys nor an issuer, everybody is let in as `local`. */
  readonly loopback: boolean;
  readonly keys: KeyRing;
  readonly issuer?: TrustedIssuer | undefined;
  /** Knows the other processes of the desk; undefined where there are none. */
  readonly services?: { readonly tokens: ServiceTokens; readonly audiences: readonly string[] } | undefined;
  readonly limiter: RateLimiter;
  /** The scopes that a client without credentials is told to ask for. */
  readonly scopes: () => readonly string[];
  readonly log: Log;
}

/** Who may come in. */
export interface Identity {
  readonly identify: Identify;
  /**
   * Makes out the caller of an RPC and writes it into the request's headers, in place of what a stranger wrote there.
   * Another process of the desk is believed what its token says. Throws as `Identify` does.
   */
  admit(request: Pick<HttpRequest, "headers">): Promise<void>;
}

type Headers = HttpRequest["headers"];

const text = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** The credential that a request shows, and how. */
function credentialOf(headers: Headers): { readonly shown: string; readonly bearer: boolean } | undefined {
  const key = text(headers["x-api-key"])?.trim();
  if (key) return { shown: key, bearer: false };
  const token = /^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  return token === undefined ? undefined : { shown: token, bearer: true };
}

/** Puts what is known in place of what a request says. */
function rewrite(headers: Headers, names: readonly string[], known: Readonly<Record<string, string>>): void {
  for (const name of names) delete headers[name];
  delete headers[SERVICE_TOKEN_HEADER];
  Object.assign(headers, known);
}

/** Makes out callers by API key, issuer's token or service token. */
export function createIdentity({ loopback, keys, issuer, services, limiter, scopes, log }: IdentityOptions): Identity {
  const issued =
    issuer && `, or "Authorization: Bearer <token>" with a token of ${issuer.issuer} for ${issuer.audience}`;
  const wayOut = `Send a key of this desk as "x-api-key: dk_…" (npm run keys makes one)${issued ?? ""}.`;
  let warned = false;

  /** Says in `WWW-Authenticate` what would be accepted (RFC 6750, section 3; RFC 9728, section 5.1). */
  function challenged(refusal: unknown): unknown {
    if (!(refusal instanceof ConnectError)) return refusal;
    const denied = refusal.code === Code.PermissionDenied;
    if (refusal.code !== Code.Unauthenticated && !denied) return refusal;
    const invalid = reasonOf(refusal) !== "CREDENTIALS_MISSING" && "invalid_token";
    const asked = scopes();
    const error = denied ? "insufficient_scope" : invalid;
    const parts = [
      issuer ? `resource_metadata="${metadataUrl(issuer.resource)}"` : 'realm="deskwire"',
      error && `error="${error}"`,
      asked.length > 0 && `scope="${asked.join(" ")}"`,
    ];
    refusal.metadata.set("www-authenticate", `Bearer ${parts.filter(Boolean).join(", ")}`);
    return refusal;
  }

  const isOpen = async () => loopback && !issuer && !(await keys.any());
  const refused = (why: string) =>
    fail(Code.Unauthenticated, "KEY_INVALID", `The key is not accepted: ${why}. ${wayOut}`);

  async function byKey(key: string): Promise<Caller> {
    const known = await keys.find(key);
    if (known) {
      const principal = `key:${known.name}`;
      limiter.countCaller(principal, known.rate);
      return { principal, scopes: known.scopes };
    }
    if (looksLikeApiKey(key) && !isApiKey(key)) throw refused("it is mistyped or cut off, for its checksum is wrong");
    throw refused("there is no such key, or it has expired or was revoked");
  }

  async function callerOf(headers: Headers): Promise<Caller> {
    const credential = credentialOf(headers);
    // Whoever shows a key is held to it, on an open desk too.
    if (credential && looksLikeApiKey(credential.shown)) return byKey(credential.shown);
    if (await isOpen()) return localCaller;
    if (!credential)
      throw fail(Code.Unauthenticated, "CREDENTIALS_MISSING", `Nobody is let in without saying who. ${wayOut}`);
    const { shown, bearer } = credential;
    if (!bearer || !issuer || !shown.includes(".")) return byKey(shown);
    const caller = await issuer.verify(shown);
    limiter.countCaller(caller.principal, undefined);
    return caller;
  }

  const identify: Identify = async ({ headers }) => {
    try {
      return { ...(await callerOf(headers)), client: clientName(headers["user-agent"]) };
    } catch (error) {
      throw challenged(error);
    }
  };

  /** What another process of the desk says of the caller; undefined where none calls. */
  async function sealedIn(headers: Headers): Promise<SealedHeaders | undefined> {
    const token = text(headers[SERVICE_TOKEN_HEADER]);
    if (token === undefined || !services) return undefined;
    try {
      return await services.tokens.open(token, services.audiences);
    } catch (error) {
      if (!(await isOpen())) throw challenged(error);
      // Everybody may come in, but nobody is believed.
      if (!warned) log("a service's token is not accepted, so its callers count as local", { error });
      warned = true;
      return undefined;
    }
  }

  return {
    identify,
    async admit({ headers }) {
      const sealed = await sealedIn(headers);
      if (sealed) rewrite(headers, SEALED_HEADERS, { [PRINCIPAL_HEADER]: DESK_PRINCIPAL, ...sealed });
      else rewrite(headers, IDENTITY_HEADERS, callerHeaders(await identify({ headers })));
    },
  };
}
