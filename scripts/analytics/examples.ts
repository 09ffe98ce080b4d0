// The training examples of each model, out of the sources and the seeds.
import { marked } from "../../services/analytics/engine/phrases.ts";
import { sentencesOf } from "../../services/analytics/engine/tokens.ts";
import { readUrgencyCues, type UrgencyCue } from "../../services/analytics/engine/urgency-cues.ts";
import type { Example } from "./fit.ts";
import {
  BANKING_EMERGENCY,
  BANKING_QUESTION,
  BANKING_TROUBLE,
  BITEXT_EITHER,
  BITEXT_TROUBLE,
  SWEARING,
} from "./intents.ts";
import type { Row } from "./rows.ts";
import type { Seed } from "./seeds.ts";
import type { SourceName } from "./sources.ts";

/** Classes of each model, in the order of the enums of the contract. */
export const CLASSES = {
  sentiment: ["negative", "neutral", "positive"],
  category: [
    "billing",
    "technical",
    "account",
    "shipping",
    "refund_returns",
    "cancellation",
    "feature_request",
    "complaint",
    "general",
  ],
  urgency: ["low", "medium", "high"],
} as const;

export type ModelName = keyof typeof CLASSES;
export type Sources = Readonly<Record<SourceName, readonly Row[]>>;

/** What an example counts that is labelled by its intent, or is a part of a complaint, and not by a person. */
const WEAK = 0.5;
/** What a tweet counts: of all that people have labelled, tweets are most like what customers write. */
const TWEET = 2;
/** What a seed counts: they are few, and what they show is shown nowhere else. */
const SEED = { sentiment: 7, category: 8, urgency: 4 } as const;
/** Part of the weakly labelled texts that is used. */
const PART = { intents: 0.3, complaintParts: 0.3, urgency: 0.2, calm: 0.03, kinds: 0.5 } as const;
/** Whole complaints used; their parts say more about short texts. */
const WHOLE_COMPLAINTS = 600;
/** Prime, so that each seed is mixed with another from far away. */
const MIX_STEP = 211;
const MIN_PART_LENGTH = 30;
const MAX_PART_LENGTH = 280;

