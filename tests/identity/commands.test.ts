// The commands that make keys, and those that show one, as real processes against a desk that runs meanwhile.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectError } from "@connectrpc/connect";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../runtime/config.ts";
import { isApiKey } from "../../runtime/identity/api-key.ts";
import { SCOPES } from "../../runtime/identity/scopes.ts";
import { runKeys } from "../../scripts/keys/commands.ts";
import { connectOver } from "../mcp/servers.ts";
import { DIALECTS } from "../support/databases.ts";
import { eventually, ROOT, run } from "../support/processes.ts";
import { type GuardedDesk, guardedDesk } from "./guarded-desk.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe.each(DIALECTS)("beside a desk on %s", (dialect) => {
  let desk: GuardedDesk;
  beforeAll(async () => {
    desk = await guardedDesk({ dialect, open: true });
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  const command = (script: string, args: readonly string[], environment = {}): Promise<Ended> => {
    const env = { ...process.env, ...desk.environment, DESKWIRE_URL: desk.url, ...environment };
    return run(process.execPath, [`scripts/${script}.ts`, ...args], { cwd: ROOT, env }).then(
      (ended) => ({ code: 0, ...ended }),
      (error: Ended) => error,
    );
  };
  /** The command in this process: another one is a second's work each time. */
  const keys = (...args: string[]) => keysWith({}, ...args);
  async function keysWith(environment: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
    const [out, err]: string[][] = [[], []];
    const output = { out: (text: string) => out?.push(text), err: (text: string) => err?.push(text) };
    let code = 0;
    await runKeys(args, () => readConfig({ ...desk.environment, ...environment }), output).catch(
      (error: ConnectError) => {
        code = 1;
        err?.push(error.rawMessage);
      },
    );
    const lines = (texts: string[] | undefined) => texts?.map((text) => `${text}\n`).join("") ?? "";
    return { code, stdout: lines(out), stderr: lines(err) };
  }
  const status = async (key: string) => {
    const headers = { "content-type": "application/json", "x-api-key": key };
    const url = `${desk.url}/deskwire.ticket.v1.TicketService/ListTickets`;
    return (await fetch(url, { method: "POST", headers, body: "{}" })).status;
  };

  test("a key is made, printed once, listed, replaced, revoked and forgotten", async () => {
    const made = await keys(
      "create",
      "ci",
      "--scopes",
      "tickets:read,tickets:reply",
      "--expires",
      "12h",
      "--rate",
      "60/min",
    );
    const key = made.stdout.trim();
    expect(isApiKey(key)).toBe(true);
    expect(made.stderr).toContain("only time it is shown");
    expect(made.stderr).toContain("the first one");
    expect(await status(key)).toBe(200);
    const listed = await keys("list");
    expect(listed.stdout).toMatch(
      /^ci {2}dk_\w{4}… {2}tickets:read tickets:reply\n {4}expires .*Z, last used .*, at most 60\/min\n$/,
    );
    expect(listed.stdout).not.toContain(key);
    expect(await keys("create", "ci", "--scopes", "admin")).toMatchObject({ code: 1, stdout: "" });

    const next = (await keys("rotate", "ci", "--overlap", "1h")).stdout.trim();
    expect([await status(next), await status(key)]).toEqual([200, 200]);
    expect((await keys("delete", "ci")).stderr).toContain("Revoke it first");
    expect((await keys("revoke", "ci")).code).toBe(0);
    await eventually(async () => (await status(key)) === 401 && (await status(next)) === 401);
    expect((await keys("list")).stdout).toContain("revoked");
    expect((await keys("delete", "ci")).code).toBe(0);
    expect((await keys("list")).stdout).toBe("");
  });

  test("a key closes nothing where another way in has closed the desk before", async () => {
    for (const before of [{ MCP_API_KEY: "k".repeat(40) }, { MCP_ISSUER: "https://issuer.example" }]) {
      const made = await keysWith(before, "create", "ci", "--scopes", "tickets:read");
      expect(made.stderr).toContain("only time it is shown");
      expect(made.stderr).not.toContain("the first one");
      await keys("revoke", "ci");
      expect((await keys("delete", "ci")).code).toBe(0);
    }
  });

  test("what is wrong is refused with what is right, and makes no key", async () => {
    const wrong = [
      [["create", "x"], "--scopes tickets:read"],
      [["create", "x", "--scopes", "root"], "There are: tickets:read"],
      [["create", "x", "--scopes", "admin", "--expires", "soon"], "90d, 12h"],
      [["create", "x", "--scopes", "admin", "--rate", "fast"], "60/min"],
      [["create", "a b", "--scopes", "admin"], "letters, digits"],
      [["create"], "the name of one key"],
      [["revoke", "nobody"], "There is no key nobody"],
      [["make", "x"], "no command make"],
    ] as const;
    for (const [args, words] of wrong) {
      const { code, stdout, stderr } = await keys(...args);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(words);
    }
    expect((await keys("list")).stdout).toBe("");
  });

  test("the scopes are shown with what each opens", async () => {
    const { stdout } = await keys("show-scopes");
    for (const scope of Object.keys(SCOPES)) expect(stdout).toMatch(new RegExp(`^${scope} `, "m"));
    expect(stdout).toMatch(/^tickets:reply +answer customers\n {4}SupportService: RespondToTicket\n/m);
  });

  // They come by the desk's port, where both databases look alike.
  test.runIf(dialect === "sqlite")(
    "import and MCP by stdio say what they need, and show the key that they are given",
    async () => {
      const key = (await command("keys", ["create", "import", "--scopes", "tickets:write,tickets:read"])).stdout.trim();
      const file = join(desk.folder, "tickets.csv");
      await writeFile(file, "subject,description,email\nBroken,It does not work.,ada@example.com\n");
      await eventually(async () => (await status("")) === 401);
      const refused = await command("import", [file]);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("Set DESKWIRE_API_KEY")]);
      expect(await command("import", [file], { DESKWIRE_API_KEY: key })).toMatchObject({ code: 0 });

      const mcp = (environment: Record<string, string>) =>
        connectOver(
          "2026-07-28",
          () => expect.fail(),
          () =>
            new StdioClientTransport({
              command: process.execPath,
              args: ["services/mcp.ts"],
              cwd: new URL(".", ROOT).pathname,
              env: { ...(process.env as Record<string, string>), ...environment, DESKWIRE_URL: desk.url },
              stderr: "ignore",
            }),
        );
      await using client = await mcp({ DESKWIRE_API_KEY: key });
      const found = await client.call("search_tickets", { query: "Broken" });
      expect(found.structuredContent).toMatchObject({ tickets: [{ subject: expect.stringContaining("Broken") }] });
      const denied = await client.call("respond_to_ticket", { ticket_id: "TKT-1001", response: "Hello" });
      expect(denied.structuredContent).toMatchObject({ error: { reason: "SCOPE_MISSING" } });
    },
  );
});
