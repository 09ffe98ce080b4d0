// Runs as they are kept: written after every step, so that a request that is sent again goes on where it broke off and no
// restart loses what waits for a person.
import { randomUUID } from "node:crypto";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { Database } from "../../runtime/database/database.ts";
import { fail, failForNow } from "../../runtime/errors.ts";
import { DAY_MS, MINUTE_MS } from "../../runtime/time-units.ts";
import type { Answer } from "../answer.ts";
import type { Run } from "../run.ts";
import type { RequestIdentity } from "./identity.ts";

/** At work; broken off, to be taken up again; waiting for a person; done. */
type Status = "working" | "broken" | "waiting" | "done";

interface Row {
  readonly id: string;
  readonly request_hash: string;
  readonly status: Status;
  readonly run: string;
  readonly answer: string | null;
  readonly delivered: boolean | 0 | 1;
  readonly lease_until: number;
  readonly update_time: number;
}

/** What a request comes to: a run to work on, or the answer that it had before. */
export type Begun =
  | { readonly id: string; readonly run: Run; readonly answer?: undefined }
  | { readonly id: string; readonly run?: undefined; readonly answer: Answer };

/** How long a process that says nothing counts as alive, in milliseconds. */
export const LEASE_MS = 15_000;
/** How long a request without a key of its own is taken for the one before it, of the same content, that had no answer. */
const UNNAMED_MS = 10 * MINUTE_MS;
const KEPT_MS = DAY_MS;
const WAITING_KEPT_MS = 14 * DAY_MS;

const ERASED_RUNS = { name: "erased_runs" };

