// `npm run restore`: a new desk from a backup.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { restoreBackup } from "./backup/restore-backup.ts";

const HELP = `npm run restore -- FILE
Fills a new desk with a backup that npm run backup wrote (- for standard input). All of it is restored, or nothing; nothing is overwritten.

  -h, --help  this text

Writes to DATA_DIR (${readConfig({}).DATA_DIR} if not set), or to DATABASE_URL; there may be no desk in it yet. A backup of
SQLite can be restored to PostgreSQL, and the other way round. See docs/backup.md.`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw fail(Code.InvalidArgument, "USAGE_WRONG", "Name one file to read.\nSee npm run restore -- --help.");
  }
  const config = readConfig();
  let total = 0;
  await restoreBackup(config, file, (table, rows) => {
    total += rows;
    console.log(`${table.padEnd(24)} ${String(rows).padStart(10)} rows`);
  });
  console.log(`${config.DATABASE_URL ? "The database at DATABASE_URL" : config.DATA_DIR} holds ${total} rows now.`);
}

await runCommand(() => main(process.argv.slice(2)));
