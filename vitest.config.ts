import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: "tests/support/postgres-setup.ts",
    include: ["{adapter,gateway,runtime,services,tests}/**/*.test.ts"],
    // Half of a test is waiting for other processes, so even two cores have work for two files at once.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
