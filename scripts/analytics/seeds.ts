// Our own sentences with mood and urgency, and category where their file is named after one.
import { readdirSync, readFileSync } from "node:fs";

/** A sentence written for training. */
export interface Seed {
  readonly text: string;
  /** Name of its file, without its ending. */
  readonly file: string;
  readonly sentiment?: string;
  readonly category?: string;
  readonly urgency?: string;
}

const FOLDER = new URL("seeds/", import.meta.url);

function seedOf(line: string, file: string): Seed {
  const [first = "", second = "", ...rest] = line.split(" ");
  if (file === "mood") return { file, sentiment: first, text: [second, ...rest].join(" ") };
  if (file === "urgency") return { file, urgency: first, text: [second, ...rest].join(" ") };
  const told = { file, sentiment: first, urgency: second, text: rest.join(" ") };
  return file === "desk" ? told : { ...told, category: file };
}

/**
 * All seeds: `mood urgency sentence` a line in seeds/CATEGORY.txt and in desk.txt, whose sentences teach no category, `mood
 * sentence` in mood.txt, `urgency sentence` in urgency.txt.
 */
export function readSeeds(): Seed[] {
  const files = readdirSync(FOLDER).sort();
  return files.flatMap((name) => {
    const lines = readFileSync(new URL(name, FOLDER), "utf8").trim().split("\n");
    return lines.map((line) => seedOf(line, name.replace(".txt", "")));
  });
}
