// The desk at work, in one process or five, called over MCP, Connect JSON and gRPC.
import { create, toBinary } from "@bufbuild/protobuf";
import {
  HandleTicketRequestSchema,
  RespondToTicketRequestSchema,
  SupportService,
} from "#gen/deskwire/support/v1/support_service_pb.js";
import { PARTS, type Part } from "../../runtime/config.ts";
import { DeskProcess, freePort } from "../../tests/support/processes.ts";
import { Http1Connection, httpRequest } from "../lib/http1.ts";
import { grpcFrame, openSession, send } from "../lib/http2.ts";
import type { Variant } from "../lib/interleave.ts";
import { type Era, mcpCallers, toolCall } from "../lib/mcp.ts";
import { startServer } from "../lib/server-process.ts";
import { isClosed } from "../lib/ticket-row.ts";

/** A running desk: where its entries are, and its processes. */
export interface RunningDesk {
  readonly adapter: URL;
  readonly support: URL;
  readonly pids: readonly number[];
}

type Environment = Readonly<Record<string, string>>;

async function start(resources: AsyncDisposableStack, args: readonly string[], environment: Environment) {
  const desk = await DeskProcess.start([...args, "--no-demo"], environment);
  resources.defer(async () => void (await desk.stop()));
  return desk;
}

/** All parts in one process. */
export async function oneProcess(resources: AsyncDisposableStack, environment: Environment): Promise<RunningDesk> {
  const desk = await start(resources, [], environment);
  const url = new URL(desk.url);
  return { adapter: url, support: url, pids: [desk.child.pid ?? 0] };
}

/** The CRM, tickets, analytics, and support with the adapter: a process each, calling each other over gRPC. */
export async function fourProcesses(resources: AsyncDisposableStack, environment: Environment): Promise<RunningDesk> {
  const ports = new Map<Part, number>();
  for (const part of PARTS) ports.set(part, await freePort());
  const at = (part: Part) => `http://127.0.0.1:${ports.get(part)}`;
  const urls = Object.fromEntries(PARTS.map((part) => [`${part.toUpperCase()}_URL`, at(part)]));
  const groups: readonly Part[][] = [["crm"], ["ticket"], ["analytics"], ["support", "adapter"]];
  const desks = await Promise.all(
    groups.map((parts) =>
      start(resources, parts, { ...environment, ...urls, PORT: String(ports.get(parts.at(-1) as Part)) }),
    ),
  );
  const url = new URL(at("adapter"));
  return { adapter: url, support: url, pids: desks.map(({ child }) => child.pid ?? 0) };
}

/** A step of an agent's work. */
export interface Step {
  readonly tool: "handle_ticket" | "respond_to_ticket";
  /** Tickets there are, from TKT-1001 on. */
  readonly tickets: number;
}

/** The number of the first ticket of a desk. */
const FIRST = 1_001;
let answers = 0;

function nextArguments({ tool, tickets }: Step): { ticketId: string; response?: string } {
  let number = Math.floor(Math.random() * tickets);
  while (tool === "respond_to_ticket" && isClosed(number)) number = (number + 1) % tickets;
  const ticketId = `TKT-${FIRST + number}`;
  if (tool === "handle_ticket") return { ticketId };
  return { ticketId, response: `The second payment is on its way back to you. (${++answers})` };
}

const METHODS = { handle_ticket: "HandleTicket", respond_to_ticket: "RespondToTicket" } as const;
const pathOf = ({ tool }: Step) => `/${SupportService.typeName}/${METHODS[tool]}`;

/** Callers that post JSON, another with each call. */
const posting = (resources: AsyncDisposableStack, url: URL, body: () => string): Variant["callers"] => {
  return async (count) =>
    Http1Connection.open(resources, url, count).map((connection) => () => connection.send(httpRequest(url, body())));
};

/** What a `handle_ticket` does, by itself: the floor under the desk's. */
export async function sameWork(
  resources: AsyncDisposableStack,
  name: string,
  folder: string,
  tickets: number,
): Promise<Variant> {
  const { pid, url } = await startServer(resources, "same-work.ts", [folder]);
  const step: Step = { tool: "handle_ticket", tickets };
  const body = () => toolCall("2026-07-28", step.tool, { ticket_id: nextArguments(step).ticketId }, 1);
  return {
    name,
    pids: [pid],
    callers: posting(resources, url, body),
  };
}

/** Makes variants of a step at a desk. */
export function stepAt(resources: AsyncDisposableStack, desk: RunningDesk, step: Step) {
  const { pids } = desk;
  return {
    mcp(name: string, era: Era): Variant {
      const endpoint = { url: new URL("/mcp", desk.adapter), era, tool: step.tool };
      const args = () => {
        const { ticketId: ticket_id, response } = nextArguments(step);
        return { ticket_id, ...(response !== undefined && { response }) };
      };
      return { name, pids, callers: (count) => mcpCallers(resources, endpoint, count, args) };
    },
    connectJson(name: string): Variant {
      const url = new URL(pathOf(step), desk.support);
      return { name, pids, callers: posting(resources, url, () => JSON.stringify(nextArguments(step))) };
    },
    async grpc(name: string): Promise<Variant> {
      const session = await openSession(resources, desk.support);
      const headers = { ":path": pathOf(step), "content-type": "application/grpc", te: "trailers" };
      const encode = (args: ReturnType<typeof nextArguments>) =>
        step.tool === "handle_ticket"
          ? toBinary(HandleTicketRequestSchema, create(HandleTicketRequestSchema, args))
          : toBinary(RespondToTicketRequestSchema, create(RespondToTicketRequestSchema, args));
      const call = () => send(session, headers, grpcFrame(encode(nextArguments(step))));
      return { name, pids, callers: async (count) => Array.from({ length: count }, () => call) };
    },
  };
}
