// Durable writes: 32 writers, each acknowledged after its commit is on the disk.
import type { Group } from "../lib/group.ts";
import { type Writing, writers } from "../variants/writers.ts";

const BASELINE = "one-row knex transactions";

/** Writes that are each answered when they are on the disk. */
export const durableWrites: Group = {
  questions: [
    {
      name: "Durable writes: a ticket changed and its event appended",
      baseline: BASELINE,
      callers: [32],
      goals: [{ variant: "group commit", callers: 32, what: "calls", ratio: 10 }],
    },
  ],
  async open({ resources }) {
    const ways: readonly [string, Writing][] = [
      [BASELINE, "one-by-one"],
      ["group commit", "grouped"],
    ];
    return [await Promise.all(ways.map(([name, how]) => writers(resources, name, how)))];
  },
};
