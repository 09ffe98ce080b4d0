// Questions that are asked of the same running servers, and the variants that answer them side by side.
import { type Effort, interleave, type Measured, type Variant, warmUp } from "./interleave.ts";
import type { Goal, QuestionResult } from "./report.ts";

/** What a group is told about this run. */
export interface Run {
  readonly effort: Effort;
  /** What is opened for the group; closed when it has been measured, or could not be. */
  readonly resources: AsyncDisposableStack;
  readonly progress: (what: string) => void;
  /** Told of what could not be measured, and why. */
  readonly skip: (what: string, why: string) => void;
}

/** A question the bench answers, by a table. */
interface Question {
  readonly name: string;
  /** The variant that the others are held against. */
  readonly baseline: string;
  /** With how many callers at once. */
  readonly callers: readonly number[];
  readonly goals: readonly Goal[];
  /**
   * How many times as long as the baseline the others are warmed up; once if left out. Node compiles what it runs for good after
   * some thousands of calls, which a desk answers in many seconds and a server that does nothing in one.
   */
  readonly warmUp?: number;
}

/** Questions with the servers they are asked of. */
export interface Group {
  readonly questions: readonly Question[];
  /** Starts everything, and gives the variants of each question. What cannot run here is skipped with a word. */
  open(run: Run): Promise<readonly (readonly Variant[])[]>;
}

/** Runs a group from start to end, and gives each question's result as soon as it is there. */
export async function* runGroup(group: Group, options: Omit<Run, "resources">): AsyncGenerator<QuestionResult> {
  await using resources = new AsyncDisposableStack();
  const { effort, progress } = options;
  const opened = await group.open({ ...options, resources });
  for (const [index, question] of group.questions.entries()) {
    const { name, baseline, callers, goals } = question;
    const variants = opened[index] ?? [];
    for (const variant of variants) {
      const times = variant.name === baseline ? 1 : (question.warmUp ?? 1);
      progress(`warming up ${variant.name}`);
      await warmUp(variant, Math.max(...callers), effort.warmUpSeconds * times);
    }
    const measured: Measured[] = [];
    for (const count of callers) measured.push(...(await interleave(variants, count, effort, progress)));
    yield { name, baseline, measured, goals };
  }
}
