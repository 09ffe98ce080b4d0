// Where a webhook may lead: the name is resolved here and the connection goes to the checked addresses and no others.
import { promises as dns, type LookupAddress } from "node:dns";
import { isIP } from "node:net";
import { Code } from "@connectrpc/connect";
import { fail } from "../../../runtime/errors.ts";
import { inNetworks, isPublic } from "../../../runtime/http/networks.ts";

/** Decides where webhooks may lead. */
export interface Targets {
  /**
   * The addresses of a URL's host.
   *
   * @throws ConnectError `failed_precondition`: WEBHOOK_URL_REFUSED, WEBHOOK_HOST_UNKNOWN
   */
  resolve(url: string): Promise<readonly LookupAddress[]>;
}

/** Resolves a name to all of its addresses, as `dns.lookup` does. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true });

/**
 * Lets https to public addresses pass, and http or https to the private networks named. A name of which one address is
 * refused is refused, because nobody means such a name well.
 */
export function targets(allowPrivate: readonly string[], lookup: Lookup = systemLookup): Targets {
  const isAllowedPrivate = inNetworks(allowPrivate);
  return {
    async resolve(url) {
      const parsed = URL.parse(url);
      if (!parsed) throw refused(`${url} is no URL that can be called: look at its host and port.`);
      const { protocol, hostname } = parsed;
      const host = hostname.replace(/^\[|\]$/g, "");
      const addresses = await addressesOf(host, lookup);
      for (const { address } of addresses) {
        if (isAllowedPrivate(address)) continue;
        if (!isPublic(address)) {
          throw refused(
            `The host ${host} has the address ${address}, which is not public. Use a public one, or name its network in WEBHOOK_ALLOW_PRIVATE.`,
          );
        }
        if (protocol !== "https:") throw refused("Customers' words leave by https alone: use an https URL.");
      }
      return addresses;
    },
  };
}

function refused(message: string) {
  return fail(Code.FailedPrecondition, "WEBHOOK_URL_REFUSED", message);
}

async function addressesOf(host: string, lookup: Lookup): Promise<readonly LookupAddress[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const addresses = await lookup(host).catch(() => []);
  if (addresses.length > 0) return addresses;
  throw fail(
    Code.FailedPrecondition,
    "WEBHOOK_HOST_UNKNOWN",
    `The host ${host} has no address. Correct the URL, or try again when its name can be resolved.`,
  );
}
