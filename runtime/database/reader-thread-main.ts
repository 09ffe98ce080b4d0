// The thread of `ReaderThread`: a connection of its own that only reads. It loads nothing else, so that it costs little.
import { parentPort, workerData } from "node:worker_threads";
import { SqliteConnection } from "./sqlite-connection.ts";

/** A statement to run, and what to call the answer. */
export interface ReadRequest {
  readonly id: number;
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

/** What became of it. */
export type ReadAnswer =
  | { readonly id: number; readonly rows: readonly unknown[] }
  | { readonly id: number; readonly error: Error; readonly details: object };

const connection = new SqliteConnection(workerData.file, { readOnly: true });
connection.run("PRAGMA temp_store = MEMORY");

parentPort?.on("message", ({ id, sql, bindings }: ReadRequest) => {
  let answer: ReadAnswer;
  try {
    const rows = connection.run(sql, bindings);
    answer = { id, rows: Array.isArray(rows) ? rows : [] };
  } catch (error) {
    // Of an error only the message would arrive.
    answer = { id, error: error as Error, details: { ...(error as object) } };
  }
  parentPort?.postMessage(answer);
});
