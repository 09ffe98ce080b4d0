// The tools as `npm start` offers them.
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { loadDescriptors, supportCatalog } from "../../services/desk.ts";

/** Names, texts and schemas of all tools. */
export function toolDefinitions() {
  const catalog = supportCatalog(loadDescriptors(), directTransport([]), readConfig({}));
  return catalog.tools.map(({ definition }) => definition);
}
