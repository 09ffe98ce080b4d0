// The desk at work on 100,000 tickets, against the Flask lab that it descends from.
import { copyOf, dataset } from "../lib/dataset.ts";
import type { Group, Run } from "../lib/group.ts";
import type { Variant } from "../lib/interleave.ts";
import { fourProcesses, oneProcess, type RunningDesk, type Step, sameWork, stepAt } from "../variants/desk.ts";
import { flask } from "../variants/flask.ts";
import { postgresDesk } from "../variants/postgres.ts";

const FLASK = "Flask, gunicorn";
const BARE = "bare http, the same work";
const TICKETS = 100_000;
const QUICK_TICKETS = 10_000;

const PATHS = { handle_ticket: "/support/handle-ticket", respond_to_ticket: "/support/respond-to-ticket" } as const;
const REPLY = { response: "The second payment is on its way back to you." };

/** What is asked, all of it running. */
interface Desks {
  /** The lab that the desk descends from. */
  readonly lab: Awaited<ReturnType<typeof flask>>;
  readonly one: RunningDesk;
  readonly four: RunningDesk;
  readonly onPostgres: RunningDesk | undefined;
  /** What a `handle_ticket` does, and nothing around it. */
  readonly bare: Variant;
  readonly tickets: number;
}

async function start(run: Run): Promise<Desks> {
  const { resources, effort, progress, skip } = run;
  const tickets = effort.rounds < 5 ? QUICK_TICKETS : TICKETS;
  const kept = await dataset(tickets, progress);
  const lab = await flask(resources);
  if (lab === undefined) {
    skip(FLASK, "needs python3 with flask, requests and gunicorn (Debian: python3-flask python3-requests gunicorn)");
  }
  const one = await oneProcess(resources, { DATA_DIR: await copyOf(resources, kept) });
  const four = await fourProcesses(resources, { DATA_DIR: await copyOf(resources, kept) });
  const onPostgres = await postgresDesk(run, kept);
  // Of a folder that no desk has changed: replies make answers longer.
  const bare = await sameWork(resources, BARE, await copyOf(resources, kept), tickets);
  return { lab, one, four, onPostgres, bare, tickets };
}

async function variantsOf(tool: Step["tool"], desks: Desks, resources: AsyncDisposableStack): Promise<Variant[]> {
  const { lab, one, four, onPostgres, bare, tickets } = desks;
  const response = tool === "respond_to_ticket" && REPLY;
  const onOne = stepAt(resources, one, { tool, tickets });
  const onFour = stepAt(resources, four, { tool, tickets });
  const onPg = onPostgres && stepAt(resources, onPostgres, { tool, tickets });
  return [
    lab?.variant(FLASK, PATHS[tool], (ticket_id) => ({ ticket_id, ...response })),
    tool === "handle_ticket" ? bare : undefined,
    onOne.mcp("one process, MCP 2026", "2026-07-28"),
    onOne.connectJson("one process, Connect JSON"),
    await onOne.grpc("one process, gRPC"),
    onFour.mcp("four processes, MCP 2026", "2026-07-28"),
    onPg?.mcp("PostgreSQL, MCP 2026", "2026-07-28"),
  ].filter((variant) => variant !== undefined);
}

const COMMON = { baseline: FLASK, callers: [1, 32] };

/** Both steps of an agent's work, at the same desks: what the first has warmed up the second finds warm. */
export const deskAtWork: Group = {
  questions: [
    {
      ...COMMON,
      name: "handle_ticket",
      warmUp: 3,
      goals: [
        { variant: "one process, MCP 2026", callers: 32, what: "calls", ratio: 20 },
        { variant: "one process, MCP 2026", callers: 32, what: "cpu", ratio: 1 / 35 },
        { variant: "one process, Connect JSON", callers: 32, what: "calls", ratio: 12 },
        { variant: "four processes, MCP 2026", callers: 32, what: "calls", ratio: 7 },
        { variant: "four processes, MCP 2026", callers: 32, what: "cpu", ratio: 1 / 10 },
      ],
    },
    {
      ...COMMON,
      name: "respond_to_ticket",
      warmUp: 1,
      goals: [{ variant: "one process, MCP 2026", callers: 32, what: "calls", ratio: 10 }],
    },
  ],
  async open(run) {
    const desks = await start(run);
    const { resources } = run;
    return [
      await variantsOf("handle_ticket", desks, resources),
      await variantsOf("respond_to_ticket", desks, resources),
    ];
  },
};
