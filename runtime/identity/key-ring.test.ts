import { afterEach, expect, test, vi } from "vitest";
import { newApiKey } from "./api-key.ts";
import { KeyRing } from "./key-ring.ts";
import type { KeyStore } from "./key-store.ts";

const MINUTES = 60_000;

afterEach(() => void vi.useRealTimers());

/** A store of no keys, whose database answers as long as it is told to. */
function emptyStore() {
  const state = { answers: true };
  const list = async () => {
    if (!state.answers) throw new Error("the database is away");
    return [];
  };
  return { state, store: { list, touch: async () => {} } as unknown as KeyStore };
}

test("while keys cannot be read for long, every caller is refused, not only the first", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const { state, store } = emptyStore();
  const ring = new KeyRing({ open: async () => store, log: () => {}, environmentKey: "x".repeat(20) });
  expect(await ring.find("x".repeat(20))).toMatchObject({ name: "MCP_API_KEY" });
  state.answers = false;
  vi.advanceTimersByTime(60 * MINUTES);
  for (const _ of [1, 2, 3]) {
    await expect(ring.find("x".repeat(20))).rejects.toMatchObject({
      rawMessage: expect.stringContaining("cannot be checked"),
    });
  }
  state.answers = true;
  expect(await ring.find(newApiKey())).toBeUndefined();
  expect(await ring.find("x".repeat(20))).toMatchObject({ name: "MCP_API_KEY" });
});
