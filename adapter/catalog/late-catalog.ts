// A catalog that nobody waits for until somebody asks for one of its tools.
import { once } from "../../runtime/once.ts";
import type { Catalog } from "../catalog.ts";

/** Stands for the catalog of `make`, which is called when something of the catalog is first asked for. */
export function lateCatalog(make: () => Catalog): Catalog {
  const catalog = once(make);
  return {
    get instructions() {
      return catalog().instructions;
    },
    get tools() {
      return catalog().tools;
    },
    get resources() {
      return catalog().resources;
    },
    get prompts() {
      return catalog().prompts;
    },
  };
}
