// The desk in one process on a PostgreSQL of its own, as durable as PostgreSQL is by default.
import { startPostgres } from "../../tests/support/postgres-server.ts";
import { importInto } from "../lib/dataset.ts";
import type { Run } from "../lib/group.ts";
import { oneProcess, type RunningDesk } from "./desk.ts";

/** Starts it and fills it; undefined where there is no server for this platform. */
export async function postgresDesk({ resources, progress }: Run, tickets: number): Promise<RunningDesk | undefined> {
  const server = await startPostgres({ durable: true }).catch(() => undefined);
  if (server === undefined) return undefined;
  resources.defer(() => server.stop());
  const desk = await oneProcess(resources, { DATABASE_URL: server.url });
  await importInto(desk.support.origin, tickets, progress);
  return desk;
}
