// What `npm run keys` does.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { type Config, readConfig } from "../../runtime/config.ts";
import { fail } from "../../runtime/errors.ts";
import { isLive, type KeyRow, KeyStore } from "../../runtime/identity/key-store.ts";
import { parseRate } from "../../runtime/identity/rate.ts";
import { requiredScope, SCOPES } from "../../runtime/identity/scopes.ts";
import { accessLocation, newServiceSecret } from "../../services/access.ts";
import { parseDuration } from "./durations.ts";

const HELP = `npm run keys -- COMMAND
API keys of the desk at DATA_DIR (${readConfig({}).DATA_DIR} if not set) or DATABASE_URL. The desk may run meanwhile: a new key opens, and a revoked
one is refused, within three seconds.

  create NAME --scopes a,b   make a key; it is printed once, on standard output, and stored nowhere
      --expires 90d          how long it opens: 90d (if left out), 12h, 30m, or never
      --rate 60/min          its own rate limit, in place of RATE_LIMIT
  list                       all keys: name, beginning, scopes, and when each expires and was used last
  rotate NAME                make another key of that name, with its scopes
      --overlap 24h          how long the one before still opens (24h if left out)
      --expires 90d          as for create
  revoke NAME                take away what the keys of that name open, for good
  delete NAME                forget keys that open nothing any more
  show-scopes                the scopes there are, and the calls that each opens
  secret                     print a new SERVICE_SECRET; nothing is stored
  -h, --help                 this text

The first key closes the desk on loopback too: from then on every caller needs a key, or a token of MCP_ISSUER.
\`npm run -s keys\` prints nothing else, for KEY=$(npm run -s keys -- create ci --scopes tickets:read).`;

/** Where a command writes: the key, or what was asked for, apart from words about it. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;
const USUAL_EXPIRY = "90d";
const USUAL_OVERLAP = "24h";

const wrong = (message: string) => fail(Code.InvalidArgument, "USAGE_WRONG", `${message}\nSee npm run keys -- --help.`);

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      scopes: { type: "string" },
      expires: { type: "string" },
      rate: { type: "string" },
      overlap: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
}

type Options = ReturnType<typeof parse>["values"];
type Command = (store: KeyStore, name: string, options: Options, output: Output, config: Config) => Promise<void>;

function parseScopes(text: string | undefined): string[] {
  const scopes = (text ?? "").split(/[\s,]+/).filter(Boolean);
  const known = `There are: ${Object.keys(SCOPES).join(", ")}.`;
  if (scopes.length === 0) throw wrong(`Say what the key opens: --scopes tickets:read,tickets:reply. ${known}`);
  const unknown = scopes.find((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown !== undefined) throw wrong(`There is no scope ${unknown}. ${known}`);
  return [...new Set(scopes)];
}

function expiry(text = USUAL_EXPIRY): number | undefined {
  return text === "never" ? undefined : Date.now() + parseDuration(text, "--expires");
}

/** The key alone goes to standard output, so that a script can take it. */
function hand({ out, err }: Output, key: string, words: string): void {
  err(`${words} This is the only time it is shown:`);
  out(key);
}

const day = (time: number | null, none: string) =>
  time === null ? none : `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}Z`;

function stateOf(row: KeyRow): string {
  if (row.revoke_time !== null) return `revoked ${day(row.revoke_time, "")}`;
  return isLive(row, Date.now()) ? `expires ${day(row.expire_time, "never")}` : `expired ${day(row.expire_time, "")}`;
}

const COMMANDS: Readonly<Record<string, { readonly named: boolean; readonly run: Command }>> = {
  create: {
    named: true,
    async run(store, name, { scopes, expires, rate }, output, { MCP_API_KEY, MCP_ISSUER }) {
      if (!NAME.test(name))
        throw wrong(`${name} is no name for a key: up to 63 letters, digits, dots, dashes and underscores.`);
      if (rate !== undefined && !parseRate(rate))
        throw wrong(`--rate ${rate} is not allowed. Write 10/s, 60/min or 1000/h.`);
      const key = { name, scopes: parseScopes(scopes), expireTime: expiry(expires), rateLimit: rate };
      const wasOpen = !MCP_API_KEY && !MCP_ISSUER && (await store.list()).length === 0;
      hand(
        output,
        await store.create(key),
        `The key ${name} opens ${key.scopes.join(", ")}${key.expireTime ? ` until ${day(key.expireTime, "")}` : ""}.`,
      );
      if (wasOpen)
        output.err("It is the first one: from now on every caller of the desk needs a key, on this machine too.");
    },
  },
  rotate: {
    named: true,
    async run(store, name, { overlap = USUAL_OVERLAP, expires }, output) {
      const key = await store.rotate(name, parseDuration(overlap, "--overlap"), expiry(expires));
      hand(output, key, `The key ${name} has a successor; the one before opens for ${overlap} more.`);
    },
  },
  revoke: {
    named: true,
    async run(store, name, _, { err }) {
      await store.revoke(name);
      err(`The key ${name} is revoked: a running desk refuses it within three seconds.`);
    },
  },
  delete: {
    named: true,
    async run(store, name, _, { err }) {
      await store.remove(name);
      err(`The key ${name} is forgotten. What it did is in the log, as key:${name}.`);
    },
  },
  list: {
    named: false,
    async run(store, _name, _, { out, err }) {
      const rows = await store.list();
      if (rows.length === 0) err("There are no keys. Make one with npm run keys -- create NAME --scopes …");
      for (const row of rows) {
        const { name, hint, scopes, rate_limit: rate } = row;
        const details = [stateOf(row), `last used ${day(row.last_use_time, "never")}`, rate && `at most ${rate}`];
        out(`${name}  ${hint}…  ${scopes}\n    ${details.filter(Boolean).join(", ")}`);
      }
    },
  },
};

async function showScopes({ out }: Output): Promise<void> {
  // Everything that the desk is made of, which no other command needs.
  const { loadDescriptors } = await import("../../services/desk.ts");
  const services = [...loadDescriptors().files].flatMap((file) => file.services);
  const methods = services
    .flatMap(({ methods }) => methods)
    .filter(({ parent }) => parent.typeName.startsWith("deskwire."));
  for (const [scope, meaning] of Object.entries(SCOPES)) {
    out(`${scope.padEnd(16)} ${meaning}`);
    const opened = Map.groupBy(
      methods.filter((method) => requiredScope(method) === scope),
      ({ parent }) => parent.name,
    );
    for (const [service, calls] of opened) out(`    ${service}: ${calls.map(({ name }) => name).join(", ")}`);
  }
}

/**
 * Runs a command.
 *
 * @throws ConnectError `USAGE_WRONG`; what the store throws
 */
export async function runKeys(args: string[], config: () => Config, output: Output): Promise<void> {
  const { values, positionals } = parse(args);
  const [name, subject, ...others] = positionals;
  if (values.help || name === undefined) return output.out(HELP);
  if (name === "show-scopes") return showScopes(output);
  if (name === "secret") return output.out(newServiceSecret());
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw wrong(`There is no command ${name}.`);
  if (command.named !== (subject !== undefined) || others.length > 0) {
    throw wrong(command.named ? `${name} wants the name of one key.` : `${name} takes no name.`);
  }
  const settings = config();
  const store = await KeyStore.open(accessLocation(settings), () => {});
  try {
    await command.run(store, subject ?? "", values, output, settings);
  } finally {
    await store.close();
  }
}
