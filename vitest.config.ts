import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "tests/support/postgres-setup.ts",
    include: ["{adapter,gateway,runtime,services,tests}/**/*.test.ts"],
    // Half of a test is waiting for other processes, so even two cores have work for two files at once.
    maxWorkers: 2,
    // Loading the libraries anew for each file would take a third of the time; what a file changes, it puts back.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
