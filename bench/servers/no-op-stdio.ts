// The tool that does nothing, over stdio.
import { serveStdio } from "../../adapter/server/mcp-stdio.ts";
import { noOpCatalog } from "../lib/no-op.ts";

await serveStdio({ catalog: noOpCatalog, info: { name: "no-op", version: "1", title: "No-op" } });
