// API keys in the database, which all processes of a desk share.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import type { Knex } from "knex";
import { type Database, type DatabaseLocation, type Migration, openDatabase } from "../database/database.ts";
import { makeDirectory } from "../database/directory.ts";
import { fail } from "../errors.ts";
import type { Log } from "../log.ts";
import { hashOf, hintOf, newApiKey } from "./api-key.ts";

/** A key as it is stored: everything but the key. Times in milliseconds UTC. */
export interface KeyRow {
  readonly id: number;
  readonly name: string;
  readonly hint: string;
  readonly hash: string;
  /** Between spaces. */
  readonly scopes: string;
  /** Its own rate limit, such as `60/min`; null for the desk's. */
  readonly rate_limit: string | null;
  readonly create_time: number;
  readonly expire_time: number | null;
  readonly revoke_time: number | null;
  readonly last_use_time: number | null;
}

/** What a new key is to be. */
export interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly rateLimit?: string | undefined;
  /** Milliseconds UTC; undefined for a key that never expires. */
  readonly expireTime?: number | undefined;
}

/** Every process keeps all of them in memory. */
const MAX_KEYS = 1_000;
const OPEN_ATTEMPTS = 5;

const migrations: readonly Migration[] = [
  {
    name: "access",
    async up(trx) {
      await trx.schema.createTable("api_key", (table) => {
        table.increments("id");
        table.text("name").notNullable().index();
        table.text("hint").notNullable();
        table.text("hash").notNullable().unique();
        table.text("scopes").notNullable();
        table.text("rate_limit");
        table.bigInteger("create_time").notNullable();
        table.bigInteger("expire_time");
        table.bigInteger("revoke_time");
        table.bigInteger("last_use_time");
      });
      await trx.schema.createTable("service_secret", (table) => {
        table.integer("id").primary();
        table.text("secret").notNullable();
      });
    },
  },
];

/** Makes a folder that nobody but this user reads: a secret between processes may come to lie there. */
async function privateFolder(folder: string): Promise<void> {
  await makeDirectory(folder, 0o700);
}

/** Whether a key opens anything at `now`. */
export function isLive({ revoke_time, expire_time }: KeyRow, now: number): boolean {
  return revoke_time === null && (expire_time === null || expire_time > now);
}

/** The keys of a desk. */
export class KeyStore {
  readonly #database: Database;
  readonly #now: () => number;

