// docs/identities.md is run, not believed.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readConfig, VARIABLES } from "../../runtime/config.ts";
import { SCOPES } from "../../runtime/identity/scopes.ts";
import { openAccess } from "../../services/access.ts";
import { silent } from "../support/desk.ts";
import { isInstalled, run } from "../support/processes.ts";
import { guardedDesk } from "./guarded-desk.ts";

const text = readFileSync("docs/identities.md", "utf8");

test("names every scope, and no variable that is not there", () => {
  const [, scopes = ""] = text.split("\n## Scopes\n");
  const rows = [...scopes.matchAll(/^\| (`[a-z:`, ]+`) \|/gm)].flatMap(([, names = ""]) =>
    names.match(/[a-z]+(:[a-z]+)?/g),
  );
  expect(rows.sort()).toEqual(Object.keys(SCOPES).sort());
  const named =
    text.match(
      /\b(MCP_[A-Z_]+|TLS_[A-Z_]+|RATE_LIMIT|TOOL_[A-Z_]+|SERVICE_SECRET[A-Z_]*|DESKWIRE_[A-Z_]+|DATA_DIR|DATABASE_URL)\b/g,
    ) ?? [];
  const known = Object.entries(VARIABLES).flatMap(([name, variable]) =>
    "mask" in variable ? [name, `${name}_FILE`] : [name],
  );
  expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
});

test("shows what a start says that is refused", async () => {
  await using desk = await guardedDesk({ open: true });
  const config = readConfig({ ...desk.environment, HOST: "0.0.0.0" });
  const error = await openAccess(config, ["crm", "ticket", "analytics", "support", "adapter"], silent).catch(
    (thrown) => thrown,
  );
  expect(text).toContain(`\n${error.rawMessage}\n`);
});

test("its lines for curl and grpcurl work", async () => {
  await using desk = await guardedDesk();
  const key = await desk.key("tickets:read");
  const address = new URL(desk.url).host;
  const lines = text.split("\n").filter((line) => /^(curl|grpcurl) /.test(line));
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const [program = ""] = line.split(" ");
    if (!(await isInstalled(program))) continue;
    const command = line.replace(/127\.0\.0\.1:8080/, address).replace(/^curl/, "curl -s");
    const answer = run("sh", ["-c", command], { env: { ...process.env, KEY: key } });
    // There is no ticket in this desk, and who asks for it was let in.
    const { stdout, stderr } = await answer.catch((error: { stdout: string; stderr: string }) => error);
    expect(stdout + stderr).toContain("There is no ticket TKT-1001");
  }
});
