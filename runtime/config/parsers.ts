// From the text of a variable to its value; each refuses what is not allowed, saying what is.
import { isNetwork } from "../http/networks.ts";
import { isApiKey, looksLikeApiKey } from "../identity/api-key.ts";
import { parseRate, type Rate } from "../identity/rate.ts";
import { keyOf } from "../standard-webhooks.ts";
import { refuse } from "./variable.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/** Whether a host is this machine, for nobody else to reach. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** Any text. */
export const text = (value: string): string => value;
/** Undefined where none is set. */
export const optionalText = (value: string): string | undefined => value || undefined;
/** Items between commas. */
export const list = (value: string): string[] => value.split(",").flatMap((item) => item.trim() || []);

/** One of the given words. */
export function oneOf<const Words extends readonly string[]>(...words: Words) {
  return (value: string, name: string): Words[number] =>
    words.includes(value) ? value : refuse(name, value, `one of ${words.join(", ")}`);
}

/** Undefined where none is set. */
export function port(value: string, name: string): number | undefined {
  if (value === "") return undefined;
  const number = Number(value);
  return Number.isInteger(number) && number >= 0 && number <= 65_535
    ? number
    : refuse(name, value, "a port from 0 to 65535");
}

/** A whole number above 0. */
export function positive(value: string, name: string): number {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 ? number : refuse(name, value, "a whole number above 0");
}

/** An http or https URL, without the slashes at its end. */
export function httpUrl(value: string, name: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value.replace(/\/+$/, "");
  return refuse(name, value, "a URL such as http://127.0.0.1:8080");
}

/** A share of a whole. */
export function ratio(value: string, name: string): number {
  const number = Number(value);
  return number >= 0 && number <= 1 ? number : refuse(name, value, "a number from 0 to 1");
}

/** Headers as OpenTelemetry writes them: `name=value` between commas, values percent-encoded (W3C Baggage). */
export function headers(value: string, name: string): Record<string, string> {
  const pairs = list(value).map((item) => /^([\w!#$%&'*+.^`|~-]+)=(.*)$/.exec(item));
  try {
    return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", decodeURIComponent(pair?.[2] ?? "%")]));
  } catch {
    return refuse(name, value, "headers such as `authorization=Bearer%20abc`, separated by commas");
  }
}

/** Keys are worth what the way to them is worth, so plain HTTP is for this machine alone (RFC 8414, section 2). */
export function secureUrl(value: string, name: string): string | undefined {
  if (value === "") return undefined;
  const url = URL.parse(value);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (safe && /^[!#-[\]-~]+$/.test(value)) return value;
  return refuse(name, value, "a URL such as https://id.example.com/realms/desk; http on loopback alone");
}

/** Not made normal: an issuer is compared with what its tokens say, letter by letter. */
export function issuerUrl(value: string, name: string): string | undefined {
  return /[?#]/.test(value) ? refuse(name, value, "a URL without query and fragment") : secureUrl(value, name);
}

/** What tokens are issued for: a URL or a name. */
export function audience(value: string, name: string): string | undefined {
  if (/^https?:/i.test(value) && !URL.canParse(value)) {
    return refuse(name, value, "the URL of /mcp as clients reach it, or the name that the issuer has for it");
  }
  return value || undefined;
}

/** Undefined where none is set. */
export function postgresUrl(value: string, name: string): string | undefined {
  if (value === "") return undefined;
  if (URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)) return value;
  return refuse(name, value, "a URL such as postgres://user:password@host:5432/database, or leave it out for SQLite");
}

/** A URL without the password in it. */
export function withoutPassword(value: string): string {
  const url = URL.parse(value);
  if (!url) return "…";
  if (url.password !== "") url.password = "…";
  // A driver takes a password from the query as well.
  if (url.searchParams.has("password")) url.searchParams.set("password", "…");
  return url.href.replaceAll(encodeURIComponent("…"), "…");
}

/** Networks in CIDR notation, between commas. */
export function networks(value: string, name: string): string[] {
  const wrong = list(value).find((item) => !isNetwork(item));
  return wrong === undefined ? list(value) : refuse(name, wrong, "networks such as 10.0.0.0/8 or fd00::/8");
}

const MIN_SECRET = 32;
const MIN_KEY = 20;

/** Secrets between the processes of a desk. */
export function serviceSecrets(value: string, name: string): string[] {
  if (list(value).every((secret) => secret.length >= MIN_SECRET)) return list(value);
  return refuse(name, value, `secrets of ${MIN_SECRET} characters or more, such as npm run -s keys -- secret prints`);
}

/** Any text that is long enough will do, since it is compared as it is; a `dk_…` has to be whole. */
export function apiKey(value: string, name: string): string | undefined {
  if (value === "") return undefined;
  if (/^[!-~]+$/.test(value) && value.length >= MIN_KEY && (!looksLikeApiKey(value) || isApiKey(value))) return value;
  return refuse(name, value, `a whole key (dk_…), or ${MIN_KEY} characters or more that nobody can guess`);
}

/** Undefined for `none`. */
export function rate(value: string, name: string): Rate | undefined {
  if (value === "none") return undefined;
  return parseRate(value) ?? refuse(name, value, "a rate such as 10/s, 600/min or 5000/h, or to none");
}

/** Rates by tool or method. */
export function rates(value: string, name: string): ReadonlyMap<string, Rate> {
  const entries = list(value).map((item) => {
    const [, subject, text = ""] = /^([\w/]+)=(.+)$/.exec(item) ?? [];
    const parsed = parseRate(text);
    if (subject !== undefined && parsed) return [subject, parsed] as const;
    return refuse(
      name,
      item,
      "tools or methods with rates, such as respond_to_ticket=30/min,TicketService/ListEvents=1/s",
    );
  });
  return new Map(entries);
}

/** Secrets of Standard Webhooks. */
export function webhookSecrets(value: string, name: string): string[] {
  if (list(value).every(keyOf)) return list(value);
  return refuse(name, value, "secrets such as `whsec_` and 24 to 64 random bytes in base64, separated by commas");
}

/** Undefined where none is set. */
export function optionalHttpUrl(value: string, name: string): string | undefined {
  return value === "" ? undefined : httpUrl(value, name);
}

/** Pairs of a name and what it stands for, such as `a=b,c=d`. */
export function aliases(value: string, name: string): ReadonlyMap<string, string> {
  const pairs = list(value).map((item) => item.split("=").map((side) => side.trim()));
  const wrong = pairs.find((pair) => pair.length !== 2 || pair.includes(""));
  if (wrong)
    return refuse(name, wrong.join("="), "pairs such as claude-3-opus-20240229=claude-opus-5-5, separated by commas");
  return new Map(pairs as [string, string][]);
}
