// `npm run customer`: what the desk holds about one customer, given out and erased.
import { createInterface } from "node:readline/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { type Client, Code, createClient } from "@connectrpc/connect";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { remoteTransport } from "../runtime/calls/remote-transport.ts";
import { explained, runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { HOUR_MS } from "../runtime/time-units.ts";
import { clientOptions } from "../services/access.ts";
import { erasedLines } from "./customer/erased-list.ts";
import { exportLines } from "./customer/export-lines.ts";
import { countLines, describe } from "./customer/show.ts";
import { printable } from "./terminal-text.ts";

const HELP = `npm run -s customer -- export CUS-1001 > file.json
npm run -s customer -- erase CUS-1001 [--yes]
npm run -s customer -- erased > erased.txt
Gives out, or erases, all that the desk holds about one customer; lists the customers who were erased.

  export      writes JSON to standard output; a file that was cut off is no JSON, and the exit code is 1
  erase       shows who it is, asks, and erases in all services; it cannot be undone. If it breaks off, do it again
  erased      lists who was erased, identifiers and times alone: what npm run restore wants for an older backup
  --yes       erase without asking
  --url URL   the desk, or its support service; DESKWIRE_URL, or http://127.0.0.1:8080, if left out
  -h, --help  this text

Where the desk asks for a key, DESKWIRE_API_KEY holds one with the scope admin. See docs/privacy.md.`;

/** Large customers take minutes. */
const TIMEOUT_MS = HOUR_MS;

type Support = Client<typeof SupportService>;

const wrongUsage = (message: string) =>
  fail(Code.InvalidArgument, "USAGE_WRONG", `${message}\nSee npm run customer -- --help.`);

async function print(lines: AsyncIterable<string>): Promise<void> {
  await pipeline(Readable.from(lines), process.stdout, { end: false });
}

/** Asks at the terminal. */
async function confirmed(question: string, answer: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Whoever closes the input has not agreed.
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  try {
    return (await Promise.race([terminal.question(question), closed])).trim().toUpperCase() === answer;
  } finally {
    terminal.close();
  }
}

async function erase(support: Support, customerId: string, yes: boolean): Promise<void> {
  const found = await support.lookUpCustomer({ customerId });
  console.error(printable(describe(found)));
  const question = `Erase all of this for good? It cannot be undone. Type ${customerId} to do it: `;
  if (!yes && !(await confirmed(question, customerId))) return console.error("\nNothing was erased.");
  const erased = await support.eraseCustomer({ customerId }, { timeoutMs: TIMEOUT_MS });
  console.log(countLines(customerId, erased).join("\n"));
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      yes: { type: "boolean", default: false },
      url: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const [action = "", id, ...others] = positionals;
  const named = action === "export" || action === "erase";
  if (!named && action !== "erased") throw wrongUsage("Say what to do: export, erase or erased.");
  if (others.length > 0 || named !== (id !== undefined)) throw wrongUsage("Name one customer, such as CUS-1001.");
  const config = readConfig();
  const url = values.url ?? config.DESKWIRE_URL;
  const transport = remoteTransport(url, clientOptions(config));
  const support = createClient(SupportService, transport);
  const customerId = /^\d+$/.test(id ?? "") ? `CUS-${id}` : (id ?? "").toUpperCase();
  try {
    if (action === "export") await print(exportLines(support, customerId));
    else if (action === "erase") await erase(support, customerId, values.yes);
    else await print(erasedLines(support));
  } catch (error) {
    throw explained(error, url);
  } finally {
    transport.close();
  }
}

await runCommand(() => main(process.argv.slice(2)));
