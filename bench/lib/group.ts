// A question, and the variants that answer it side by side.
import { type Effort, interleave, type Measured, type Variant, warmUp } from "./interleave.ts";
import type { Goal, GroupResult } from "./report.ts";

/** What a group is told about this run. */
export interface Run {
  readonly effort: Effort;
  /** What is opened for the group; closed when it has been measured, or could not be. */
  readonly resources: AsyncDisposableStack;
  readonly progress: (what: string) => void;
  /** Told of what could not be measured, and why. */
  readonly skip: (what: string, why: string) => void;
}

/** A question the bench answers. */
export interface Group {
  readonly name: string;
  /** The variant that the others are held against. */
  readonly baseline: string;
  /** With how many callers at once. */
  readonly callers: readonly number[];
  readonly goals: readonly Goal[];
  /**
   * How many times as long as others it is warmed up; once if left out. Node compiles what it runs for good after some
   * thousands of calls, which a desk answers in many seconds and a server that does nothing in one.
   */
  readonly warmUp?: number;
  /** Starts everything. What cannot run here is skipped with a word. */
  open(run: Run): Promise<readonly Variant[]>;
}

/** Runs a group from start to end. */
export async function runGroup(group: Group, options: Omit<Run, "resources">): Promise<GroupResult> {
  await using resources = new AsyncDisposableStack();
  const variants = await group.open({ ...options, resources });
  const measured: Measured[] = [];
  const { effort, progress } = options;
  const warmUpSeconds = effort.warmUpSeconds * (group.warmUp ?? 1);
  await warmUp(variants, Math.max(...group.callers), { ...effort, warmUpSeconds }, progress);
  for (const callers of group.callers) measured.push(...(await interleave(variants, callers, effort, progress)));
  const { name, baseline, goals } = group;
  return { name, baseline, measured, goals };
}
