// How quickly tickets come in, by the way of `npm run import`: into an empty desk, and into a full one.
import type { ImportRow } from "#gen/deskwire/ticket/v1/import_pb.js";
import { BATCH_ROWS, RemoteDesk } from "../../scripts/import/desk.ts";
import { ticketRow } from "../lib/ticket-row.ts";
import { type ScaleDesk, timed } from "./desk.ts";
import type { Finding } from "./finding.ts";

/** Made before the clock starts: what is measured is the desk. */
const rowsFrom = (first: number): ImportRow[] =>
  Array.from({ length: BATCH_ROWS }, (_, index) => ticketRow(first + index));

async function importBatch(desk: ScaleDesk, rows: readonly ImportRow[]): Promise<void> {
  const remote = new RemoteDesk(desk.url.origin, new AbortController().signal, () => {});
  const { refused } = await remote.take(rows);
  if (refused.length > 0) throw new Error(`${desk.name}: ${refused[0]?.message}`);
}

/**
 * While one desk imports the others stand still: they would read the texts of what they took, which a desk leaves for later while it
 * takes more.
 */
async function alone(desk: ScaleDesk, desks: readonly ScaleDesk[], work: () => Promise<void>): Promise<void> {
  const others = desks.filter((other) => other !== desk);
  for (const { pid } of others) process.kill(pid, "SIGSTOP");
  try {
    await work();
  } finally {
    for (const { pid } of others) process.kill(pid, "SIGCONT");
  }
}

/** Imports into both desks in turns. */
export async function measureImport(
  desks: readonly ScaleDesk[],
  batches: number,
  progress: (what: string) => void,
): Promise<Finding[]> {
  const spent = desks.map(() => 0);
  for (let batch = 0; batch <= batches; batch++) {
    for (const [at, desk] of desks.entries()) {
      progress(`import: ${batch} of ${batches} batches, ${desk.name} tickets`);
      const rows = rowsFrom(batch * BATCH_ROWS);
      await alone(desk, desks, async () => {
        const ms = await timed(() => importBatch(desk, rows));
        // The first is not counted: it adds the customers, and compiles.
        if (batch > 0) spent[at] = (spent[at] ?? 0) + ms;
      });
    }
  }
  return desks.map(({ name }, at) => ({
    group: "import",
    name: `into a desk of ${name} tickets`,
    value: (batches * BATCH_ROWS * 1_000) / (spent[at] ?? 1),
    unit: "tickets/s",
    goal: { at: "least", value: 10_000 },
  }));
}