  private constructor(database: Database, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Whether somebody has made the database; on PostgreSQL opening it is how one finds out. */
  static exists(location: DatabaseLocation): boolean {
    return location.kind === "postgres" || existsSync(location.file);
  }

  /** Opens the keys of a desk, whatever other processes have them open; makes the database if there is none. */
  static async open(location: DatabaseLocation, log: Log, now: () => number = Date.now): Promise<KeyStore> {
    if (location.kind === "sqlite") await privateFolder(dirname(location.file));
    const small: DatabaseLocation = location.kind === "postgres" ? { ...location, maxConnections: 2 } : location;
    for (let attempt = 1; ; attempt++) {
      try {
        return new KeyStore(await openDatabase({ name: "access", location: small, migrations, log }), now);
      } catch (error) {
        // Of processes that make the file at the same moment, one may find it locked while it is turned into a WAL database.
        const busy = location.kind === "sqlite" && (error as { errcode?: number }).errcode === 5;
        if (!busy || attempt === OPEN_ATTEMPTS) throw error;
        await delay(50 * attempt);
      }
    }
  }

  /** All keys, those that open nothing any more among them, oldest first. */
  async list(): Promise<KeyRow[]> {
    return await this.#database.knex<KeyRow>("api_key").orderBy("id");
  }

  /**
   * Makes a key. It is returned, and stored nowhere.
   *
   * @throws ConnectError `KEY_EXISTS` where a live key has the name, `TOO_MANY_KEYS`
   */
  async create(key: NewKey): Promise<string> {
    return this.#database.transaction(async (trx) => {
      const same = await this.#liveOf(trx, key.name);
      if (same.length > 0) {
        const message = `There is a key ${key.name} already. Choose another name, or replace that key with rotate.`;
        throw fail(Code.AlreadyExists, "KEY_EXISTS", message, { name: key.name });
      }
      return this.#insert(trx, key);
    });
  }

  /**
   * Makes another key with the name, scopes and limits of a live one; that one opens for `overlapMs` milliseconds more.
   *
   * @throws ConnectError `KEY_NOT_FOUND`, `TOO_MANY_KEYS`
   */
  async rotate(name: string, overlapMs: number, expireTime: number | undefined): Promise<string> {
    return this.#database.transaction(async (trx) => {
      const [current] = (await this.#liveOf(trx, name)).reverse();
      if (!current) throw notFound(name);
      const until = this.#now() + overlapMs;
      await trx("api_key")
        .where({ name, revoke_time: null })
        .where((sooner) => sooner.whereNull("expire_time").orWhere("expire_time", ">", until))
        .update({ expire_time: until });
      const { scopes, rate_limit } = current;
      return this.#insert(trx, { name, scopes: scopes.split(" "), rateLimit: rate_limit ?? undefined, expireTime });
    });
  }

  /**
   * Takes away what a name opens, for good.
   *
   * @throws ConnectError `KEY_NOT_FOUND`
   */
  async revoke(name: string): Promise<void> {
    const { knex } = this.#database;
    const count = await knex("api_key").where({ name, revoke_time: null }).update({ revoke_time: this.#now() });
    if (count === 0) throw notFound(name);
  }

  /**
   * Forgets the keys of a name, which must not open anything any more; the log still says what they did.
   *
   * @throws ConnectError `KEY_NOT_FOUND`, `KEY_LIVE`
   */
  async remove(name: string): Promise<void> {
    await this.#database.transaction(async (trx) => {
      if ((await this.#liveOf(trx, name)).length > 0) {
        throw fail(Code.FailedPrecondition, "KEY_LIVE", `The key ${name} still opens. Revoke it first.`, { name });
      }
      if ((await trx("api_key").where({ name }).delete()) === 0) throw notFound(name);
    });
  }

  /** Notes that keys were used, by their identifiers. */
  async touch(ids: readonly number[]): Promise<void> {
    await this.#database.knex("api_key").whereIn("id", ids).update({ last_use_time: this.#now() });
  }

  /** A secret that the processes of a desk share because they share this database; `fresh` is kept if there is none yet. */
  async serviceSecret(fresh: string): Promise<string> {
    const { knex } = this.#database;
    await knex("service_secret").insert({ id: 1, secret: fresh }).onConflict("id").ignore();
    return (await knex("service_secret").where({ id: 1 }).first("secret")).secret;
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #liveOf(trx: Knex.Transaction, name: string): Promise<KeyRow[]> {
    const rows: KeyRow[] = await trx("api_key").where({ name }).orderBy("id");
    return rows.filter((row) => isLive(row, this.#now()));
  }

  async #insert(trx: Knex.Transaction, { name, scopes, rateLimit, expireTime }: NewKey): Promise<string> {
    const { count } = (await trx("api_key").count({ count: "*" }).first()) as { count: number };
    if (count >= MAX_KEYS) {
      const message = `There are ${MAX_KEYS} keys, revoked ones among them. Delete those that nobody needs.`;
      throw fail(Code.ResourceExhausted, "TOO_MANY_KEYS", message);
    }
    const key = newApiKey();
    await trx("api_key").insert({
      ...{ name, hint: hintOf(key), hash: hashOf(key), scopes: scopes.join(" "), rate_limit: rateLimit ?? null },
      ...{ create_time: this.#now(), expire_time: expireTime ?? null, revoke_time: null, last_use_time: null },
    });
    return key;
  }
}

function notFound(name: string) {
  const message = `There is no key ${name} that opens anything. See which there are with npm run keys -- list.`;
  return fail(Code.NotFound, "KEY_NOT_FOUND", message, { name });
}
