// Fitting a multinomial logistic regression to labelled texts: stochastic gradient descent with AdaGrad steps
// (Duchi, Hazan and Singer 2011), the same for the same seed.
import { CUES } from "../../services/analytics/engine/cues.ts";
import { copyOf, type Seen, see } from "../../services/analytics/engine/features.ts";
import { blankModel, bucketOf, type LinearModel, logitsOf } from "../../services/analytics/engine/linear-model.ts";
import { readable } from "../../services/analytics/engine/readable.ts";

/** A text with its class and how much it counts. */
export interface Example {
  readonly text: string;
  /** Index of the class. */
  readonly label: number;
  readonly weight: number;
}

/** How to fit. */
export interface Settings {
  readonly classes: number;
  /** Two to the power of this many buckets. */
  readonly bits: number;
  readonly epochs: number;
  /** Length of the first steps; the last are a fifth of it. */
  readonly rate: number;
  /** Part of the texts of which the hashed words are mostly hidden in each epoch, so that the cues are learned too. */
  readonly hidden: number;
  /** 0 leaves the classes as frequent as they are, 1 makes them weigh the same. */
  readonly balance: number;
  /** Part of each example that is shared out among all classes (label smoothing, Szegedy et al. 2016); none if left out. */
  readonly smoothing?: number;
  readonly seed: number;
}

/** A model as it was fitted, its weights not yet rounded. */
export type Fitted = LinearModel & { readonly grams: Float32Array };

/** Features of a text as one list: those that are never hidden first; buckets stand from CUES on, then what a known model says. */
interface Vector {
  readonly ids: Int32Array;
  readonly values: Float32Array;
  readonly kept: number;
}

function vectorOf(seen: Seen, bits: number, known: LinearModel | undefined): Vector {
  const [cues, grams] = [copyOf(seen.cues), copyOf(seen.grams)];
  const said = known ? [...logitsOf([known], seen)] : [];
  const first = CUES + 2 ** bits;
  const ids = [...said.map((_, at) => first + at), ...cues.ids, ...grams.ids.map((id) => CUES + bucketOf(id, bits))];
  const values = Float32Array.from([...said, ...cues.values, ...grams.values]);
  return { ids: Int32Array.from(ids), values, kept: said.length + cues.ids.length };
}

/** Random numbers from 0 to 1 by mulberry32: the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [all[last], all[other]] = [all[other] as T, all[last] as T];
  }
  return all;
}

/** No class counts more than this many times its share, however rare it is. */
const MOST_BALANCE = 5;

function balanced(examples: readonly Example[], { classes, balance }: Settings): number[] {
  const counts = new Float64Array(classes);
  for (const { label, weight } of examples) counts[label] = (counts[label] as number) + weight;
  const fair = counts.reduce((sum, count) => sum + count, 0) / classes;
  return examples.map(
    ({ label, weight }) => weight * Math.min(MOST_BALANCE, (fair / (counts[label] as number)) ** balance),
  );
}

const FIRST_SQUARES = 1e-2;
/** Part of the hashed words that are left at most where they are mostly hidden. */
const LEFT = 0.5;

class Fit {
  readonly #weights: Float32Array;
  readonly #squares: Float32Array;
  readonly #shares: Float64Array;
  readonly #classes: number;
  readonly #smoothing: number;
  readonly #known: LinearModel | undefined;

  constructor({ classes, bits, smoothing = 0 }: Settings, known: LinearModel | undefined) {
    this.#classes = classes;
    this.#smoothing = smoothing;
    this.#known = known;
    this.#weights = new Float32Array((CUES + 2 ** bits + (known?.classes ?? 0)) * classes);
    this.#squares = new Float32Array(this.#weights.length).fill(FIRST_SQUARES);
    this.#shares = new Float64Array(classes);
  }

