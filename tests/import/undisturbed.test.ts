// While an import stores its rows, the rest of the desk's work waits.
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Pace, undisturbed } from "../../runtime/background/pace.ts";

/** Whether work in the background would go on at once, where no call is under way. */
async function goesOn(): Promise<boolean> {
  const stop = new AbortController();
  let rested = false;
  const rest = new Pace(() => 0).rest(stop.signal).then(() => {
    rested = true;
  });
  for (let turns = 0; turns < 5; turns++) await turn();
  const result = rested;
  stop.abort();
  await rest;
  return result;
}

test("work in the background waits while much is written, and goes on afterwards", async () => {
  expect(await goesOn()).toBe(true);
  expect(await undisturbed(goesOn)).toBe(false);
  const failing = undisturbed(async () => {
    throw new Error("the disk is full");
  });
  await expect(failing).rejects.toThrow("the disk is full");
  expect(await goesOn()).toBe(true);
});
