// The engine as the desk has taught it, in step with the corrections in the database.
import type { Database } from "../../../runtime/database/database.ts";
import type { Log } from "../../../runtime/log.ts";
import type { Engine, LearningEngine } from "../engine/engine.ts";
import { countChanges, latestCorrections } from "./correction-store.ts";
import { type Lessons, lessonsOf } from "./lessons.ts";

/**
 * What is learned from: the latest corrections, and of each text the beginning. Older ones stay listed and are forgotten by the
 * engine. Learning takes seconds of one core at these bounds, at each correction and at the start.
 */
export const BOUNDS = { corrections: 1_000, characters: 200_000, charactersEach: 1_000 };
/** How far other processes may be behind, in milliseconds. */
const CHECK_MS = 1_000;

/** An engine, and the lessons that it has been taught. */
export interface Taught {
  readonly engine: Engine;
  readonly lessons: Lessons;
}

/** Keeps an engine taught. What it was taught is never mixed: whoever holds a `Taught` reads on with that one. */
export class Teaching {
  readonly #database: Database;
  readonly #untaught: LearningEngine;
  readonly #log: Log;
  #taught: Taught;
  /** The count of changes that `#taught` goes by. */
  #changes = 0;
  #turn: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Database, engine: LearningEngine, log: Log) {
    this.#database = database;
    this.#untaught = engine;
    this.#log = log;
    this.#taught = { engine, lessons: lessonsOf([], 0) };
  }

  get current(): Taught {
    return this.#taught;
  }

  /** Resolves once everything is taught that was committed before the call; learns only where something has changed. */
  refresh(): Promise<void> {
    const turn = this.#turn.then(() => this.#learn());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Follows other processes. A SQLite file belongs to one process: nobody else can have changed it. */
  follow(): void {
    if (this.#database.dialect === "sqlite") return;
    let failing = false;
    let checking = false;
    const check = async () => {
      if (checking) return;
      checking = true;
      try {
        await this.refresh();
        failing = false;
      } catch (error) {
        // One line an outage.
        if (!failing) this.#log("cannot look for new corrections; what was learned before counts", { error }, "warn");
        failing = true;
      }
      checking = false;
    };
    this.#timer = setInterval(() => void check(), CHECK_MS);
    this.#timer.unref();
  }

  /** Ends following; resolves when nothing is asked of the database any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
  }

  async #learn(): Promise<void> {
    const { knex } = this.#database;
    // Counted before the corrections are read: what comes in between is read twice, never missed.
    const changes = await countChanges(knex);
    if (changes === this.#changes) return;
    const lessons = lessonsOf(await latestCorrections(knex, BOUNDS), BOUNDS.charactersEach);
    const { corrections } = lessons;
    const engine = corrections.length > 0 ? await this.#untaught.learn(corrections) : this.#untaught;
    this.#taught = { engine, lessons };
    this.#changes = changes;
  }
}
