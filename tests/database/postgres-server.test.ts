// The server that tests run on leaves the end of its process alone.
import { expect, test } from "vitest";
import { ROOT, run } from "../support/processes.ts";

test("a process that fails is seen to fail, though it had started the server", async () => {
  const script = `
    const { startPostgres } = await import("./tests/support/postgres-server.ts");
    await (await startPostgres()).stop();
    process.exitCode = 3;`;
  const ended = run(process.execPath, ["--input-type=module", "--eval", script], { cwd: ROOT });
  await expect(ended).rejects.toMatchObject({ code: 3 });
});
