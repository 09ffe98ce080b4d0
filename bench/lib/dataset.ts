// Desks full of tickets: made once by an import, kept, and copied for each run.
import { cp, mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ImportRow } from "#gen/deskwire/ticket/v1/import_pb.js";
import { RemoteDesk } from "../../scripts/import/desk.ts";
import { PROJECTION_VERSION } from "../../services/analytics/metrics/project.ts";
import { DATABASES } from "../../services/databases.ts";
import { DeskProcess } from "../../tests/support/processes.ts";
import { ticketRow } from "./ticket-row.ts";

const KEPT = new URL("../.data/", import.meta.url).pathname;
const BATCH = 1_000;
const LOOK_MS = 500;

/** Names a data set by what its content depends on. */
function nameOf(tickets: number): string {
  const migrations = Object.values(DATABASES).reduce((sum, { length }) => sum + length, 0);
  return `tickets-${tickets}-schema-${migrations}-facts-${PROJECTION_VERSION}`;
}

/** Waits until a desk has nothing left to do by itself: texts to read, events to count. That is no call's time. */
export async function untilIdle(url: string, progress: (what: string) => void): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(new URL("/metrics", url))).text();
    const value = (name: string): number => {
      const found = new RegExp(`^${name}(?:{.*})? (\\d+)$`, "m").exec(metrics)?.[1];
      if (found === undefined) throw new Error(`the desk does not say ${name}`);
      return Number(found);
    };
    const unread = value("deskwire_unread_tickets");
    const counted = value('deskwire_event_log_reader_position{reader="metrics"}');
    const behind = value("deskwire_event_log_position") - counted;
    if (unread === 0 && behind === 0) return;
    progress(`the desk reads what was imported: ${unread} texts and ${behind} events left`);
    await delay(LOOK_MS);
  }
}

/** Sends so many tickets to a running desk, and waits until it has read them. */
async function importInto(url: string, tickets: number, progress: (what: string) => void): Promise<void> {
  const desk = new RemoteDesk(url, new AbortController().signal, progress);
  for (let first = 0; first < tickets; first += BATCH) {
    const rows: ImportRow[] = Array.from({ length: Math.min(BATCH, tickets - first) }, (_, i) => ticketRow(first + i));
    const { refused } = await desk.take(rows);
    if (refused.length > 0) throw new Error("the desk refused rows of the data set");
    progress(`importing: ${first + rows.length} of ${tickets} tickets`);
  }
  await untilIdle(url, progress);
}

/** The folder of a data set, made if it is not there yet. It is for reading; runs work on copies. */
export async function dataset(tickets: number, progress: (what: string) => void): Promise<string> {
  const kept = join(KEPT, nameOf(tickets));
  if ((await stat(kept).catch(() => undefined)) !== undefined) return kept;
  await mkdir(KEPT, { recursive: true });
  const folder = await mkdtemp(join(KEPT, "new-"));
  const desk = await DeskProcess.start(["--no-demo"], { DATA_DIR: folder });
  await importInto(desk.url, tickets, progress);
  await desk.stop();
  await rename(folder, kept);
  return kept;
}

/** A copy of a data set in a folder of its own. */
export async function copyOf(resources: AsyncDisposableStack, kept: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-bench-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  await cp(kept, folder, { recursive: true });
  return folder;
}
