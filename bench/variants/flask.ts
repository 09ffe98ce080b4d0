// The original: the lab's four Flask services, each under gunicorn with two sync workers.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { eventually, freePort } from "../../tests/support/processes.ts";
import { processTree } from "../lib/cpu.ts";
import { Http1Connection, httpRequest } from "../lib/http1.ts";
import type { Variant } from "../lib/interleave.ts";
import { stop } from "../lib/server-process.ts";

const run = promisify(execFile);
const FOLDER = new URL("../baseline/", import.meta.url).pathname;
/** Debian's packages belong to Debian's Python, whatever other one comes first. */
const PYTHONS = ["/usr/bin/python3", "python3"];
const TICKETS = 1_000;

async function pythonWithFlask(): Promise<string | undefined> {
  for (const python of PYTHONS) {
    const there = run(python, ["-c", "import flask, requests, gunicorn"]).then(
      () => true,
      () => false,
    );
    if (await there) return python;
  }
  return undefined;
}

async function answers(url: URL): Promise<true> {
  await (await fetch(url)).text();
  return true;
}

/** Starts the four services; undefined where Python, Flask, requests or gunicorn are not installed. */
export async function flask(resources: AsyncDisposableStack) {
  const python = await pythonWithFlask();
  if (python === undefined) return undefined;
  const children: ChildProcess[] = [];
  const start = async (app: string, environment: Record<string, string> = {}) => {
    const port = await freePort();
    const args = ["-m", "gunicorn", "-w", "2", "-b", `127.0.0.1:${port}`, "--log-level", "error", `${app}:app`];
    const child = spawn(python, args, { cwd: FOLDER, env: { ...process.env, ...environment }, stdio: "ignore" });
    children.push(child);
    resources.defer(() => stop(child));
    const url = new URL(`http://127.0.0.1:${port}`);
    await eventually(() => answers(url));
    return url;
  };
  const [crm, tickets, analytics] = await Promise.all([start("crm"), start("ticket_system"), start("analytics")]);
  const support = await start("support_server", {
    CRM_URL: crm.origin,
    TICKET_URL: tickets.origin,
    ANALYTICS_URL: analytics.origin,
  });
  const pids = children.flatMap(({ pid }) => processTree(pid ?? 0));

  /** Posts to the support server. Its sync workers close each connection, so every call opens one. */
  function variant(name: string, path: string, body: (ticketId: string) => unknown): Variant {
    const url = new URL(path, support);
    const call = async () => {
      const ticketId = `TKT-${1_001 + Math.floor(Math.random() * TICKETS)}`;
      const connection = new Http1Connection(url);
      await connection.send(httpRequest(url, JSON.stringify(body(ticketId)), { connection: "close" }));
      connection.close();
    };
    return { name, pids, callers: async (count) => Array.from({ length: count }, () => call) };
  }
  return { variant };
}
