// The off-the-shelf packages that the engine is held against, each as its README says it is used.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** A reader of moods: -1 negative, 0 neutral, 1 positive. */
export interface MoodPackage {
  readonly name: string;
  readonly moodOf: (text: string) => number;
}

interface Natural {
  readonly SentimentAnalyzer: new (
    language: string,
    stemmer: unknown,
    vocabulary: string,
  ) => { getSentiment(words: readonly string[]): number };
  readonly PorterStemmer: unknown;
  readonly WordTokenizer: new () => { tokenize(text: string): string[] };
}

/** VADER's authors call a compound score from -0.05 to 0.05 neutral. */
const VADER_NEUTRAL = 0.05;

/** The packages, loaded when asked for. */
export function loadPackages(): MoodPackage[] {
  const { SentimentIntensityAnalyzer: vader } = require("vader-sentiment") as {
    SentimentIntensityAnalyzer: { polarity_scores(text: string): { compound: number } };
  };
  const afinn = new (require("sentiment") as new () => { analyze(text: string): { score: number } })();
  const wink = require("wink-sentiment") as (text: string) => { score: number };
  // As a whole, natural replaces Math.sign by one that calls 0 positive, and reads .env files.
  const { SentimentAnalyzer } = require("natural/lib/natural/sentiment") as Natural;
  const { PorterStemmer } = require("natural/lib/natural/stemmers") as Natural;
  const { WordTokenizer } = require("natural/lib/natural/tokenizers") as Natural;
  const analyzer = new SentimentAnalyzer("English", PorterStemmer, "afinn");
  const tokenizer = new WordTokenizer();
  return [
    {
      name: "vader-sentiment",
      moodOf(text) {
        const { compound } = vader.polarity_scores(text);
        return Math.abs(compound) < VADER_NEUTRAL ? 0 : Math.sign(compound);
      },
    },
    { name: "sentiment", moodOf: (text) => Math.sign(afinn.analyze(text).score) },
    { name: "wink-sentiment", moodOf: (text) => Math.sign(wink(text).score) },
    { name: "natural", moodOf: (text) => Math.sign(analyzer.getSentiment(tokenizer.tokenize(text)) || 0) },
  ];
}
