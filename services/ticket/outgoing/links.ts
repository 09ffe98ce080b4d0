// Places on the web that neither the ticket nor the desk's list has.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { emailsIn } from "./contacts.ts";
import { comparable, isTopLevel, mixesScripts } from "./domains.ts";
import { finding, type Knowledge } from "./finding.ts";

const WITH_SCHEME = /\b[a-z][a-z0-9+.-]{1,20}:[\\/]{2,}[^\s<>"'`|^{}]+/gi;
const LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?";
const BARE = new RegExp(`(?<![\\p{L}\\p{N}@._-])((?:${LABEL}\\.)+)(${LABEL})((?::\\d+)?(?:[/?#][^\\s<>"]*)?)`, "gu");
const EMAIL = /\S{1,64}@\S{1,255}/g;
const TRAILING = new Set(".,;:!?'\"»”’)]}*_");

/** A link: where it stands, its host, and the whole of it in a form that can be compared; without a path: the host alone. */
export interface Link {
  readonly written: string;
  readonly host: string;
  readonly address: string;
  /** Whether it has more than a host. */
  readonly deep: boolean;
}

/** Without the punctuation that ends a sentence and is no part of a link. */
function trimmed(written: string): string {
  let end = written.length;
  while (end > 0 && TRAILING.has(written.charAt(end - 1))) end--;
  return written.slice(0, end);
}

/** A text without its URLs. */
export function withoutUrls(text: string): string {
  return text.replaceAll(WITH_SCHEME, " ");
}

function toLink(written: string, url: string): Link | undefined {
  const parsed = URL.parse(url);
  const host = parsed && (comparable(parsed.hostname) ?? parsed.hostname);
  if (!parsed || !host) return undefined;
  const port = parsed.port && `:${parsed.port}`;
  const rest = `${port}${parsed.pathname.replace(/\/$/, "")}${parsed.search}`;
  return { written, host, address: `${host}${rest}`, deep: rest !== "" || parsed.username !== "" };
}

/** The links in a text: URLs, and host names that mail programs make links of. */
export function linksIn(text: string): Link[] {
  const urls = [...text.matchAll(WITH_SCHEME)].map(([url]) => trimmed(url));
  const rest = withoutUrls(text).replaceAll(EMAIL, " ");
  const bare = [...rest.matchAll(BARE)].flatMap(([whole, , top = "", path = ""]) => {
    const named = trimmed(whole);
    return isTopLevel(top) || (path.startsWith("/") && /^\p{L}{2,}$/u.test(top)) ? [named] : [];
  });
  return [
    ...urls.flatMap((url) => toLink(url, url) ?? { written: url, host: url, address: url, deep: true }),
    ...bare.flatMap((name) => toLink(name, `http://${name}`) ?? []),
  ];
}

function allows(entry: string, host: string): boolean {
  if (entry.startsWith("*.")) return host.endsWith(entry.slice(1).toLowerCase());
  return comparable(entry) === host;
}

/** Finds links that the ticket does not have and the desk does not allow, and names that only look like others. */
export function foreignLinks(reply: string, { known, allowed }: Knowledge): ApprovalReason[] {
  const there = known.flatMap(linksIn);
  const addresses = new Set(there.map(({ address }) => address));
  const hosts = new Set([
    ...there.map(({ host }) => host),
    ...known.flatMap(emailsIn).map((address) => address.slice(address.indexOf("@") + 1)),
  ]);
  const isFine = ({ host, address, deep }: Link) =>
    allowed.some((entry) => allows(entry, host)) || (deep ? addresses.has(address) : hosts.has(host));
  const { FOREIGN_LINK, HIDDEN_CONTENT } = ApprovalReasonKind;
  const links = linksIn(reply);
  const foreign = links.filter((link) => !isFine(link)).map(({ written }) => written);
  const posing = [...links.map(({ written }) => written), ...emailsIn(reply)].filter(mixesScripts);
  return [
    ...[...new Set(foreign)].map((it) =>
      finding(
        FOREIGN_LINK,
        "The reply leads to a place on the web that neither the ticket nor the desk's list has.",
        it,
      ),
    ),
    ...[...new Set(posing)].map((it) =>
      finding(HIDDEN_CONTENT, "The reply has a name whose letters only look like those of another.", it),
    ),
  ];
}
