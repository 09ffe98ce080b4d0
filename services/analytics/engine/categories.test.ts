import { expect, test } from "vitest";
import { Category } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { localEngine } from "./local-engine.ts";

const subjectOf = (text: string) => localEngine.analyze(text).categorization;

test.each([
  ["BILLING", "There is a fee of 12 euros on my invoice that I do not recognise."],
  ["BILLING", "Why was my card charged twice this month?"],
  ["TECHNICAL", "The app crashes with an error message when I open a report."],
  ["TECHNICAL", "Since the update bluetooth isn't working."],
  ["ACCOUNT", "I forgot my password and cannot sign in."],
  ["ACCOUNT", "Please change the email address in my profile."],
  ["SHIPPING", "Where is my order? The tracking says it was dispatched on Monday."],
  ["SHIPPING", "The courier left my parcel in the rain."],
  ["REFUND_RETURNS", "I would like to return the shoes and get my money back."],
  ["CANCELLATION", "Please cancel my subscription at the end of the month."],
  ["CANCELLATION", "I want to close my account."],
  ["FEATURE_REQUEST", "It would be great if you could add dark mode."],
  ["FEATURE_REQUEST", "Are there any plans to support more languages? That is a feature I miss."],
  ["COMPLAINT", "Your staff were rude and unprofessional, I want to speak to a manager."],
  ["GENERAL", "What are your opening hours?"],
  ["GENERAL", "The quick brown fox jumps over the lazy dog."],
] as const)("%s: %s", (category, text) => {
  expect(subjectOf(text).primaryCategory).toBe(Category[category]);
});

test("an angry text that names no subject is a complaint, on the words of its mood", () => {
  const { primaryCategory, evidence } = subjectOf("Horrendous. Insulting.");
  expect(primaryCategory).toBe(Category.COMPLAINT);
  expect(evidence.toSorted()).toEqual(["horrendous", "insulting"]);
});

test("an angry text that names a subject is about the subject", () => {
  expect(subjectOf("I was charged twice and nobody answers!!").primaryCategory).toBe(Category.BILLING);
  expect(subjectOf("This is awful: the tracking number is wrong and my parcel is lost!").primaryCategory).toBe(
    Category.SHIPPING,
  );
});

test("a text about two things ranks both, the likelier first", () => {
  const { primaryCategory, confidence, ranked } = subjectOf("Cancel my subscription, and when do I get my refund?");
  const shares = ranked.map((one) => one.confidence);
  expect(ranked.slice(0, 2).map(({ category }) => category)).toEqual(
    expect.arrayContaining([Category.CANCELLATION, Category.REFUND_RETURNS]),
  );
  expect(ranked[0]).toEqual({ category: primaryCategory, confidence });
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
});

test("evidence is what spoke for the primary category alone", () => {
  const { evidence } = subjectOf("The parcel with the invoice is lost, tracking says in transit.");
  expect(evidence).toEqual(expect.arrayContaining(["parcel", "tracking", "in transit"]));
  expect(evidence).not.toContain("invoice");
});

test("saying one word over and over does not outweigh a plain request", () => {
  const text = `Order order order order order order order order. I want a refund.`;
  expect(subjectOf(text).primaryCategory).toBe(Category.REFUND_RETURNS);
});

test("quoted mail does not name the subject", () => {
  const text = "I forgot my password.\n\n-----Original Message-----\nYour parcel was dispatched, tracking number 12.";
  expect(subjectOf(text).ranked.map(({ category }) => category)).not.toContain(Category.SHIPPING);
});
