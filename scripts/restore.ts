// `npm run restore`: a new desk from a backup.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { eraseAgain } from "./backup/erase-again.ts";
import { restoreBackup } from "./backup/restore-backup.ts";
import { readErasedList } from "./customer/erased-list.ts";

const HELP = `npm run restore -- FILE [--erased LIST]
Fills a new desk with a backup that npm run backup wrote (- for standard input). All of it is restored, or nothing; nothing is overwritten.

  --erased LIST  erases those again who were erased since the backup was taken, before the desk is used:
                 the list that npm run customer -- erased printed last
  -h, --help     this text

Writes to DATA_DIR (${readConfig({}).DATA_DIR} if not set), or to DATABASE_URL; there may be no desk in it yet. A backup of
SQLite can be restored to PostgreSQL, and the other way round. See docs/backup.md.`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { erased: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw fail(Code.InvalidArgument, "USAGE_WRONG", "Name one file to read.\nSee npm run restore -- --help.");
  }
  const config = readConfig();
  // Read first: a list that cannot be read must not be found out about when everybody is back already.
  const erased = values.erased === undefined ? undefined : await readErasedList(values.erased);
  let total = 0;
  await restoreBackup(config, file, (table, rows) => {
    total += rows;
    console.log(`${table.padEnd(24)} ${String(rows).padStart(10)} rows`);
  });
  console.log(`${config.DATABASE_URL ? "The database at DATABASE_URL" : config.DATA_DIR} holds ${total} rows now.`);
  if (!erased) {
    return console.log("Customers who were erased since this backup was taken are in it again: see docs/backup.md.");
  }
  const count = await eraseAgain(config, erased).catch((error) => {
    console.error(
      "Not all who were erased are erased again. Do not use this desk: move it away, and restore once more.",
    );
    throw error;
  });
  console.log(`Erased again: ${count} of ${erased.length} customers on the list.`);
}

await runCommand(() => main(process.argv.slice(2)));
