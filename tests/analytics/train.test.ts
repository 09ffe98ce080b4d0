import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readDataSets } from "../../scripts/analytics/data-sets.ts";
import { scoresOf } from "../../scripts/analytics/scores.ts";
import { SOURCES, type Source } from "../../scripts/analytics/sources.ts";
import { trainModels } from "../../scripts/analytics/train-models.ts";
import { decodeWeights, type ModelLayout } from "../../services/analytics/engine/weights.ts";

/** A few made-up rows of each source. */
async function writeData(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-train-"));
  const files = new Map<string, string[]>();
  for (const { file, rows = "any" } of Object.values<Source>(SOURCES)) {
    const labels = file.startsWith("sentiment")
      ? ["negative", "neutral", "positive"]
      : ["billing", "general", "account"];
    const lines = Array.from(
      { length: 30 },
      (_, at) => `"${rows} ${labels[at % 3]} text ${at}","${labels[at % 3]}","${rows}x"`,
    );
    files.set(file, [...(files.get(file) ?? ['"text","label","source"']), ...lines]);
  }
  for (const [file, lines] of files) await writeFile(join(folder, `${file}.csv`), `${lines.join("\n")}\n`);
  return folder;
}

interface Manifest {
  readonly sha256: string;
  readonly sources: readonly { count: number }[];
  readonly models: Readonly<Record<string, ModelLayout>>;
}

test("the same files train the same weights, which read back as the manifest says", async () => {
  const folder = await writeData();
  const [one, other] = [trainModels(folder, () => {}), trainModels(folder, () => {})];
  const manifest = one.manifest as Manifest;
  expect(Buffer.compare(one.bytes, other.bytes)).toBe(0);
  expect(other.manifest).toEqual(manifest);
  expect(manifest.sources.every(({ count }) => count === 30)).toBe(true);
  const models = decodeWeights(one.bytes, Object.values(manifest.models));
  expect(models.map(({ classes }) => classes)).toEqual([3, 9, 3]);
  expect(models.every(({ grams }) => grams.some((weight) => weight !== 0))).toBe(true);
});

test("a missing file is named, with what to give", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-train-"));
  expect(() => trainModels(folder, () => {})).toThrow(/sentiment_semeval_tweeteval\.csv.*--data DIR/);
  const missing: string[] = [];
  const nothing = () => readDataSets(folder, new Set(), (problem) => missing.push(problem));
  expect(nothing).toThrow(/none of the data sets: .*category_unified9\.csv.*--data DIR/);
  expect(missing.length).toBeGreaterThan(3);
});

test("macro-F1 is the mean over the classes that occur", () => {
  const { macroF1, accuracy, n } = scoresOf([
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ]);
  expect(n).toBe(20);
  expect(accuracy).toBe(0.85);
  // F1 of the first 16 / 19, of the second 18 / 21.
  expect(macroF1).toBeCloseTo((16 / 19 + 18 / 21) / 2, 12);
});
