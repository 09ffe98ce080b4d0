// Writes that may be sent twice and happen once (AIP-155): the first answer is stored with the write and given again.
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { Database, Dialect, Migration } from "../database/database.ts";
import { writeRows } from "../database/rows.ts";
import { fail } from "../errors.ts";
import type { Log } from "../log.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../time-units.ts";
import { AUTOMATIC_ID, methodName } from "./call.ts";
import { fingerprint } from "./fingerprint.ts";

/** How long a caller may take to repeat a request and get the same answer. */
const KEPT_MS = DAY_MS;
/** An id that was made from what was asked stands for one try and its repeats, not for whoever asks for the same later. */
const AUTOMATIC_KEPT_MS = 10 * MINUTE_MS;

/** Makes the table `request` that `replay` needs; a service that writes puts it in its list of migrations. */
export const requestLogMigration: Migration = {
  name: "request-log",
  async up(trx) {
    await trx.schema.createTable("request", (table) => {
      table.text("principal").notNullable();
      table.text("method").notNullable();
      table.text("request_id").notNullable();
      table.text("request_hash").notNullable();
      table.binary("response");
      table.bigInteger("created_at").notNullable().index();
      table.primary(["principal", "method", "request_id"]);
    });
  },
};

/** The error for a request id that stands for something else already. */
export function requestIdReused(requestId: string): ConnectError {
  return fail(
    Code.AlreadyExists,
    "REQUEST_ID_REUSED",
    `The request_id ${requestId} was used for a different request. Use a new request_id for a new request, and the same one only to repeat the same request.`,
    { request_id: requestId },
  );
}

function answerErased(requestId: string): ConnectError {
  return fail(
    Code.FailedPrecondition,
    "ANSWER_ERASED",
    "This request was done before, and its answer was erased with the customer whom it was about. Nothing was written now. Read what there is, or use a new request_id for a new request.",
    { request_id: requestId },
  );
}

/** A write and who asks for it. */
export interface ReplayedCall<I extends DescMessage, O extends DescMessage> {
  /** Request ids of different principals never meet. */
  readonly principal: string;
  readonly method: DescMethodUnary<I, O>;
  readonly request: MessageShape<I>;
  /** The request's `request_id`; empty means that the caller does not ask for a replay. */
  readonly requestId: string;
  /** Milliseconds UTC. */
  readonly now: number;
}

/** The answer to a write; `replayed` if it is the one that an earlier call got, and nothing was done now. */
export interface Replay<O extends DescMessage> {
  readonly response: MessageShape<O>;
  readonly replayed: boolean;
}

/**
 * Runs `work`, or gives the answer that an earlier call with the same request id got (AIP-155).
 *
 * The answer is stored by `trx`, with the write: both are there or neither. Of two calls at the same moment one waits
 * for the other. An error of `work` must leave the transaction, so that the id stays free for another try.
 *
 * An id that nobody chose (`auto-…`) counts for ten minutes, any other for 24 hours.
 *
 * @throws ConnectError `REQUEST_ID_REUSED` if the earlier call asked for something else; `ANSWER_ERASED` if its answer was erased
 */
export async function replay<I extends DescMessage, O extends DescMessage>(
  trx: Knex.Transaction,
  { principal, method, request, requestId, now }: ReplayedCall<I, O>,
  work: () => Promise<MessageInitShape<O>>,
): Promise<Replay<O>> {
  if (requestId === "") return { response: create(method.output, await work()), replayed: false };
  const key = { principal, method: methodName(method), request_id: requestId };
  const request_hash = fingerprint(method.input, request, ["request_id"]);
  // The insert comes first: on the primary key PostgreSQL lets the second of two callers wait for the first to end.
  const insert = `insert into request (principal, method, request_id, request_hash, response, created_at)
    values (?, ?, ?, ?, null, ?) on conflict (principal, method, request_id) do nothing returning request_id`;
  const inserted = await writeRows(trx, insert, [...Object.values(key), request_hash, now]);
  if (inserted.length > 0) {
    const response = create(method.output, await work());
    const store = "update request set response = ? where principal = ? and method = ? and request_id = ?";
    await writeRows(trx, store, [toBinary(method.output, response), ...Object.values(key)]);
    return { response, replayed: false };
  }
  const first = await trx("request").where(key).first("request_hash", "response", "created_at");
  if (requestId.startsWith(AUTOMATIC_ID) && first.created_at < now - AUTOMATIC_KEPT_MS) {
    await trx("request").where(key).delete();
    return await replay(trx, { principal, method, request, requestId, now }, work);
  }
  if (first.response === null) throw answerErased(requestId);
  if (first.request_hash !== request_hash) throw requestIdReused(requestId);
  return { response: fromBinary(method.output, first.response), replayed: true };
}

/**
 * Forgets the answers that name something, such as `CUS-1001`, and what was asked for; returns how many. A request that is
 * sent again is refused (ANSWER_ERASED) instead of done once more.
 */
export async function eraseAnswers(trx: Knex.Transaction, dialect: Dialect, id: string): Promise<number> {
  const find = dialect === "sqlite" ? "instr(response, ?) > 0" : "position(?::bytea in response) > 0";
  const columns = ["principal", "method", "request_id", "response"];
  const found = await trx("request")
    .whereRaw(find, [Buffer.from(id)])
    .select(columns);
  // CUS-1001 is also the beginning of CUS-10010.
  const exact = new RegExp(`${id}(?![0-9])`);
  const about = found.filter(({ response }) => exact.test(Buffer.from(response).toString("latin1")));
  for (const { response: _, ...key } of about) {
    await trx("request").where(key).update({ response: null, request_hash: "" });
  }
  return about.length;
}

/** Forgets the answers that are older than 24 hours; returns how many. */
export async function pruneRequests(database: Database, now: number): Promise<number> {
  return await database
    .knex("request")
    .where("created_at", "<", now - KEPT_MS)
    .delete();
}

/**
 * Forgets what is old now and every hour, until the returned function is called.
 *
 * @param prune what to forget: the answers to requests if left out
 */
export function pruneHourly(
  database: Database,
  log: Log,
  prune: (database: Database, now: number) => Promise<unknown> = pruneRequests,
): () => void {
  const tick = () => {
    prune(database, Date.now()).catch((error) =>
      log("cannot forget what is old; trying again in an hour", { error }, "warn"),
    );
  };
  tick();
  const timer = setInterval(tick, HOUR_MS);
  timer.unref();
  return () => clearInterval(timer);
}
