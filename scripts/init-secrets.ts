// `npm run init-secrets`: makes the secrets that a desk of several containers shares, once.
import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../runtime/command.ts";
import { fail } from "../runtime/errors.ts";
import { newApiKey } from "../runtime/identity/api-key.ts";
import { newServiceSecret } from "../services/access.ts";

const HELP = `npm run init-secrets -- DIRECTORY [--database postgres://user@host/database]
Makes the secrets that are not there yet, a file each, readable by this user alone. What is there stays as it is.

  mcp-api-key         the API key for clients (MCP_API_KEY_FILE)
  service-secret      by which the processes of the desk prove themselves to each other (SERVICE_SECRET_FILE)
  postgres-password   of the database (POSTGRES_PASSWORD_FILE of PostgreSQL's image)
  database-url        the URL given with --database, with that password in it (DATABASE_URL_FILE)
  -h, --help          this text`;

const BY_OWNER = 0o400;
/** PostgreSQL's container reads as a user of its own. */
const BY_ALL = 0o444;

/** Whether the file was made now. It is never there half written, and never written over. */
async function writeOnce(path: string, content: string, mode: number): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, content, { mode, flush: true });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft);
  }
}

function databaseUrl(text: string, password: string): string {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol) || url.username === "") {
    throw fail(
      Code.InvalidArgument,
      "USAGE_WRONG",
      `--database ${text} is no URL such as postgres://user@host/database.`,
    );
  }
  url.password = password;
  return url.href;
}

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { database: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) return console.log(HELP);
  const [directory, ...others] = positionals;
  if (directory === undefined || others.length > 0) {
    throw fail(
      Code.InvalidArgument,
      "USAGE_WRONG",
      "Name one directory to write to.\nSee npm run init-secrets -- --help.",
    );
  }
  await mkdir(directory, { recursive: true });
  const make = async (name: string, content: string, mode = BY_OWNER) => {
    const made = await writeOnce(join(directory, name), `${content}\n`, mode);
    console.log(`${name.padEnd(20)} ${made ? "made" : "there already, left alone"}`);
  };
  await make("mcp-api-key", newApiKey());
  await make("service-secret", newServiceSecret());
  if (values.database === undefined) return;
  await make("postgres-password", randomBytes(24).toString("base64url"), BY_ALL);
  const password = (await readFile(join(directory, "postgres-password"), "utf8")).trim();
  await make("database-url", databaseUrl(values.database, password));
}

await runCommand(() => main(process.argv.slice(2)));
