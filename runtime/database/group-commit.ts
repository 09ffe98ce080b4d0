// Group commit: writes that come at the same time share one transaction, and with it one flush to the disk.
import { setImmediate as turn } from "node:timers/promises";
import type { Knex } from "knex";
import { isTracing, sameTrace } from "../telemetry/tracing.ts";
import type { DirectClient } from "./direct-runner.ts";
import { databaseBusy } from "./errors.ts";

/** Bounds on what is gathered. */
export interface GroupLimits {
  /** Works that one commit may acknowledge, so that the first of them does not wait long for the last. */
  readonly maxGroup: number;
  /** Works that may wait; one more is refused. */
  readonly maxWaiting: number;
  /** How long one work may hold the connection, in milliseconds. */
  readonly workTimeoutMs: number;
}

const LIMITS: GroupLimits = { maxGroup: 64, maxWaiting: 1_000, workTimeoutMs: 15_000 };

type Work<T> = (trx: Knex.Transaction) => Promise<T>;

interface Job {
  readonly work: Work<unknown>;
  /** Does something in the trace of whoever asked for the work. */
  readonly asAsked: <T>(work: () => T) => T;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A work held the connection for too long, and may still be at it. */
class TookTooLong extends Error {
  constructor(timeoutMs: number) {
    super(`A transaction was rolled back because it took longer than ${timeoutMs} ms.`);
  }
}

/** Gives up works that take too long, each with its own time; one timer for all of a group, which would take longer to set. */
class Patience {
  readonly #timer: NodeJS.Timeout;
  #giveUp: ((error: TookTooLong) => void) | undefined;

  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => this.#giveUp?.(new TookTooLong(timeoutMs)), timeoutMs);
  }

  /** Settles as the work does, or rejects when its time is over. */
  with<T>(work: Work<T>, trx: Knex.Transaction): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#giveUp = reject;
      this.#timer.refresh();
      work(trx).then(resolve, reject);
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Runs the transactions of a database that has one connection.
 *
 * Those that wait run one after the other in one transaction, each in its own savepoint: one that throws is rolled back
 * alone. None is answered, not even with its error, before the one COMMIT, because what it saw of its neighbours is true
 * only then; if that fails, all of the group fail with it.
 */
export class GroupCommit {
  readonly #knex: Knex;
  readonly #limits: GroupLimits;
  readonly #waiting: Job[] = [];
  #running = false;

  constructor(knex: Knex, limits: Partial<GroupLimits> = {}) {
    this.#knex = knex;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** How many works wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Runs `work` and resolves once what it wrote is on the disk.
   *
   * @throws ConnectError `resource_exhausted` (DATABASE_BUSY) when too many wait
   */
  async run<T>(work: Work<T>): Promise<T> {
    if (this.#waiting.length >= this.#limits.maxWaiting) throw databaseBusy();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const asAsked = sameTrace();
    // Awaited there: a query of knex is made when it is waited for.
    const inTrace: Work<T> = isTracing() ? (trx) => asAsked(async () => await work(trx)) : work;
    this.#waiting.push({ work: inTrace, asAsked, resolve, reject });
    if (!this.#running) void this.#commitAll();
    return (await promise) as T;
  }

  async #commitAll(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#limits.maxGroup);
      const patience = new Patience(this.#limits.workTimeoutMs);
      try {
        // The commit of all belongs to the trace of the first.
        const commit = () => this.#commit(group, patience);
        for (const answer of await (group[0]?.asAsked(commit) ?? [])) answer();
      } catch (error) {
        for (const { reject } of group) reject(error);
      } finally {
        patience.end();
      }
      // SQLite answers at once, so without this, writers who keep at it would leave no turn to sockets and timers.
      await turn();
    }
    this.#running = false;
  }

  /**
   * Runs a group; resolves after the commit, with what then is to be told to each.
   *
   * All of a group are handed one and the same transaction: one a work would cost more than most works. So when a work takes
   * too long and is given up, the transaction ends, lest the work write among those that follow; the others run again.
   */
  async #commit(group: readonly Job[], patience: Patience): Promise<(() => void)[]> {
    const [only, ...others] = group;
    if (only && others.length === 0) {
      const value = await this.#knex.transaction((trx) => patience.with(only.work, trx));
      return [() => only.resolve(value)];
    }
    let late: Job | undefined;
    const answers: (() => void)[] = [];
    try {
      await this.#knex.transaction(async (trx) => {
        for (const job of group) {
          try {
            const value = await inSavepoint(trx, () => patience.with(job.work, trx));
            answers.push(() => job.resolve(value));
          } catch (error) {
            answers.push(() => job.reject(error));
            if (!(error instanceof TookTooLong)) continue;
            late = job;
            throw error;
          }
        }
      });
      return answers;
    } catch (error) {
      if (late === undefined) throw error;
      this.#waiting.unshift(...group.filter((job) => job !== late));
      return answers.slice(-1);
    }
  }
}

/** Runs a work in a savepoint, without a knex of its own, which would take longer to make than most works to run. */
async function inSavepoint<T>(trx: Knex.Transaction, work: () => Promise<T>): Promise<T> {
  const { direct } = trx.client as DirectClient;
  if (direct === undefined) throw new TypeError("group commit is for a database that answers at once");
  const { connection } = direct;
  connection.run("SAVEPOINT work");
  try {
    const value = await work();
    connection.run("RELEASE work");
    return value;
  } catch (error) {
    connection.run("ROLLBACK TO work");
    connection.run("RELEASE work");
    throw error;
  }
}
