// Requests to the model: many texts in each, few at once, none for a while after one has failed.
import type { Log } from "../../../runtime/log.ts";
import { MINUTE_MS } from "../../../runtime/time-units.ts";
import type { Lessons } from "../corrections/lessons.ts";
import type { Reading } from "../engine/engine.ts";
import { AnswerInvalid } from "./answer-format.ts";
import { MAX_CHARACTERS, type Model } from "./model.ts";

const MAX_TEXTS = 20;
const MAX_CHARACTERS_A_REQUEST = 32_000;
const MAX_AT_ONCE = 4;
/** Requests that may wait for their turn; what is past it is not asked. A batch of 1,000 texts has 50. */
const MAX_WAITING = 100;
/** How long the model may take to answer a request. */
const TIMEOUT_MS = 30_000;
/** How long the model is left alone after a failure; and with texts that it did not answer as asked. */
const REST_MS = 15_000;
const UNANSWERED_REST_MS = 10 * MINUTE_MS;
const MAX_UNANSWERED = 10_000;

type Readings = ReadonlyMap<string, Reading>;

/** Texts to ask about. */
export interface Question {
  readonly engine: string;
  /** By their hash. */
  readonly texts: ReadonlyMap<string, string>;
  readonly lessons: Lessons;
  /** Aborted when nobody waits any more: then no further request is begun. One that has begun is paid for, and ends. */
  readonly signal: AbortSignal;
  /** Keeps what was answered. */
  keep(engine: string, readings: Readings): Promise<void>;
  /** Told of what was answered, request by request. */
  answered(readings: Readings): void;
}

const keyOf = (engine: string, hash: string) => `${engine} ${hash}`;

function* requestsOf(texts: Iterable<readonly [hash: string, text: string]>): Generator<Map<string, string>> {
  let request = new Map<string, string>();
  let characters = 0;
  for (const [hash, text] of texts) {
    const length = Math.min(text.length, MAX_CHARACTERS);
    if (request.size === MAX_TEXTS || characters + length > MAX_CHARACTERS_A_REQUEST) {
      yield request;
      request = new Map();
      characters = 0;
    }
    request.set(hash, text);
    characters += length;
  }
  if (request.size > 0) yield request;
}

/** Asks a model. It never rejects: a text that was not answered is missing. */
export class Requests {
  readonly #model: Model;
  readonly #log: Log;
  readonly #closing = new AbortController();
  /** What is being asked, by engine and hash, so that it is not asked twice at once. */
  readonly #underWay = new Map<string, Promise<Readings>>();
  /** Until when texts are left alone, by engine and hash, the earliest first. */
  readonly #unanswered = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #restsUntil = 0;

  constructor(model: Model, log: Log) {
    this.#model = model;
    this.#log = log;
  }

  /** Resolves when all texts are answered, or will not be. */
  async ask(question: Question): Promise<void> {
    const { engine, texts } = question;
    const shared = new Set<Promise<Readings>>();
    const fresh: (readonly [string, string])[] = [];
    for (const entry of texts) {
      const key = keyOf(engine, entry[0]);
      const underWay = this.#underWay.get(key);
      if (underWay) shared.add(underWay);
      else if (performance.now() > (this.#unanswered.get(key) ?? 0)) fresh.push(entry);
    }
    for (const request of requestsOf(fresh)) {
      if (this.#waiting.length >= MAX_WAITING) break;
      const answer = this.#request(request, question).finally(() => {
        for (const hash of request.keys()) this.#underWay.delete(keyOf(engine, hash));
      });
      for (const hash of request.keys()) this.#underWay.set(keyOf(engine, hash), answer);
      shared.add(answer);
    }
    await Promise.all([...shared].map(async (answer) => question.answered(await answer)));
  }

  /** Resolves when nothing is being asked any more of what was being asked about these texts, given by their hashes. */
  async answered(hashes: ReadonlySet<string>): Promise<void> {
    const about = [...this.#underWay].filter(([key]) => hashes.has(key.slice(key.lastIndexOf(" ") + 1)));
    await Promise.all(about.map(([, answer]) => answer));
  }

  /** Ends requests; resolves when none is under way any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#underWay.values());
  }

  async #request(texts: ReadonlyMap<string, string>, { engine, lessons, signal, keep }: Question): Promise<Readings> {
    // Whoever ends hands its place to the one that waits longest.
    if (this.#running === MAX_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      if (signal.aborted || this.#closing.signal.aborted || performance.now() < this.#restsUntil) return new Map();
      const ends = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
      const answers = await this.#model.read([...texts.values()], lessons, ends);
      const readings = new Map([...texts.keys()].map((hash, index) => [hash, answers[index] as Reading]));
      await keep(engine, readings);
      return readings;
    } catch (error) {
      const keys = [...texts.keys()].map((hash) => keyOf(engine, hash));
      if (!this.#closing.signal.aborted) this.#failed(keys, error);
      return new Map();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** An answer that is not as asked may be the texts' fault, and says nothing about others. */
  #failed(keys: readonly string[], error: unknown): void {
    const now = performance.now();
    if (error instanceof AnswerInvalid) {
      for (const key of keys) this.#unanswered.set(key, now + UNANSWERED_REST_MS);
      for (const key of this.#unanswered.keys()) {
        if (this.#unanswered.size <= MAX_UNANSWERED) break;
        this.#unanswered.delete(key);
      }
      const facts = { texts: keys.length, error };
      this.#log("the model's answer was not as asked; the local engine reads these texts", facts, "warn");
      return;
    }
    this.#restsUntil = now + REST_MS;
    this.#log("the model did not answer; the local engine reads for now", { restMs: REST_MS, error }, "warn");
  }
}
