import { expect, test } from "vitest";
import { Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { lexiconEngine } from "./lexicon-engine.ts";

test.each([
  ["Our whole shop is down, please help ASAP!", Urgency.HIGH, ["is down", "asap"]],
  ["I cannot work and need this fixed by tomorrow.", Urgency.HIGH, ["cannot work", "by tomorrow"]],
  ["Just wondering whether you plan a dark mode. No rush.", Urgency.LOW, ["just wondering", "no rush"]],
  ["It is not urgent.", Urgency.LOW, ["not urgent"]],
  ["Where can I find my invoice?", Urgency.MEDIUM, []],
])("%s", (text, urgency, evidence) => {
  expect(lexiconEngine.analyze(text).urgency).toMatchObject({ urgency, evidence });
});

test.each([
  ["Where can I find the invoice for my last order?", "en"],
  ["Wo finde ich die Rechnung zu meiner letzten Bestellung?", "und"],
  ["", "und"],
  ["12345", "und"],
])("%j is in language %s", (text, language) => {
  expect(lexiconEngine.analyze(text).language).toBe(language);
});
