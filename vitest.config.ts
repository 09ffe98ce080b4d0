import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** They take long, and not all of them are long to read, by which vitest would go. Begun last, one would run alone at the end. */
const LONGEST = [
  "contract/connect",
  "contract/grpc",
  "torture/torture",
  "backup/backup",
  "identity/start",
  "durability/kill",
  "fuzz/fuzz",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`tests/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    setupFiles: ["tests/support/commands-setup.ts"],
    globalSetup: ["tests/support/data-folder.ts", "tests/support/postgres-setup.ts"],
    include: ["{adapter,gateway,runtime,services,tests}/**/*.test.ts"],
    // Much of a test is waiting for other processes and clocks, so even two cores have work for three files at once.
    maxWorkers: 3,
    // Loading the libraries anew for each file would take a third of the time; what a file changes, it puts back.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // They end what hangs, and say nothing of how long anything takes: the machine may have other things to do.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
