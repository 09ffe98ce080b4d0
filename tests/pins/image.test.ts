// The container image starts the desk as `npm start` does; its file cannot read package.json.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, START } from "../support/processes.ts";

test("wherever the Dockerfile has the desk run, Node is given what npm start gives it", () => {
  const options = START.slice(0, -1).join(" ");
  const dockerfile = readFileSync(new URL("Dockerfile", ROOT), "utf8");
  // ENTRYPOINT is JSON: ["node", "--import", …].
  const commands = dockerfile
    .replaceAll('", "', " ")
    .split("\n")
    .filter((line) => /\bnode .*\.ts\b/.test(line));
  expect(commands).toHaveLength(3);
  for (const command of commands) expect(command).toContain(`node ${options} `);
});
