// Networks of addresses, and which addresses are public.
import { BlockList, isIP } from "node:net";

const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function parse(network: string): [address: string, bits: number] | undefined {
  const [address = "", bits, ...rest] = network.split("/");
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  return rest.length === 0 && !address.includes("%") && length >= 0 && length <= most ? [address, length] : undefined;
}

/** Whether a text is an address, or a network in CIDR notation such as `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  return parse(text) !== undefined;
}

function setOf(networks: readonly string[]): BlockList {
  const set = new BlockList();
  for (const network of networks) {
    const parsed = parse(network);
    if (!parsed) throw new TypeError(`${network} is no network`);
    set.addSubnet(...parsed, family(parsed[0]));
  }
  return set;
}

/** Makes the test whether an address lies in one of these networks, written as CIDR or as addresses. */
export function inNetworks(networks: readonly string[]): (address: string) => boolean {
  const set = setOf(networks);
  return (address) => isIP(address) !== 0 && set.check(address, family(address));
}

// IANA's registries of special-purpose addresses, with multicast and what is reserved.
const isSpecial4 = inNetworks([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
]);
// Of IPv6 only this block is given out for the public; within it are protocols, documentation, and IPv4 in disguise (6to4).
const isGlobal6 = inNetworks(["2000::/3"]);
const isSpecial6 = inNetworks(["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"]);

/** Whether an address can be anybody's on the public internet: not private, loopback, link-local, reserved or multicast. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !isSpecial4(address);
  return isIP(address) === 6 && !address.includes("%") && isGlobal6(address) && !isSpecial6(address);
}
