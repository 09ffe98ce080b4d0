// What stands for a text where the text itself must not be kept.
import { hash } from "node:crypto";

/** SHA-256 of a text in UTF-8, as base64url. */
export function textHash(text: string): string {
  return hash("sha256", text, "base64url");
}
