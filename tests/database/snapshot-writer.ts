// A thread that writes the same number to one file after the other, for ever.
import { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";

const databases = (workerData as string[]).map((file) => new DatabaseSync(file, { timeout: 5_000 }));
for (const database of databases) database.exec("PRAGMA synchronous = OFF");
for (let number = 1; ; number++) {
  for (const database of databases) database.exec(`UPDATE entry SET number = ${number}`);
}
