// Reads by a language model, and by the engine in this process whatever the model has not answered in time.
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../../../runtime/database/database.ts";
import type { Log } from "../../../runtime/log.ts";
import type { Lessons } from "../corrections/lessons.ts";
import type { Reading } from "../engine/engine.ts";
import type { Call, Reader } from "../reading/reader.ts";
import type { ReadingCache } from "../reading/reading-cache.ts";
import { textHash } from "../reading/text-hash.ts";
import { findAnswers, keepAnswers } from "./answer-store.ts";
import type { Model } from "./model.ts";
import { Requests } from "./requests.ts";

/** How long an answer waits for the model, in milliseconds; and how much of the time that its caller still has. */
const MAX_WAIT_MS = 20_000;
const WAIT_SHARE = 0.8;

/** What the reader stands on. */
export interface LlmReaderOptions {
  readonly model: Model;
  /** Answers for what the model does not. */
  readonly local: Reader;
  readonly cache: ReadingCache;
  readonly database: Database;
  readonly now: () => number;
  readonly log: Log;
}

/** Whether the engine in this process found nothing to read: then there is nothing to pay for. */
function isBlank({ sentiment, categorization }: Reading): boolean {
  return sentiment.confidence === 0 && categorization.confidence === 0;
}

/** Waits for all of it, for so long, or until nobody waits any more. */
async function awaitAtMost(work: Promise<unknown>, { signal, timeoutMs }: Call): Promise<void> {
  const left = timeoutMs() ?? Number.POSITIVE_INFINITY;
  const ms = Math.max(0, Math.min(MAX_WAIT_MS, left * WAIT_SHARE));
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: AbortSignal.any([signal, done.signal]) }).catch(() => {});
  await Promise.race([work, late]);
  done.abort();
  signal.throwIfAborted();
}

/** A reader that asks a model. */
export interface LlmReader extends Reader {
  /** Resolves when answers about these texts that are on their way are kept, or will not come; texts by their hashes. */
  answered(hashes: ReadonlySet<string>): Promise<void>;
  /** Ends requests. */
  close(): Promise<void>;
}

/** Makes the reader. */
export function llmReader({ model, local, cache, database, now, log }: LlmReaderOptions): LlmReader {
  const requests = new Requests(model, log);

  /** What was answered before, by this process or by another. */
  async function recall(engine: string, hashes: readonly string[]): Promise<Map<string, Reading>> {
    const known = new Map<string, Reading>();
    for (const hash of hashes) {
      const reading = cache.get(engine, hash);
      if (reading) known.set(hash, reading);
    }
    const unknown = hashes.filter((hash) => !known.has(hash));
    if (unknown.length === 0) return known;
    try {
      const found = await findAnswers(database, engine, unknown);
      for (const [hash, reading] of found) known.set(hash, cache.keep(engine, hash, reading));
    } catch (error) {
      log("cannot look for the model's answers; asking it anew", { error }, "warn");
    }
    return known;
  }

  async function keep(engine: string, readings: ReadonlyMap<string, Reading>): Promise<void> {
    for (const [hash, reading] of readings) cache.keep(engine, hash, reading);
    try {
      await keepAnswers(database, engine, readings, now());
    } catch (error) {
      log("cannot keep the model's answers; they may be asked for again", { error }, "warn");
    }
  }

  async function ask(texts: ReadonlyMap<string, string>, lessons: Lessons, call: Call): Promise<Map<string, Reading>> {
    const engine = model.nameWith(lessons);
    const known = await recall(engine, [...texts.keys()]);
    const asked = new Map([...texts].filter(([hash]) => !known.has(hash)));
    if (asked.size === 0) return known;
    const answered = (readings: ReadonlyMap<string, Reading>) => {
      for (const [hash, reading] of readings) known.set(hash, reading);
    };
    const work = requests.ask({ engine, texts: asked, lessons, signal: call.signal, keep, answered });
    await awaitAtMost(work, call);
    return new Map(known);
  }

  return {
    async read(texts, taught, call) {
      const answers = await local.read(texts, taught, call);
      const hashes = texts.map(textHash);
      const worthwhile = texts.flatMap((text, index) => {
        const { reading } = answers[index] as (typeof answers)[number];
        return isBlank(reading) ? [] : [[hashes[index] as string, text] as const];
      });
      if (worthwhile.length === 0) return answers;
      const readings = await ask(new Map(worthwhile), taught.lessons, call);
      const engine = model.nameWith(taught.lessons);
      return answers.map((answer, index) => {
        const reading = readings.get(hashes[index] as string);
        return reading ? { reading, engine } : answer;
      });
    },
    answered: (hashes) => requests.answered(hashes),
    close: () => requests.close(),
  };
}
