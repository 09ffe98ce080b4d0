import { hash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { Category, Sentiment, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import manifest from "./weights/manifest.json" with { type: "json" };
import { loadModels } from "./weights.ts";

const FOLDER = new URL("./weights/", import.meta.url);
const namesOf = (values: object) =>
  Object.keys(values)
    .filter((name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED")
    .map((name) => name.toLowerCase());

test("the weights are those that the manifest describes", () => {
  const bytes = readFileSync(new URL("weights.bin", FOLDER));
  expect(hash("sha256", bytes, "hex")).toBe(manifest.sha256);
});

test("the classes of the models are the values of the enums, in their order", () => {
  const { sentiment, category, urgency } = manifest.models;
  expect(sentiment.classes).toEqual(namesOf(Sentiment));
  expect(category.classes).toEqual(namesOf(Category));
  expect(urgency.classes).toEqual(namesOf(Urgency));
});

test("the weights are well under a megabyte, and all of them are used", () => {
  const size = readdirSync(FOLDER).reduce((sum, name) => sum + statSync(new URL(name, FOLDER)).size, 0);
  const { sentiment, category, urgency } = loadModels();
  const used = [sentiment, category, urgency].reduce((sum, { grams, cues }) => sum + grams.length + 4 * cues.length, 0);
  expect(size).toBeLessThan(800_000);
  expect(used).toBe(statSync(new URL("weights.bin", FOLDER)).size);
});

test("every source is named in the manifest with its licence, and in the NOTICE", () => {
  const notice = readFileSync(new URL("NOTICE", FOLDER), "utf8");
  for (const { title, licence, attribution, sha256, count } of manifest.sources) {
    expect(licence).toMatch(/CC BY [34]\.0|MIT|public domain|CDLA/);
    expect(attribution).not.toBe("");
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(count).toBeGreaterThan(0);
    expect(notice).toContain((title.split(/[ ,]/)[0] as string).replace("Consumer", "Consumer Complaint Database"));
  }
});
