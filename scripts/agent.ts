// `npm run agent`: the model works on one ticket, and the terminal shows what it does.
import { parseArgs } from "node:util";
import { APIConnectionError, APIError, APIUserAbortError } from "@anthropic-ai/sdk";
import { Code } from "@connectrpc/connect";
import { noDesk, runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { trustAuthorities } from "../runtime/http/certificate.ts";
import { isId } from "../runtime/messages/ids.ts";
import { type Ending, workOn } from "./agent/conversation.ts";
import { findDesk } from "./agent/desk.ts";
import { Terminal } from "./agent/terminal.ts";

const HELP = `npm run agent -- TKT-1001 [options]
Has the model work on one ticket: read it, answer the customer, set the status. It can reach that ticket alone.

TKT-1001           the ticket
  --dry-run        write and send nothing; show the draft
  --say TEXT       what else you want, such as "Offer a refund."
  --model MODEL    the model; the desk's own if left out
  --url URL        the desk; DESKWIRE_URL, or http://127.0.0.1:8080, if left out. Where none runs there, the data in
                   DATA_DIR is opened for the time of the work.
  -h, --help       this text

The model needs a key where the desk runs: CLAUDE_API_KEY.
Exit code: 0 the work is done, 1 it failed, 2 it stopped at a limit, 3 the reply waits for approval (npm run approvals),
130 stopped by Ctrl-C.`;

const EXIT: Readonly<Record<Ending, number>> = { done: 0, limit: 2, approval: 3 };
const STOPPED = 130;

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      say: { type: "string", default: "" },
      model: { type: "string" },
      url: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return { ...values, positionals };
}

function ticketIn([given = "", ...others]: readonly string[]): string {
  const ticket = /^\d+$/.test(given) ? `TKT-${given}` : given.toUpperCase();
  if (others.length === 0 && isId(ticket, "TKT")) return ticket;
  throw fail(Code.InvalidArgument, "USAGE_WRONG", "Name one ticket, such as TKT-1001.\nSee npm run agent -- --help.");
}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return console.log(HELP);
  const ticket = ticketIn(options.positionals);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  // Whoever read along has gone, as in `| head`.
  process.stdout.on("error", () => stop.abort());
  const config = readConfig();
  trustAuthorities(config.TLS_CA_FILE);
  await using desk = await findDesk(config, options.url);
  const terminal = new Terminal(process.stdout);
  terminal.line(`Working on ${ticket} at ${desk.place}${options["dry-run"] ? "; nothing is written or sent" : ""}.`);
  try {
    const request = { ticket, dryRun: options["dry-run"], say: options.say, model: options.model };
    process.exitCode = EXIT[await workOn(desk.client, request, terminal, stop.signal)];
  } catch (error) {
    terminal.end();
    if (error instanceof APIUserAbortError || stop.signal.aborted) {
      process.exitCode = STOPPED;
      return terminal.line("Stopped. What was written stays; the same command goes on from there.");
    }
    if (error instanceof APIConnectionError)
      throw noDesk(desk.place, String((error.cause as Error)?.message ?? error.message));
    if (!(error instanceof APIError)) throw error;
    process.exitCode = 1;
    console.error(error.apiMessage ?? error.message);
    if (error.status === 401) console.error("Give it to this command as DESKWIRE_API_KEY.");
  }
}

await runCommand(() => main(process.argv.slice(2)));
