// `npm run -s mcp` without a desk of its own; started as a process by the tests.
import { runMcp } from "../../adapter/main.ts";
import { runCommand } from "../../runtime/command.ts";
import { fixtureCatalog } from "./fixture-catalog.ts";

const { DESK = "", LOCAL } = process.env;
await runCommand(() =>
  runMcp({
    args: process.argv.slice(2),
    url: DESK,
    info: { name: "command", version: "1.0.0" },
    openDesk: LOCAL ? async () => ({ catalog: fixtureCatalog, async [Symbol.asyncDispose]() {} }) : undefined,
  }),
);
