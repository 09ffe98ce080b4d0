import { expect, test } from "vitest";
import { stemOf } from "./stems.ts";

test.each([
  ["charge", "charges", "charged", "charging"],
  ["delivery", "deliveries", "delivery's"],
  ["cancel", "cancelled", "canceled", "cancelling", "cancels"],
  ["ship", "shipped", "shipping"],
  ["reply", "replies", "replied"],
  ["address", "addresses", "addressed"],
  ["not", "don't", "isn't", "can't", "cannot", "wont"],
])("inflections of %s share its stem", (word, ...inflections) => {
  expect(inflections.map(stemOf)).toEqual(inflections.map(() => stemOf(word)));
});

test.each([
  ["need", "ned"],
  ["bring", "br"],
  ["this", "thi"],
  ["bus", "bu"],
])("%s is not taken for an inflection of %s", (word, other) => {
  expect(stemOf(word)).not.toBe(stemOf(other));
});
