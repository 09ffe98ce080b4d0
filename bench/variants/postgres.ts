// The desk in one process on a PostgreSQL of its own, as durable as PostgreSQL is by default.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../../tests/support/postgres-server.ts";
import { ROOT, run } from "../../tests/support/processes.ts";
import { untilIdle } from "../lib/dataset.ts";
import type { Run } from "../lib/group.ts";
import { oneProcess, type RunningDesk } from "./desk.ts";

/** A whole desk, from which each run has a copy. */
const WHOLE = "whole";
const COPY = "copy";

/** Moves a desk from SQLite to PostgreSQL, as anybody would. */
async function move(from: string, to: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-bench-"));
  const script = (name: string, environment: Record<string, string>) =>
    run(process.execPath, [`scripts/${name}.ts`, join(folder, "desk.jsonl.gz")], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
    });
  await script("backup", { DATA_DIR: from });
  await script("restore", { DATABASE_URL: to });
  await rm(folder, { recursive: true });
}

/**
 * Starts it with the desk that lies in the folder `kept`, which is moved there once; undefined where no server can be started, with
 * a word.
 */
export async function postgresDesk({ resources, progress, skip }: Run, kept: string): Promise<RunningDesk | undefined> {
  const server = await startPostgres({ durable: true, keptIn: `${kept}-postgres` }).catch((error) => {
    skip("PostgreSQL", error.message);
    return undefined;
  });
  if (server === undefined) return undefined;
  resources.defer(() => server.stop());
  const client = new pg.Client(server.url);
  await client.connect();
  resources.defer(() => client.end());
  const urlOf = (database: string) => Object.assign(new URL(server.url), { pathname: database }).href;
  const { rowCount: there } = await client.query("select 1 from pg_database where datname = $1", [WHOLE]);
  await client.query(`drop database if exists ${COPY}`);
  if (!there) {
    progress("moving the data set to PostgreSQL");
    await client.query(`create database ${COPY}`);
    await move(kept, urlOf(COPY));
    await client.query(`alter database ${COPY} rename to ${WHOLE}`);
  }
  await client.query(`create database ${COPY} template ${WHOLE} strategy file_copy`);
  const desk = await oneProcess(resources, { DATABASE_URL: urlOf(COPY) });
  await untilIdle(desk.support.origin, progress);
  return desk;
}
