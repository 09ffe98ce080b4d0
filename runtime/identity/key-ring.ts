// The keys that open this process, in memory: a call costs a hash and a look-up, and a revoked key is out within seconds.
import { timingSafeEqual } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { passingFailure } from "../database/errors.ts";
import { fail } from "../errors.ts";
import type { Log } from "../log.ts";
import { hashOf, isApiKey } from "./api-key.ts";
import { isLive, type KeyRow, type KeyStore } from "./key-store.ts";
import { parseRate, type Rate } from "./rate.ts";
import { ADMIN_SCOPE, ANY_TICKET_SCOPE, APPROVALS_SCOPE, METRICS_SCOPE, restriction, SCOPES } from "./scopes.ts";

/** How old what is in memory may be, in milliseconds, and so how long a revoked key still opens. */
const REFRESH_MS = 2_000;
/** How often at most they are read for keys that are not in memory: one may be new, and strangers may try many. */
const UNKNOWN_MS = 250;
/** How long it may do while the database does not answer. */
const STALE_MS = 60_000;
/** How exactly the last use of a key is known: it costs one write in as long. */
const TOUCH_MS = 60_000;

/** A key that opens. */
export interface KnownKey {
  readonly name: string;
  readonly scopes: ReadonlySet<string> | undefined;
  /** Its own, in place of the usual one. */
  readonly rate?: Rate | undefined;
}

/** What a key ring stands on. */
export interface KeyRingOptions {
  /** Opens the store; undefined as long as nobody has made a key. */
  readonly open: () => Promise<KeyStore | undefined>;
  /** A key that the environment gives, for an agent's work; it expires with the process. */
  readonly environmentKey?: string | undefined;
  readonly log: Log;
  /** Milliseconds UTC. */
  readonly now?: () => number;
}

interface Entry {
  readonly key: KnownKey;
  readonly hash: Buffer;
  /** Undefined for the key of the environment. */
  readonly row?: KeyRow;
}

/** The key of the environment as the log names it. */
const ENVIRONMENT_NAME = "MCP_API_KEY";

/** What it does not open: what is a person's to decide, and what an agent at work on one ticket has no business with. */
const NOT_FOR_AGENTS = [ADMIN_SCOPE, APPROVALS_SCOPE, ANY_TICKET_SCOPE, METRICS_SCOPE];

function environmentEntry(key: string): [string, Entry] {
  const scopes = new Set(Object.keys(SCOPES).filter((scope) => !NOT_FOR_AGENTS.includes(scope)));
  const hash = hashOf(key);
  return [hash, { key: { name: ENVIRONMENT_NAME, scopes }, hash: Buffer.from(hash, "hex") }];
}

function entryOf(row: KeyRow): [string, Entry] {
  const { name, hash, scopes, rate_limit } = row;
  const key = {
    name,
    scopes: restriction(scopes.split(" ")),
    rate: rate_limit === null ? undefined : parseRate(rate_limit),
  };
  return [hash, { key, hash: Buffer.from(hash, "hex"), row }];
}

/** Knows which keys open. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #now: () => number;
  readonly #fixed: readonly [string, Entry][];
  readonly #used = new Map<number, number>();
  #entries: ReadonlyMap<string, Entry>;
  #store: KeyStore | undefined;
  /** When they were read, and when they are to be read again, by the clock that nobody sets. */
  #readAt = Number.NEGATIVE_INFINITY;
  #dueAt = 0;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: KeyRingOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#fixed = options.environmentKey ? [environmentEntry(options.environmentKey)] : [];
    this.#entries = new Map(this.#fixed);
  }

  /**
   * The key that a caller shows; undefined where it opens nothing.
   *
   * @throws ConnectError `unavailable` (KEYS_UNAVAILABLE)
   */
  async find(shown: string): Promise<KnownKey | undefined> {
    await this.#fresh();
    const hash = hashOf(shown);
    if (!this.#entries.has(hash) && isApiKey(shown)) await this.#readNext();
    const entry = this.#entries.get(hash);
    // Finding it by its hash tells nothing of the key by the time it takes; comparing it anew keeps that so with any map.
    if (!entry || !timingSafeEqual(entry.hash, Buffer.from(hash, "hex"))) return undefined;
    if (entry.row) {
      if (!isLive(entry.row, this.#now())) return undefined;
      this.#used.set(entry.row.id, this.#now());
    }
    return entry.key;
  }

  /** Whether there are keys at all. Revoked and expired ones count: a desk does not open itself by a key that has run out. */
  async any(): Promise<boolean> {
    await this.#fresh();
    return this.#entries.size > 0;
  }

  /** Whether a key opens now. */
  async anyLive(): Promise<boolean> {
    await this.#fresh();
    return [...this.#entries.values()].some(({ row }) => !row || isLive(row, this.#now()));
  }

  /** Resolves once nothing reads any more; the store is for its opener to close. */
  async close(): Promise<void> {
    await this.#reading?.catch(() => {});
  }

  #fresh(): Promise<void> | undefined {
    if (performance.now() < this.#dueAt) return undefined;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Reads them once more, in a while: what was made before now is there then. */
  #readNext(): Promise<void> {
    const next = async () => {
      await delay(Math.max(0, UNKNOWN_MS - (performance.now() - this.#readAt)));
      await this.#reading;
      // Whoever comes from here on waits for another reading, which begins after they came.
      this.#next = undefined;
      this.#dueAt = 0;
      await this.#fresh();
    };
    this.#next ??= next();
    return this.#next;
  }

  async #read(): Promise<void> {
    const { open, log } = this.#options;
    try {
      this.#store ??= await open();
      if (this.#store) {
        await this.#touch(this.#store);
        this.#entries = new Map([...this.#fixed, ...(await this.#store.list()).map(entryOf)]);
      }
      this.#readAt = performance.now();
      this.#dueAt = this.#readAt + REFRESH_MS;
    } catch (error) {
      if (this.#readAt === Number.NEGATIVE_INFINITY) throw passingFailure(error) ?? error;
      if (performance.now() - this.#readAt < STALE_MS) {
        this.#dueAt = performance.now() + REFRESH_MS;
        return;
      }
      // Due at once: until they can be read, nobody after this caller is let in by what is in memory either.
      log("API keys cannot be read", { error });
      throw fail(Code.Unavailable, "KEYS_UNAVAILABLE", "API keys cannot be checked now. Try again later.");
    }
  }

  async #touch(store: KeyStore): Promise<void> {
    const due = [...this.#used].filter(([id, at]) => {
      const last = [...this.#entries.values()].find(({ row }) => row?.id === id)?.row?.last_use_time ?? 0;
      return at - last > TOUCH_MS;
    });
    this.#used.clear();
    if (due.length > 0) await store.touch(due.map(([id]) => id));
  }
}
