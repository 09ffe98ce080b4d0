// Signatures of webhooks by the Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks).
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Code } from "@connectrpc/connect";
import { fail } from "./errors.ts";
import { MINUTE_MS } from "./time-units.ts";

const PREFIX = "whsec_";
const NEW_KEY_BYTES = 32;
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;
/** How far a timestamp may be from now, either way. */
const TOLERANCE_MS = 5 * MINUTE_MS;
const MAX_ID_CHARACTERS = 256;

/** The headers that sign a webhook. */
export interface SignatureHeaders {
  readonly "webhook-id": string;
  /** Seconds since 1970, UTC. */
  readonly "webhook-timestamp": string;
  /** One or several `v1,<base64>`, separated by spaces. */
  readonly "webhook-signature": string;
}

/** Makes a new secret: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return PREFIX + randomBytes(NEW_KEY_BYTES).toString("base64");
}

/** The key in a secret; undefined where it is not `whsec_` with 24 to 64 bytes in base64. */
export function keyOf(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, "base64");
  // Node ignores what is not base64; what is lost shows in the way back.
  const whole = key.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  return whole && key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
}

function digest(secret: string, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  const key = keyOf(secret);
  if (!key) throw new TypeError("a secret of webhooks is whsec_ with 24 to 64 bytes in base64");
  return createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
}

/** Signs a body with each secret: while secrets change, a receiver that knows either one is content. */
export function sign(secrets: readonly string[], id: string, nowMs: number, body: string): SignatureHeaders {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signatures = secrets.map((secret) => `v1,${digest(secret, id, timestamp, body).toString("base64")}`);
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

/**
 * Checks that a body was signed with one of the secrets, within the last 5 minutes; returns its `webhook-id`.
 *
 * @param body the bytes as they came: whatever was parsed and written anew has another signature
 * @throws ConnectError `unauthenticated` with SIGNATURE_MISSING, TIMESTAMP_OUT_OF_TOLERANCE or SIGNATURE_INVALID
 */
export function verify(
  secrets: readonly string[],
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
  body: Uint8Array,
): string {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;
  const [id, timestamp, signatures] = names.map((name) => headers[name]);
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string" || id === "") {
    throw fail(
      Code.Unauthenticated,
      "SIGNATURE_MISSING",
      `Sign the message: send the headers ${names.join(", ")} once each.`,
    );
  }
  // With a dot in the identifier, parts of what was signed could change places.
  if (id.length > MAX_ID_CHARACTERS || id.includes(".") || !/^\d{1,12}$/.test(timestamp)) {
    throw fail(
      Code.Unauthenticated,
      "SIGNATURE_INVALID",
      "webhook-id has up to 256 characters and no dot, webhook-timestamp is in seconds since 1970.",
    );
  }
  if (Math.abs(nowMs - Number(timestamp) * 1000) > TOLERANCE_MS) {
    throw fail(
      Code.Unauthenticated,
      "TIMESTAMP_OUT_OF_TOLERANCE",
      "The webhook-timestamp is more than 5 minutes from now. Sign every attempt anew, and set the clock.",
    );
  }
  const expected = secrets.map((secret) => digest(secret, id, timestamp, body));
  const given = signatures.split(" ").flatMap((text) => (text.startsWith("v1,") ? text.slice(3) : []));
  const matches = given.some((text) => {
    const bytes = Buffer.from(text, "base64");
    return expected.some((right) => bytes.length === right.length && timingSafeEqual(bytes, right));
  });
  if (matches) return id;
  throw fail(
    Code.Unauthenticated,
    "SIGNATURE_INVALID",
    "No signature fits. Sign webhook-id, webhook-timestamp and the very bytes of the body, joined by dots, with the secret that this desk is configured with.",
  );
}
