// `npm run bench:metrics`: how long the metrics take to answer over a million tickets, and how quickly events are counted.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import type { DatabaseLocation } from "../runtime/database/database.ts";
import { fail } from "../runtime/errors.ts";
import { localEngine } from "../services/analytics/engine/local-engine.ts";
import { startPostgres } from "../tests/support/postgres-server.ts";
import { ROOT, START } from "../tests/support/processes.ts";
import { countLog, mute } from "./metrics/events.ts";
import { fill, keptFacts, openAnalytics } from "./metrics/facts.ts";
import { type Asked, type Counted, reportOf, writeToDocs } from "./metrics/report.ts";

const HELP = `npm run bench:metrics [-- --postgres] [-- --docs]
Asks the facts of a million tickets over a year what dashboards ask, and counts events as they come from the ticket service's
log. Prints medians of wall and CPU time. The facts are made the first time, which takes some minutes, and kept in bench/.data/
(110 MB).
  --tickets N    so many tickets (1000000)
  --events N     so many events (40000)
  --postgres     on a PostgreSQL of its own as well, which takes some minutes more; CPU time is that of analytics alone
  --docs         put what was found into docs/metrics.md
  -h, --help     this text`;

const ASK = new URL("metrics/ask.ts", import.meta.url).pathname;
const MAX_OUTPUT = 2 ** 20;
/** What `npm start` gives to Node, but for the program. */
const NODE_OPTIONS = START.slice(0, -1);

async function ask(location: DatabaseLocation): Promise<Asked> {
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE_OPTIONS, ASK, JSON.stringify(location)], {
    cwd: ROOT,
    maxBuffer: MAX_OUTPUT,
  });
  return JSON.parse(stdout) as Asked;
}

async function countAll(events: number): Promise<Counted[]> {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-bench-"));
  try {
    const counted: Counted[] = [];
    for (const engine of [mute, localEngine]) {
      const database = await openAnalytics({ kind: "sqlite", file: join(folder, `${counted.length}.db`) });
      counted.push(await countLog(database, events, engine));
      await database.close();
    }
    return counted;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function askPostgres(tickets: number): Promise<Asked> {
  const server = await startPostgres({ durable: true });
  try {
    const location: DatabaseLocation = { kind: "postgres", url: server.url, schema: "analytics" };
    const database = await openAnalytics(location);
    await fill(database, tickets);
    await database.close();
    return await ask(location);
  } finally {
    await server.stop();
  }
}

function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw fail(Code.InvalidArgument, "COUNT_INVALID", `--${option} takes a whole number from 1 on, not "${text}".`);
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      tickets: { type: "string", default: "1000000" },
      events: { type: "string", default: "40000" },
      postgres: { type: "boolean" },
      docs: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const tickets = countOf("tickets", values.tickets);
  const events = countOf("events", values.events);
  const counted = await countAll(events);
  const asked: Record<string, Asked> = { SQLite: await ask({ kind: "sqlite", file: await keptFacts(tickets) }) };
  if (values.postgres) asked.PostgreSQL = await askPostgres(tickets);
  const report = reportOf({ tickets, counted, asked });
  console.log(report);
  if (values.docs) await writeToDocs(report);
}

await runCommand(() => main(process.argv.slice(2)));
