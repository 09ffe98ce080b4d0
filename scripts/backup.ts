// `npm run backup`: all that the desk holds, in one file, while it runs.
import { stat } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { readConfig } from "../runtime/config.ts";
import { fail } from "../runtime/errors.ts";
import { STANDARD_STREAM } from "./backup/archive.ts";
import { writeBackup } from "./backup/write-backup.ts";

const HELP = `npm run backup -- FILE [--force]
Writes all that the desk holds to FILE (such as desk.jsonl.gz; - for standard output), as of one moment. The desk may run
meanwhile.

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
  const say = file === STANDARD_STREAM ? console.error : console.log;
  let total = 0;
  await writeBackup(readConfig(), file, values.force, (table, rows) => {
    total += rows;
    say(`${table.padEnd(24)} ${String(rows).padStart(10)} rows`);
  });
  const size = file === STANDARD_STREAM ? "" : `, ${(await stat(file)).size} bytes`;
  say(`${file}: ${total} rows${size}`);
}

await runCommand(() => main(process.argv.slice(2)));
