// Copies of an earlier version that are at work on a PostgreSQL database when it is to be migrated.
import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { fail } from "../errors.ts";

/** A copy that was told to stop has ended by then, unless calls of its own still run. */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 100;

/** Connections by the name of the same service. Those that wait for the lock of the migrations have not begun to work. */
const OTHERS = `SELECT count(*)::int AS others FROM pg_stat_activity
  WHERE application_name = current_setting('application_name') AND datname = current_database() AND pid <> pg_backend_pid()
    AND wait_event IS DISTINCT FROM 'advisory'`;

/**
 * Waits a moment for other copies of the service to end; within the transaction of the migrations, whose lock keeps new ones out.
 *
 * @throws ConnectError `DATABASE_IN_USE` where one stays
 */
export async function untilAlone(trx: Knex.Transaction, schema: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (true) {
    // Within a transaction PostgreSQL would tell what it told before.
    await trx.raw("SELECT pg_stat_clear_snapshot()");
    const { rows } = await trx.raw(OTHERS);
    if (rows[0].others === 0) return;
    if (performance.now() > end) {
      throw fail(
        Code.FailedPrecondition,
        "DATABASE_IN_USE",
        `Copies of an earlier version work on the schema ${schema}, and would write rows that are wrong by the new one. Stop them all, then start this version; ${schema} is as it was.`,
        { schema, connections: String(rows[0].others) },
      );
    }
    await delay(LOOK_AGAIN_MS);
  }
}
