// `npm run keys`: the API keys of the desk, made and revoked while it runs.
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { runKeys } from "./keys/commands.ts";

await runCommand(() => runKeys(process.argv.slice(2), readConfig, { out: console.log, err: console.error }));
