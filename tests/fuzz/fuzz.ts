// Sends malformed and odd requests to a real desk, and watches that it neither breaks nor writes what it refuses.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { ServerReflection } from "#gen/grpc/reflection/v1/reflection_pb.js";
import { Health } from "#gen/health/v1/health_pb.js";
import type { Tool } from "../../adapter/catalog.ts";
import { type Config, PARTS, readConfig } from "../../runtime/config.ts";
import { listen } from "../../runtime/http/listener.ts";
import { databaseLocation } from "../../services/databases.ts";
import { openDesk } from "../../services/desk.ts";
import { Random } from "./random.ts";
import { anyJson, messageJson } from "./values.ts";
import { BROKEN, codeOf } from "./verdict.ts";
import { odd, WAYS, Wire } from "./wire.ts";

/** Something that must not happen. */
interface Problem {
  readonly case: number;
  readonly what: string;
  readonly way: string;
  readonly path: string;
  readonly request: string;
  readonly answer: string;
}

/** What came of a run. */
export interface Report {
  readonly cases: number;
  readonly seconds: number;
  /** How many answers had which code. */
  readonly codes: Readonly<Record<string, number>>;
  /** How many cases went which way. */
  readonly ways: Readonly<Record<string, number>>;
  /** Bytes by which the heap grew after the first fifth of the cases. */
  readonly heapGrowth: number;
  readonly problems: readonly Problem[];
}

export interface FuzzOptions {
  readonly cases: number;
  readonly seed: number;
  readonly progress?: (done: number) => void;
}

const MCP = "MCP";
/** What they did before an error stays, as their protos say. */
const STEPS = new Set(["ImportTickets", "EraseCustomer"]);
const SHOWN = 400;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function watchFile(config: Config, name: "crm" | "ticket"): DatabaseSync {
  const location = databaseLocation(config, name);
  if (location.kind !== "sqlite") throw new TypeError("fuzzing watches SQLite files");
  return new DatabaseSync(location.file, { readOnly: true });
}

/** What differs after every write that a call asked for. The desk writes by itself too: notes, deliveries, readings. */
function fingerprintOf(crm: DatabaseSync, ticket: DatabaseSync): () => string {
  const customers = crm.prepare(
    `SELECT (SELECT count(*) || ' ' || coalesce(sum(version), 0) FROM customer) AS customers,
       (SELECT count(*) FROM note WHERE ticket_event IS NULL) AS notes, (SELECT count(*) FROM request) AS requests`,
  );
  const tickets = ticket.prepare(
    `SELECT (SELECT position FROM event WHERE event ->> '$.actor.kind' IS NOT 'ACTOR_KIND_SYSTEM'
         ORDER BY position DESC LIMIT 1) AS event,
       (SELECT count(*) FROM ticket) AS tickets, (SELECT count(*) FROM message) AS messages,
       (SELECT count(*) FROM approval) AS approvals, (SELECT count(*) FROM request) AS requests,
       (SELECT count(*) || ' ' || coalesce(sum(version), 0) FROM webhook) AS webhooks`,
  );
  return () => JSON.stringify([customers.get(), tickets.get()]);
}

interface Answered {
  readonly code: string;
  readonly request: string;
  readonly answer: string;
}

async function callTool(random: Random, tool: Tool, method: DescMethod): Promise<Answered> {
  const args = random.chance(0.1) ? anyJson(random) : messageJson(random, method.input);
  const result = await tool.call(args, { signal: AbortSignal.timeout(15_000), headers: {} });
  const { error } = result.structuredContent as { error?: { code?: string } };
  const code = result.isError ? (error?.code ?? "unreadable") : "ok";
  return { code, request: JSON.stringify(args), answer: JSON.stringify(result.structuredContent) };
}

/** Runs cases one after the other, so that what a refused call wrote shows. The same seed makes the same cases. */
export async function fuzz({ cases, seed, progress = () => {} }: FuzzOptions): Promise<Report> {
  const begin = performance.now();
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "deskwire-fuzz-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const config = readConfig({ DATA_DIR: folder });
  const logged: string[] = [];
  const log = (message: string, fields = {}) =>
    void logged.push(JSON.stringify([message, fields], (_, value) => (value instanceof Error ? value.stack : value)));
  const desk = cleanup.use(await openDesk({ config, parts: PARTS, demo: true, log }));
  const listener = cleanup.use(
    await listen({
      ...{ host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 500, log },
      services: desk.services,
      files: desk.files,
    }),
  );
  cleanup.defer(() => desk.drain());
  const wire = cleanup.use(new Wire(listener.url));
  const [crm, ticket] = [watchFile(config, "crm"), watchFile(config, "ticket")];
  cleanup.defer(() => {
    crm.close();
    ticket.close();
  });

  const methods = [...desk.services.map(({ desc }) => desc), Health, ServerReflection].flatMap(
    (service) => service.methods,
  );
  const tools = new Map(
    SupportService.methods.flatMap((method) => {
      const name = method.name.replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();
      const tool = desk.catalog?.tools.find(({ definition }) => definition.name === name);
      return tool ? [[method as DescMethod, tool] as const] : [];
    }),
  );
  const codes: Record<string, number> = {};
  const ways: Record<string, number> = {};
  const problems: Problem[] = [];

  async function answer(random: Random, way: string, method: DescMethod): Promise<Answered | undefined> {
    const tool = tools.get(method);
    if (way === MCP) return tool && callTool(random, tool, method);
    const made = WAYS[way]?.(random, method);
    if (!made) return undefined;
    const request = odd(random, made);
    const shown = `${request.version} ${request.path.slice(0, SHOWN)} ${request.body.toString("latin1")}`;
    try {
      const received = await wire.send(request);
      return { code: codeOf(received), request: shown, answer: received.body.toString() };
    } catch (error) {
      return { code: "no answer", request: shown, answer: String(error) };
    }
  }

  const fingerprint = fingerprintOf(crm, ticket);
  let before = fingerprint();
  let heapBefore = 0;
  for (let done = 0, tries = 0; done < cases; tries++) {
    const random = new Random(seed + Math.imul(tries, 0x9e3779b1));
    const method = random.pick(methods);
    const way = random.pick([...Object.keys(WAYS), MCP, MCP]);
    logged.length = 0;
    const answered = await answer(random, way, method);
    if (!answered) continue;
    const { code } = answered;
    codes[code] = (codes[code] ?? 0) + 1;
    ways[way] = (ways[way] ?? 0) + 1;
    const after = fingerprint();
    const report = (what: string) =>
      problems.push({
        ...{ case: tries, what, way, path: `${method.parent.typeName}/${method.name}` },
        ...{
          request: answered.request.slice(0, SHOWN),
          answer: `${answered.answer.slice(0, SHOWN)} ${logged.join().slice(0, 1_500)}`,
        },
      });
    if (BROKEN.has(code) || code === "no answer") report(code);
    const reads = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
    if (after !== before && (reads || (code !== "ok" && !STEPS.has(method.name)))) report(`${code}, but written`);
    before = after;
    done++;
    if (done === Math.ceil(cases / 5)) heapBefore = heap();
    if (done % 1_000 === 0) progress(done);
  }
  const heapGrowth = heap() - heapBefore;
  const seconds = (performance.now() - begin) / 1_000;
  return { cases, seconds, codes, ways, heapGrowth, problems };
}
