// What `npm run approvals` does.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import type { Config } from "../../runtime/config.ts";
import { fail } from "../../runtime/errors.ts";
import { trustAuthorities } from "../../runtime/http/certificate.ts";
import { printable } from "../terminal-text.ts";
import { ApprovalsDesk, type Decision } from "./desk.ts";
import { editText } from "./editor.ts";
import { review } from "./review.ts";
import { decidedLines, detailLines, listLines } from "./show.ts";

const HELP = `npm run approvals [-- APR-1001 [approve | edit | reject]] [options]
Shows what waits for a person, and decides it. The agent's work goes on with the decision at once.

without arguments       lists what waits
review                  goes through what waits, one after the other, and asks
APR-1001                shows one: the draft, why it waits, and what is new on the ticket since
APR-1001 approve        sends the draft as it is
APR-1001 edit           sends another text: that of --text, or what you make of the draft in $EDITOR
APR-1001 reject         sends nothing; --comment says why, and the agent may try again

  --comment TEXT   what you have to say about it
  --text TEXT      what to send instead of the draft
  --despite-news   decide though the customer or somebody else has written since
  --state STATE    list others: pending (default), approved, rejected, expired, all
  --ticket TKT-1   list those of one ticket
  --json           print JSON
  --url URL        the desk; DESKWIRE_URL, or http://127.0.0.1:8080, if left out
  -h, --help       this text

Where the desk asks for a key, DESKWIRE_API_KEY holds one with the scope approvals, other than the agent's.
Exit code: 0 done, 1 it failed or was refused.`;

const wrongUsage = (message: string) =>
  fail(Code.InvalidArgument, "USAGE_WRONG", `${message}\nSee npm run approvals -- --help.`);

function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      comment: { type: "string", default: "" },
      text: { type: "string", default: "" },
      "despite-news": { type: "boolean", default: false },
      state: { type: "string", default: "pending" },
      ticket: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      url: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [first, action, ...others] = positionals;
  if (others.length > 0) throw wrongUsage(`What is ${others.join(" ")}?`);
  const id = first !== undefined && /^\d+$/.test(first) ? `APR-${first}` : first?.toUpperCase();
  return { ...values, id, action };
}

type Options = ReturnType<typeof readOptions>;

async function decisionOf(desk: ApprovalsDesk, id: string, options: Options): Promise<Decision | undefined> {
  const { action, comment, text } = options;
  const { approval, ticket } = await desk.get(id);
  const etag = options["despite-news"] ? { ticket_etag: ticket.etag } : {};
  switch (action) {
    case "approve":
      return { decision: "approve", comment, ...etag };
    case "reject":
      if (comment === "") throw wrongUsage("Say why it is rejected: --comment TEXT.");
      return { decision: "reject", comment, ...etag };
    case "edit": {
      const edited = text === "" ? await editText(approval.draft ?? "") : text;
      return edited === undefined ? undefined : { decision: "edit", text: edited, comment, ...etag };
    }
    default:
      throw wrongUsage(`There is no action ${action}. Use approve, edit or reject.`);
  }
}

/**
 * Runs one command; `write` takes what it prints, but for the review, which talks with the person at the terminal.
 *
 * @throws ConnectError where the desk refuses, and `invalid_argument` (USAGE_WRONG) for a command line that makes no sense
 */
export async function runApprovals(
  args: string[],
  readConfig: () => Config,
  write: (text: string) => void,
): Promise<void> {
  const options = readOptions(args);
  if (options.help) return write(HELP);
  const { id, action, json } = options;
  const config = readConfig();
  trustAuthorities(config.TLS_CA_FILE);
  const desk = new ApprovalsDesk(options.url ?? config.DESKWIRE_URL, config.DESKWIRE_API_KEY);
  const print = (value: unknown, lines: () => readonly string[]) =>
    write(json ? JSON.stringify(value, null, 2) : printable(lines().join("\n")));
  if (id === undefined) {
    const page = await desk.list(options.state, options.ticket);
    return print(page, () => listLines(page, options.state));
  }
  if (id === "REVIEW") return review(desk, options.ticket);
  if (action === undefined) {
    const detail = await desk.get(id);
    return print(detail, () => detailLines(detail));
  }
  const decision = await decisionOf(desk, id, options);
  if (decision === undefined) return write("Nothing was changed, and nothing decided.");
  const decided = await desk.decide(id, decision);
  print(decided, () => decidedLines(decided));
}
