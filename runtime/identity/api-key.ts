// The form of an API key: `dk_`, 256 random bits, and a checksum, so that a typo is told from a key that was revoked, and a
// scanner for leaked secrets finds it.
import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const PREFIX = "dk_";
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_BYTES = 32;
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_DIGITS + CHECK_DIGITS}}$`);

/** Base 62: a double click selects all of it, and no place that takes text needs it escaped. */
function digits(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text;
  return text;
}

const checksum = (text: string) => digits(BigInt(crc32(text)), CHECK_DIGITS);

/** Makes a key nobody can guess. */
export function newApiKey(): string {
  const secret = PREFIX + digits(BigInt(`0x${randomBytes(SECRET_BYTES).toString("hex")}`), SECRET_DIGITS);
  return secret + checksum(secret);
}

/** Whether a text is meant to be a key of a desk. */
export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Whether a text could be a key: of the right form, its checksum right. */
export function isApiKey(text: string): boolean {
  return FORM.test(text) && checksum(text.slice(0, -CHECK_DIGITS)) === text.slice(-CHECK_DIGITS);
}

/**
 * What is stored in place of a key. A plain SHA-256 will do: a slow hash is there for secrets that people choose, and nobody
 * guesses 256 random bits, however quick the hash (OWASP Password Storage; NIST SP 800-63B, section 5.1.1.2).
 */
export function hashOf(key: string): string {
  return hash("sha256", key, "hex");
}

/** The beginning of a key, by which a person recognises it; 24 of its 256 bits. */
export function hintOf(key: string): string {
  return key.slice(0, PREFIX.length + 4);
}
