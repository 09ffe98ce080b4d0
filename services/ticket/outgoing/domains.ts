// Host names, as they stand in running text.

const GENERIC =
  "com net org info biz edu gov mil int io dev app xyz shop store online site website space tech cloud page pages link links click live life world group team work works zone one top vip pro club fun wiki blog news media email support help center services solutions systems digital agency studio design network host hosting web press ink icu cam bid win loan date review stream download zip mov foo bar moe lol tel jobs mobi name aero asia cat coop museum post travel xxx arpa onion";
const TOP_LEVEL = new Set(GENERIC.split(" "));
/** The platform takes a hundredth of a second and some memory to load them. */
let regions: Intl.DisplayNames | undefined;
/** Two letters that are top-level domains and no ISO 3166 code. */
const UNLISTED = new Set(["uk", "eu", "ac", "su"]);

/** Whether a name such as `com` or `de` is a top-level domain; country codes count in lower case, as sentences may run on. */
export function isTopLevel(name: string): boolean {
  const lower = name.toLowerCase();
  if (TOP_LEVEL.has(lower) || lower.startsWith("xn--")) return true;
  if (!/^[a-z]{2}$/.test(name)) return false;
  regions ??= new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  return UNLISTED.has(name) || regions.of(name.toUpperCase()) !== undefined;
}

/** Whether a name mixes letters that look alike in different scripts (Unicode UTS #39, section 5.1). */
export function mixesScripts(name: string): boolean {
  const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];
  return name.split(/[.-]/).some((label) => scripts.filter((script) => script.test(label)).length > 1);
}

/** The form in which hosts are compared: punycode, lower case, without `www.`; undefined for what is no host. */
export function comparable(host: string): string | undefined {
  return URL.parse(`http://${host}`)
    ?.hostname.toLowerCase()
    .replace(/\.$/, "")
    .replace(/^www\./, "");
}
