// Log lines are written with constant messages: what somebody wrote would be in the log for good.
import { expect, test } from "vitest";
import { isTooling, sourceFiles } from "./source.ts";

const CALL = /(?<![\w.])(?:this\.#(?:setting\.)?)?log\(\s*([^\s)])/g;

test("messages of log lines are constants", () => {
  const calls = sourceFiles()
    .filter((file) => !isTooling(file))
    .flatMap(({ path, text }) => [...text.matchAll(CALL)].map(([, first]) => ({ path, first })));
  expect(calls.length).toBeGreaterThan(15);
  expect(calls.filter(({ first }) => first !== '"')).toEqual([]);
});
