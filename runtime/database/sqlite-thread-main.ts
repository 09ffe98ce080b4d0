// The thread of `SqliteThread`: a connection of its own. It loads nothing else, so that it costs little.
import { parentPort, workerData } from "node:worker_threads";
import type { RowsOfTable } from "./late-rows.ts";
import { type Changes, type Rows, SqliteConnection } from "./sqlite-connection.ts";

/** A statement to run or rows to insert, and what to call the answer. */
export type ThreadRequest = { readonly id: number } & (
  | { readonly sql: string; readonly bindings: readonly unknown[] }
  | { readonly rows: RowsOfTable }
);

/** What became of it. */
export type ThreadAnswer =
  | { readonly id: number; readonly result: Rows | Changes | undefined }
  | { readonly id: number; readonly error: Error; readonly details: object };

const connection = new SqliteConnection(workerData.file, { ...workerData.options, mayWait: true });

function resultOf(request: ThreadRequest): Rows | Changes | undefined {
  if ("sql" in request) return connection.run(request.sql, request.bindings);
  connection.insert(request.rows);
  return undefined;
}

parentPort?.on("message", (request: ThreadRequest) => {
  const { id } = request;
  let answer: ThreadAnswer;
  try {
    answer = { id, result: resultOf(request) };
  } catch (error) {
    // Of an error only the message would arrive.
    answer = { id, error: error as Error, details: { ...(error as object) } };
  }
  parentPort?.postMessage(answer);
});