/** A number from 0 to 1 by the text alone (FNV-1a), so that splits stay the same whatever else the files hold. */
export function placeOf(text: string, salt = ""): number {
  let hash = 0x811c9dc5;
  for (const char of salt + text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** Whether a text is kept out of all training, to measure the trained weights by. */
export const isHeldOut = (text: string): boolean => placeOf(text) < 1 / 8;

const used = (text: string, part: number) => !isHeldOut(text) && placeOf(text, "part") < part;

function labelled(
  name: ModelName,
  rows: readonly { text: string; label: string | undefined }[],
  weight = 1,
): Example[] {
  const classes: readonly string[] = CLASSES[name];
  return rows.flatMap(({ text, label }) =>
    label === undefined ? [] : [{ text, label: classes.indexOf(label), weight }],
  );
}

const fromSeeds = (name: ModelName, seeds: readonly Seed[]) =>
  labelled(
    name,
    seeds.map((seed) => ({ text: seed.text, label: seed[name] })),
    SEED[name],
  );

const trained = (rows: readonly Row[]) => rows.filter(({ text }) => !isHeldOut(text));

/** A complaint without the "XXXX" that its publisher put in place of names and dates. */
const withoutRedactions = (text: string) => text.replace(/\bX[X/]+\b/g, " ");

function partsOf(text: string): string[] {
  const sentences = withoutRedactions(text).split(/(?<=[.!?])\s+/);
  const parts: string[] = [];
  for (let at = 0; at < sentences.length; at += 2) parts.push(sentences.slice(at, at + 2).join(" "));
  return parts.filter(({ length }) => length >= MIN_PART_LENGTH && length <= MAX_PART_LENGTH);
}

function moodOfIntent({ text, label }: Row, source: "banking77" | "bitext"): string | undefined {
  if (source === "banking77") {
    if (BANKING_TROUBLE.has(label)) return "negative";
    return BANKING_QUESTION.has(label) ? "neutral" : undefined;
  }
  if (BITEXT_TROUBLE.has(label)) return "negative";
  return BITEXT_EITHER.has(label) || SWEARING.test(text) ? undefined : "neutral";
}

function urgencyOfIntent({ label }: Row, source: "banking77" | "bitext"): string {
  if (source === "bitext") return BITEXT_TROUBLE.has(label) ? "medium" : "low";
  if (BANKING_EMERGENCY.has(label)) return "high";
  return BANKING_QUESTION.has(label) ? "low" : "medium";
}

function sentimentExamples(sources: Sources, seeds: readonly Seed[]): Example[] {
  const complaints = trained(sources.cfpb).map(({ text }) => text);
  const whole = complaints.slice(0, WHOLE_COMPLAINTS).map(withoutRedactions);
  const parts = complaints.flatMap(partsOf).filter((part) => placeOf(part, "part") < PART.complaintParts);
  const intents = (["banking77", "bitext"] as const).flatMap((source) =>
    sources[source]
      .filter(({ text }) => used(text, PART.intents))
      .map((row) => ({ text: row.text, label: moodOfIntent(row, source) })),
  );
  const negative = (text: string) => ({ text, label: "negative" });
  return [
    ...labelled("sentiment", trained(sources.semeval), TWEET),
    ...labelled("sentiment", trained([...sources.goemotions, ...sources.senti4sd])),
    ...labelled("sentiment", whole.map(negative)),
    ...labelled("sentiment", parts.map(negative), WEAK),
    ...labelled("sentiment", intents, WEAK),
    ...fromSeeds("sentiment", seeds),
  ];
}

const unified = (sources: Sources) => [
  ...sources.unifiedBanking,
  ...sources.unifiedBitext,
  ...sources.unifiedClinc,
  ...sources.unifiedMultiDogo,
];

/** Seeds of two categories one after the other, half of each: so that a text about two things is told to be. */
function mixed(seeds: readonly Seed[]): Example[] {
  const classes: readonly string[] = CLASSES.category;
  const named = seeds.filter(({ category }) => category !== undefined);
  return named.flatMap((seed, at) => {
    const other = named[(at * MIX_STEP + 1) % named.length] as Seed;
    if (other.category === seed.category) return [];
    const text = `${seed.text} ${other.text}`;
    return [seed, other].map(({ category = "" }) => ({
      text,
      label: classes.indexOf(category),
      weight: SEED.category / 2,
    }));
  });
}

/** Seeds one after the other: two of one urgency, or one that makes the whole urgent, such as a deadline. */
function joined(seeds: readonly Seed[]): Example[] {
  const classes: readonly string[] = CLASSES.urgency;
  const ranked = seeds.filter(({ urgency }) => urgency !== undefined);
  const rankOf = ({ urgency = "" }: Seed) => classes.indexOf(urgency);
  return ranked.flatMap((seed, at) => {
    const other = ranked[(at * MIX_STEP + 1) % ranked.length] as Seed;
    const label = Math.max(rankOf(seed), rankOf(other));
    const isClear = label === classes.indexOf("high") || seed.urgency === other.urgency;
    return isClear ? [{ text: `${seed.text} ${other.text}`, label, weight: SEED.urgency / 2 }] : [];
  });
}

const isUrgent = ({ kind }: UrgencyCue) => kind === "urgent";
const medium = (text: string) => ({ text, label: "medium" });

function urgencyExamples(sources: Sources, seeds: readonly Seed[]): Example[] {
  const intents = (["banking77", "bitext"] as const).flatMap((source) =>
    sources[source]
      .filter(({ text }) => used(text, PART.urgency))
      .map((row) => ({ text: row.text, label: urgencyOfIntent(row, source) })),
  );
  // Whoever complains has trouble; without a word of haste it is not of the worst kind.
  const complaints = trained(sources.cfpb).map(({ text }) => withoutRedactions(text));
  const calm = [...complaints.slice(0, WHOLE_COMPLAINTS), ...complaints.flatMap(partsOf)].filter(
    (text) => placeOf(text, "part") < PART.calm && !readUrgencyCues(sentencesOf(text).map(marked)).some(isUrgent),
  );
  // Requests of two more sources, by what they are about: trouble with software, or a question, a wish and thanks.
  const kindOf = (rows: readonly Row[], category: string, label: string) =>
    rows
      .filter((row) => row.label === category && !isHeldOut(row.text) && placeOf(row.text, "part") < PART.kinds)
      .map(({ text }) => ({ text, label }));
  const kinds = [
    ...kindOf(sources.unifiedMultiDogo, "technical", "medium"),
    ...kindOf(sources.unifiedMultiDogo, "general", "low"),
    ...kindOf(sources.unifiedClinc, "general", "low"),
  ];
  return [
    ...labelled("urgency", intents, WEAK),
    ...labelled("urgency", kinds, WEAK),
    ...labelled("urgency", calm.map(medium), WEAK),
    ...fromSeeds("urgency", seeds),
    ...joined(seeds),
  ];
}

/** The examples to fit a model to. None of them is held out. */
export function trainingExamples(name: ModelName, sources: Sources, seeds: readonly Seed[]): Example[] {
  if (name === "sentiment") return sentimentExamples(sources, seeds);
  if (name === "urgency") return urgencyExamples(sources, seeds);
  return [...labelled("category", trained(unified(sources))), ...fromSeeds("category", seeds), ...mixed(seeds)];
}

/** Texts with labels given by people that no training has seen; none for urgency, which has no such texts. */
export function heldOutExamples(name: ModelName, sources: Sources): Example[] {
  if (name === "urgency") return [];
  const rows =
    name === "sentiment" ? [...sources.semeval, ...sources.goemotions, ...sources.senti4sd] : unified(sources);
  return labelled(
    name,
    rows.filter(({ text }) => isHeldOut(text)),
  );
}
