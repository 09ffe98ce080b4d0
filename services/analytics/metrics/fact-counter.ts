// Counts facts into the cells of a tally.
import { MetricsKind } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import { Cells, type Frame, type Grouping } from "./cells.ts";
import type { Block } from "./chunk.ts";
import { COUNTERS, Counter, KINDS_OF, PLACES } from "./counters.ts";
import type { Facts } from "./fact-cache.ts";
import { Code, MoodValue, Span } from "./fact-code.ts";
import { KINDS } from "./facts.ts";
import { Lengths } from "./lengths.ts";
import { BEFORE, Tally } from "./tally.ts";

const [CREATED, MESSAGE] = [Counter.kind("created"), Counter.kind("message")];
const [SENTIMENTS, CATEGORIES] = [Counter.mood(0), Counter.category(0)];

/** Counts what is asked for. */
export class FactCounter {
  readonly tally: Tally;
  /** By `Span`. */
  readonly #lengths: readonly Lengths[];
  readonly #cells: Cells;
  /** Whether to count facts of each kind. */
  readonly #counting: readonly boolean[];
  readonly #moods: boolean;
  /** By `Span`, whether such lengths are asked for. */
  readonly #spans: Readonly<Record<number, boolean | undefined>>;

  /**
   * @param kinds what is asked for; the rest is not looked at
   * @param ranks whether groups are to be ranked by their `activity`
   */
  constructor(frame: Frame, grouping: Grouping, kinds: ReadonlySet<MetricsKind>, ranks: boolean) {
    this.#counting = KINDS.map(
      (fact) =>
        KINDS_OF[fact].some((kind) => kinds.has(kind)) ||
        (ranks && (KINDS_OF[fact].includes(MetricsKind.VOLUME) || fact === "reply")),
    );
    this.#moods = kinds.has(MetricsKind.MOOD);
    const response = kinds.has(MetricsKind.RESPONSE_TIME);
    const resolution = kinds.has(MetricsKind.RESOLUTION_TIME);
    this.#spans = { [Span.FIRST]: response, [Span.NEXT]: response, [Span.RESOLUTION]: resolution };
    this.#cells = new Cells(frame, grouping);
    this.tally = new Tally(frame, grouping);
    this.#lengths = Array.from({ length: 4 }, () => new Lengths(this.#cells.inWindow));
  }

  /** Adds a chunk that lies before the window altogether, by its balance; only where customers make no difference. */
  addBalance(balance: Int32Array): void {
    const { changes } = this.tally;
    const { segments } = this.#cells.grouping;
    for (let index = 0; index < balance.length; index += 2) {
      const group = segments[balance[index] as number] as number;
      if (group >= 0) (changes[this.tally.cell(group, BEFORE)] as number) += balance[index + 1] as number;
    }
  }

  /** Adds a chunk, with its owners where they make a difference. */
  add(facts: Facts): void {
    if (!this.#cells.begin(facts)) return;
    const { start } = this.tally.frame;
    for (const block of facts.chunk.blocks) {
      const { code, maxTime } = block;
      const what = Code.kind.in(code);
      if (!this.#counting[what]) continue;
      // Of what was before the window, no more than the backlog matters.
      if (maxTime < start && Code.change(code) === 0) continue;
      if (!this.#cells.find(block, facts)) continue;
      this.#count(code);
      if (maxTime < start) continue;
      if (what === CREATED || what === MESSAGE) {
        if (this.#moods) this.#addMoods(block, facts.chunk.values);
      } else if (this.#spans[Code.span.in(code)]) this.#addLengths(block, facts.chunk.values);
    }
  }

  /** Ends counting: what was added is in the tally. Lengths are sorted where there are others to be put with. */
  end(sorted = this.tally.hasParts): Tally {
    if (sorted) this.tally.lengths = this.#lengths.map((lengths) => lengths.sorted());
    else this.tally.loose = this.#lengths.map((lengths) => lengths.loose());
    return this.tally;
  }

  #count(code: number): void {
    const { counters, changes } = this.tally;
    const { cells, facts, count: runs } = this.#cells;
    const places = PLACES[code] as readonly number[];
    const change = Code.change(code);
    for (let run = 0; run < runs; run++) {
      const cell = cells[run] as number;
      const count = facts[run] as number;
      (changes[cell] as number) += change * count;
      for (let index = 0; index < places.length; index++) {
        (counters[cell * COUNTERS + (places[index] as number)] as number) += count;
      }
    }
  }

  #addMoods({ code, values: at }: Block, values: Int32Array): void {
    const { engines, counters, scores } = this.tally;
    const { cells, starts, facts, inWindow, count: runs } = this.#cells;
    const opening = Code.kind.in(code) === CREATED;
    for (let run = 0; run < runs; run++) {
      const cell = cells[run] as number;
      if (cell >= inWindow) continue;
      const base = cell * COUNTERS;
      const start = at + (starts[run] as number);
      const end = start + (facts[run] as number);
      let score = 0;
      for (let index = start; index < end; index++) {
        const mood = values[index] as number;
        (counters[base + SENTIMENTS + ((mood >>> 15) & 3)] as number) += 1;
        score += MoodValue.score(mood);
        if (opening) (counters[base + CATEGORIES + ((mood >>> 17) & 15)] as number) += 1;
        engines[mood >>> 21] = 1;
      }
      (scores[cell] as number) += score;
    }
  }

  #addLengths({ code, from, to, values: at }: Block, values: Int32Array): void {
    (this.#lengths[Code.span.in(code)] as Lengths).add({ values, at, facts: to - from }, this.#cells);
  }
}