  step(
    { ids, values }: Vector,
    used: readonly number[] | undefined,
    label: number,
    weight: number,
    rate: number,
  ): void {
    const classes = this.#classes;
    const shares = this.#shares.fill(0);
    const count = used?.length ?? ids.length;
    for (let at = 0; at < count; at++) {
      const one = used ? (used[at] as number) : at;
      const row = (ids[one] as number) * classes;
      const value = values[one] as number;
      for (let k = 0; k < classes; k++) shares[k] = (shares[k] as number) + value * (this.#weights[row + k] as number);
    }
    const top = Math.max(...shares);
    let total = 0;
    for (let k = 0; k < classes; k++) {
      shares[k] = Math.exp((shares[k] as number) - top);
      total += shares[k] as number;
    }
    const spread = this.#smoothing / classes;
    for (let k = 0; k < classes; k++) {
      const aim = spread + (k === label ? 1 - this.#smoothing : 0);
      shares[k] = weight * ((shares[k] as number) / total - aim);
    }
    for (let at = 0; at < count; at++) {
      const one = used ? (used[at] as number) : at;
      const row = (ids[one] as number) * classes;
      const value = values[one] as number;
      for (let k = 0; k < classes; k++) {
        const slope = (shares[k] as number) * value;
        const squares = (this.#squares[row + k] as number) + slope * slope;
        this.#squares[row + k] = squares;
        this.#weights[row + k] = (this.#weights[row + k] as number) - (rate * slope) / Math.sqrt(squares);
      }
    }
  }

  model({ classes, bits }: Settings): Fitted {
    // Adding the same to all classes changes no answer; around 0, a weight tells what speaks for its class.
    for (let row = 0; row < this.#weights.length; row += classes) {
      const weights = this.#weights.subarray(row, row + classes);
      const mean = weights.reduce((sum, weight) => sum + weight, 0) / classes;
      for (let k = 0; k < classes; k++) weights[k] = (weights[k] as number) - mean;
    }
    const model = blankModel(classes, bits);
    const end = (CUES + 2 ** bits) * classes;
    model.cues.set(this.#weights.subarray(0, CUES * classes));
    model.grams.set(this.#weights.subarray(CUES * classes, end));
    if (this.#known) {
      addTold(model.cues, classes, this.#known.cues, this.#weights.subarray(end));
      addTold(model.grams, classes, this.#known.grams, this.#weights.subarray(end));
    }
    return model;
  }
}

/** What a known model says is linear in the features as well: `trust` in it for each class goes into the weights themselves. */
function addTold(weights: Float32Array, classes: number, known: ArrayLike<number>, trust: Float32Array): void {
  const told = trust.length / classes;
  for (let at = 0; at < weights.length; at++) {
    const row = Math.floor(at / classes) * told;
    const k = at % classes;
    for (let one = 0; one < told; one++) {
      weights[at] = (weights[at] as number) + (known[row + one] as number) * (trust[one * classes + k] as number);
    }
  }
}

/**
 * Fits a model to examples; `progress` is told the epochs as they end. What a `known` model of another question says counts
 * as features of a text too, of as many bits: so a model with few examples profits from one with many.
 */
export function fitModel(
  examples: readonly Example[],
  settings: Settings,
  progress = (_epoch: number) => {},
  known?: Fitted,
): Fitted {
  const random = randomOf(settings.seed);
  const vectors = examples.map(({ text }) => vectorOf(see(readable(text)), settings.bits, known));
  const weights = balanced(examples, settings);
  const fitted = new Fit(settings, known);
  let order = examples.map((_, at) => at);
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    const rate = settings.rate * (1 - (0.8 * epoch) / settings.epochs);
    order = shuffled(order, random);
    for (const at of order) {
      const vector = vectors[at] as Vector;
      let used: number[] | undefined;
      if (random() < settings.hidden) {
        const left = random() * LEFT;
        used = [];
        for (let one = 0; one < vector.ids.length; one++) if (one < vector.kept || random() < left) used.push(one);
      }
      fitted.step(vector, used, (examples[at] as Example).label, weights[at] as number, rate);
    }
    progress(epoch + 1);
  }
  return fitted.model(settings);
}
