import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** By far the longest: begun last, it would run alone at the end. */
const LONGEST = "tests/contract/contract.test.ts";

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith(LONGEST);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    globalSetup: "tests/support/postgres-setup.ts",
    include: ["{adapter,gateway,runtime,services,tests}/**/*.test.ts"],
    // Half of a test is waiting for other processes, so even two cores have work for two files at once.
    maxWorkers: 2,
    // Loading the libraries anew for each file would take a third of the time; what a file changes, it puts back.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // They end what hangs, and say nothing of how long anything takes: the machine may have other things to do.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