/** The runs of a desk. */
export class RunStore {
  readonly #database: Database;
  readonly #now: () => number;
  /** This process, among those that share the database. */
  readonly #worker = randomUUID();

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * Takes a request in.
   *
   * A client's key stands for one request: while that is at work a repetition is refused for now, after that it gets the
   * same answer, and where it broke off it goes on. Without a key the same holds of a request of the same content whose
   * answer did not arrive; one whose answer did is asked anew.
   *
   * @throws ConnectError `RUN_UNDER_WAY` (409), `IDEMPOTENCY_KEY_REUSED` (409) for a key that stood for something else
   */
  async begin(principal: string, identity: RequestIdentity, run: Run): Promise<Begun> {
    return this.#database.transaction(async (trx) => {
      const inserted = await this.#insert(trx, principal, identity, run);
      if (inserted) return { id: run.id, run };
      const row: Row = await trx("run").where({ principal, identity: identity.name }).forUpdate().first();
      if (row.request_hash !== identity.hash) throw keyReused();
      const known = await this.#takeUp(trx, row, identity);
      if (known) return known;
      // The one before is over, and keeps nothing of the name but what an approval may still lead to.
      await trx("run")
        .where({ id: row.id })
        .update({ identity: `past:${row.id}` });
      await this.#insert(trx, principal, identity, run);
      return { id: run.id, run };
    });
  }

  async #insert(trx: Knex.Transaction, principal: string, { name, hash }: RequestIdentity, run: Run): Promise<boolean> {
    const now = this.#now();
    const rows = await trx("run")
      .insert({
        ...{ id: run.id, principal, identity: name, request_hash: hash, status: "working", run: JSON.stringify(run) },
        ...{ answer: null, delivered: false, worker: this.#worker, lease_until: now + LEASE_MS, update_time: now },
      })
      .onConflict(["principal", "identity"])
      .ignore()
      .returning("id");
    return rows.length > 0;
  }

  /** What a repeated request comes to; undefined where it is a new one after all. */
  async #takeUp(trx: Knex.Transaction, row: Row, { explicit, again }: RequestIdentity): Promise<Begun | undefined> {
    const now = this.#now();
    if (row.status === "working" && row.lease_until > now) throw underWay();
    const fresh = explicit || now - row.update_time < UNNAMED_MS;
    if (!fresh) return undefined;
    if (row.answer !== null) {
      return explicit || again || !row.delivered ? { id: row.id, answer: JSON.parse(row.answer) } : undefined;
    }
    await this.#claim(trx, row.id);
    return { id: row.id, run: JSON.parse(row.run) };
  }

  async #claim(trx: Knex.Transaction, id: string): Promise<void> {
    const now = this.#now();
    await trx("run")
      .where({ id })
      .update({ status: "working", worker: this.#worker, lease_until: now + LEASE_MS, update_time: now });
  }

  /**
   * Stores a run as it is now.
   *
   * @throws ConnectError `RUN_TAKEN_OVER` where another process has it, because this one was silent for too long
   */
  async save(run: Run): Promise<void> {
    await this.#update(run.id, { run: JSON.stringify(run) });
  }

  /** Stores what a run came to. What its approvals lead to is found by their identifiers from now on. */
  async finish(run: Run, answer: Answer, status: "waiting" | "done"): Promise<void> {
    const stored = { run: JSON.stringify(run), answer: JSON.stringify(answer), status, delivered: false };
    await this.#database.transaction(async (trx) => {
      await this.#update(run.id, stored, trx);
      if (run.approvals.length === 0) return;
      const rows = run.approvals.map(({ id }) => ({ approval_id: id, run_id: run.id }));
      await trx("run_approval").insert(rows).onConflict("approval_id").ignore();
    });
  }

  /** Lets go of a run that did not come to its end; whoever asks again goes on with it. */
  async breakOff(id: string): Promise<void> {
    await this.#database
      .knex("run")
      .where({ id, worker: this.#worker, status: "working" })
      .update({ status: "broken" });
  }

  /** Says that an answer has left for its client as a whole. */
  async delivered(id: string): Promise<void> {
    await this.#database.knex("run").where({ id }).update({ delivered: true });
  }

  /** Says that this process is still at work on a run. */
  async renew(id: string): Promise<void> {
    await this.#update(id, {});
  }

  async #update(id: string, changes: object, trx: Knex = this.#database.knex): Promise<void> {
    const now = this.#now();
    const mine = { id, worker: this.#worker };
    const count = await trx("run")
      .where(mine)
      .update({ ...changes, lease_until: now + LEASE_MS, update_time: now });
    if (count === 0) {
      throw fail(
        Code.Aborted,
        "RUN_TAKEN_OVER",
        "Another process of the desk goes on with this run. Ask again in a moment.",
      );
    }
  }

  /** Whether a run has not heard yet of the decision on an approval. */
  async isAwaited(approvalId: string): Promise<boolean> {
    const row = await this.#database
      .knex("run")
      .join("run_approval", "run_approval.run_id", "run.id")
      .where({ approval_id: approvalId })
      .whereNot({ status: "done" })
      .first("run.id");
    return row !== undefined;
  }

  /** The run that waits for an approval, claimed for this process; undefined where none does. */
  async claimByApproval(approvalId: string): Promise<Run | undefined> {
    return this.#database.transaction(async (trx) => {
      const row = await trx("run")
        .join("run_approval", "run_approval.run_id", "run.id")
        .where({ approval_id: approvalId })
        .forUpdate("run")
        .first<Row | undefined>("run.*");
      if (row === undefined || row.status === "done") return undefined;
      if (row.status === "working" && row.lease_until > this.#now()) throw underWay();
      await this.#claim(trx, row.id);
      return JSON.parse(row.run);
    });
  }

  /** Lets the runs of a process that is gone be taken up at once. Only for a database that no other process can have open. */
  async releaseAll(): Promise<void> {
    await this.#database.knex("run").where({ status: "working" }).update({ status: "broken" });
  }

  /** The position in the log of events up to which `eraseAbout` has done its work. */
  async erasedUpTo(): Promise<number> {
    return (await this.#database.knex("cursor").where(ERASED_RUNS).first("position")).position;
  }

  /**
   * Forgets the runs that name one of these, such as `TKT-1001`, because of an event of the log; returns how many. One that
   * is at work ends with its next step.
   */
  async eraseAbout(ids: readonly string[], position: number): Promise<number> {
    const named = new RegExp(`(?:${ids.join("|")})(?![0-9])`, "i");
    const count = await this.#database.transaction(async (trx) => {
      const cursor = await trx("cursor").where(ERASED_RUNS).forUpdate().first("position");
      if (position <= cursor.position) return 0;
      const naming = (query: Knex.QueryBuilder) => {
        for (const id of ids) query.orWhereILike("run", `%${id}%`);
      };
      const rows: Pick<Row, "id" | "run">[] = await trx("run").where(naming).select("id", "run");
      const about = rows.filter(({ run }) => named.test(run)).map(({ id }) => id);
      await trx("run").whereIn("id", about).delete();
      await trx("cursor").where(ERASED_RUNS).update({ position });
      return about.length;
    });
    if (count > 0) await this.#database.scrub();
    return count;
  }

  /** Forgets runs that nobody asks for any more; returns how many. */
  async prune(): Promise<number> {
    const now = this.#now();
    const { knex } = this.#database;
    const done = await knex("run")
      .whereNot({ status: "waiting" })
      .where("update_time", "<", now - KEPT_MS)
      .delete();
    const waiting = await knex("run")
      .where("update_time", "<", now - WAITING_KEPT_MS)
      .delete();
    return done + waiting;
  }
}

function underWay() {
  const message = "This very request is being worked on. Its answer can be had by sending it again in a moment.";
  return failForNow(Code.Aborted, "RUN_UNDER_WAY", message, 2_000);
}

function keyReused() {
  const message =
    "This Idempotency-Key was used for another request. Use a new key for a new request, and the same one only to repeat the same.";
  return fail(Code.AlreadyExists, "IDEMPOTENCY_KEY_REUSED", message);
}
