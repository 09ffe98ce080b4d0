import { expect, test } from "vitest";
import { Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { localEngine } from "./local-engine.ts";

const urgencyOf = (text: string) => localEngine.analyze(text).urgency;

test.each([
  ["HIGH", "Our whole shop is down, please help ASAP!", "asap"],
  ["HIGH", "I cannot work and need this fixed by tomorrow.", "by tomorrow"],
  ["HIGH", "My account was hacked and somebody is spending my money.", "hacked"],
  ["MEDIUM", "My order still has not arrived.", "arrived"],
  ["MEDIUM", "The app crashes when I open a report.", "crashes"],
  ["LOW", "Just wondering whether you plan a dark mode. No rush.", "no rush"],
  ["LOW", "It is not urgent.", "not urgent"],
  ["LOW", "Thank you so much, all is well now.", "thank you so much"],
  ["LOW", "What are your opening hours?", "opening"],
] as const)("%s: %s", (urgency, text, words) => {
  const reading = urgencyOf(text);
  expect(reading.urgency).toBe(Urgency[urgency]);
  expect(reading.evidence.join(", ")).toContain(words);
});

test("quoted mail does not make a text urgent", () => {
  const text = "Thanks, that is all.\n\nOn Monday Ann wrote:\n> URGENT! My account was hacked, call me immediately!";
  expect(urgencyOf(text).urgency).toBe(Urgency.LOW);
});
