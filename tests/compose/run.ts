// `npm run compose-test`: the stack of docker-compose.yml, worked by agents while its containers crash; then the audit.
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../../runtime/command.ts";
import type { Part } from "../../runtime/config.ts";
import { fail } from "../../runtime/errors.ts";
import { eventually } from "../support/processes.ts";
import { work } from "../torture/agents.ts";
import { audit } from "../torture/audit.ts";
import { Ledger } from "../torture/ledger.ts";
import { seeded } from "../torture/random.ts";
import { report } from "../torture/report.ts";
import { isCaughtUp, readStored } from "../torture/stored.ts";
import type { KnownTicket } from "../torture/tasks.ts";
import {
  callsOf,
  compose,
  containersOf,
  crash,
  databaseUrl,
  isHealthy,
  newKey,
  restartsOf,
  secret,
  whyNot,
} from "./stack.ts";

const HELP = `npm run compose-test [-- --seconds T] [-- --keep]
Builds and starts the stack of docker-compose.yml under a project name of its own, several replicas of support and ticket;
lets AI agents work tickets by MCP while containers crash, PostgreSQL's too; then takes it down, starts it again, and holds
what the agents were told against the database. Needs a container engine with compose, on this machine, and the right to end
its processes; without an engine it says so and succeeds.

  --seconds T  how long containers crash; 80 if left out, enough for one of each
  --keep       leave the stack running
  -h, --help   this text`;

const MCP = new URL("http://127.0.0.1:8080/mcp");
const SCALE = ["--scale", "support=3", "--scale", "ticket=2"];
const AGENTS = 8;
const SERVICES = ["crm", "ticket", "analytics", "support", "adapter", "postgres"];
const BETWEEN_CRASHES_MS = 4_000;
const RECOVERY_MS = 90_000;
/** For each replica, before it is asked whether all had their part. */
const CALLS_TO_SPREAD = 100;

const say = (what: string) => console.log(`${new Date().toISOString().slice(11, 19)}  ${what}`);

function assert(condition: boolean, what: string): void {
  if (!condition) throw fail(Code.FailedPrecondition, "STACK_WRONG", what);
}

async function assertClosed(): Promise<void> {
  const answer = await fetch(MCP, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  await answer.body?.cancel();
  assert(answer.status === 401, `without a key /mcp answers ${answer.status}; it should be 401`);
  say("without a key: 401");
}

/** Each replica does its part of the work, those that have crashed as well. */
async function assertSpread(service: Part, replicas: number, port: number, key: string): Promise<void> {
  const counts = () => Promise.all(Array.from({ length: replicas }, (_, i) => callsOf(service, i + 1, port, key)));
  const before = await counts();
  const answered = await eventually(async () => {
    const since = (await counts()).map((count, index) => count - (before[index] ?? 0));
    return since.reduce((sum, count) => sum + count, 0) >= replicas * CALLS_TO_SPREAD && since;
  }, RECOVERY_MS);
  say(`calls answered by the replicas of ${service}: ${answered.join(", ")}`);
  assert(
    answered.every((count) => count > CALLS_TO_SPREAD / 4),
    `a replica of ${service} is left out`,
  );
}

async function crashAgainAndAgain(seconds: number, seed: number): Promise<number> {
  const random = seeded(seed);
  const end = Date.now() + seconds * 1_000;
  let crashes = 0;
  while (Date.now() < end) {
    await delay(BETWEEN_CRASHES_MS);
    const service = SERVICES[crashes++ % SERVICES.length] ?? "crm";
    const container = random.pick(await containersOf(service));
    const before = await restartsOf(container);
    say(`crash: ${service}`);
    await crash(container);
    await eventually(async () => (await restartsOf(container)) > before && isHealthy(container), RECOVERY_MS);
  }
  return crashes;
}

/** Crashes containers, and sees to it afterwards that all replicas work again. */
async function harm(key: string, seconds: number): Promise<number> {
  const crashes = await crashAgainAndAgain(seconds, 1);
  await assertSpread("support", 3, 5000, key);
  await assertSpread("ticket", 2, 5002, key);
  return crashes;
}

async function torment(key: string, seconds: number): Promise<{ ledger: Ledger; crashes: number }> {
  const ledger = new Ledger();
  const tickets: KnownTicket[] = [];
  const [closing, closed] = [new AbortController(), new AbortController()];
  const headers = { "x-api-key": key };
  const office = { url: MCP, headers, ledger, tickets, closing: closing.signal, closed: closed.signal };
  const working = Promise.all(
    Array.from({ length: AGENTS }, (_, index) => work(String(index), office, seeded(index + 1))),
  );
  const crashes = await harm(key, seconds).finally(() => closing.abort());
  say("no new calls; those that have no answer yet are repeated");
  const patience = setTimeout(() => closed.abort(), RECOVERY_MS);
  await working;
  clearTimeout(patience);
  return { ledger, crashes };
}

async function prove(seconds: number): Promise<void> {
  say("building and starting");
  await compose("up", "-d", "--build", "--wait");
  const key = await secret("mcp-api-key");
  await assertClosed();
  say("scaling: three support, two ticket");
  await compose("up", "-d", "--wait", "--no-recreate", ...SCALE);
  // One that may call as often as it likes.
  const { ledger, crashes } = await torment(await newKey(), seconds);
  await eventually(async () => isCaughtUp({ DATABASE_URL: await databaseUrl() }), RECOVERY_MS);
  say("taking it down and starting it again");
  await compose("down");
  await compose("up", "-d", "--wait");
  assert((await secret("mcp-api-key")) === key, "the API key has changed with the restart");
  const findings = audit(ledger.calls, await readStored({ DATABASE_URL: await databaseUrl() }));
  console.log(report({ ledger, harm: { kills: crashes, cuts: 0 }, findings }));
  if (findings.length > 0) process.exitCode = 1;
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "80" },
      keep: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const reason = await whyNot();
  if (reason) return console.log(`Skipped: ${reason}.`);
  try {
    await prove(Number(values.seconds));
  } finally {
    if (!values.keep) await compose("down", "-v");
  }
}

await runCommand(() => main(process.argv.slice(2)));
