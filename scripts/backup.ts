// `npm run backup`: all that the desk holds, in one file, while it runs.
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { writeBackup } from "./backup/write-backup.ts";

const HELP = `npm run backup -- FILE [--force]
Writes all that the desk holds to FILE (such as desk.jsonl.gz), as of one moment. The desk may run meanwhile.

  --force     overwrite FILE if it exists
  -h, --help  this text

Reads the data at DATA_DIR (${readConfig({}).DATA_DIR} if not set), or at DATABASE_URL. See docs/backup.md.`;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { force: { type: "boolean", default: false }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw fail(Code.InvalidArgument, "USAGE_WRONG", "Name one file to write.\nSee npm run backup -- --help.");
  }
  let total = 0;
  await writeBackup(readConfig(), file, values.force, (table, rows) => {
    total += rows;
    console.log(`${table.padEnd(24)} ${String(rows).padStart(10)} rows`);
  });
  console.log(`${file}: ${total} rows, ${(await stat(file)).size} bytes`);
}

await runCommand(() => main(process.argv.slice(2)));
