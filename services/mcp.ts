// `npm run -s mcp`: MCP over stdio for the running desk, or, where none runs, for the data itself.
import { readFileSync } from "node:fs";
import { runMcp } from "../adapter/main.ts";
import { runCommand } from "../runtime/command.ts";
import { PARTS, readConfig } from "../runtime/config.ts";
import { createLog } from "../runtime/log.ts";
import { startTracing } from "../runtime/telemetry/start-tracing.ts";
import { clientOptions } from "./access.ts";
import { openDesk } from "./desk.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

await runCommand(async () => {
  const config = readConfig();
  const service = config.OTEL_SERVICE_NAME ?? "deskwire-mcp";
  const log = createLog({ level: config.LOG_LEVEL, service });
  await using _tracing = await startTracing(config, service);
  await runMcp({
    args: process.argv.slice(2),
    url: config.DESKWIRE_URL,
    remote: clientOptions(config),
    info: { name: "deskwire", title: "Deskwire", version },
    maxResultTokens: config.MAX_RESULT_TOKENS,
    log,
    async openDesk() {
      const desk = await openDesk({ config, parts: PARTS, demo: true, log });
      if (!desk.catalog) throw new TypeError("the adapter is among the parts");
      return { catalog: desk.catalog, [Symbol.asyncDispose]: () => desk.close() };
    },
  });
});
