// `npm run approvals`: what AI agents want to do and a person has to see first, in the terminal.
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { runApprovals } from "./approvals/commands.ts";

await runCommand(() => runApprovals(process.argv.slice(2), readConfig, console.log));
