// What docs/gateway.md shows is run as it stands there, with the address of the test's desk.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inOrder, type Reply, turn, use } from "../support/messages-api/script.ts";
import { ROOT, run } from "../support/processes.ts";
import { type GatewayDesk, openGatewayDesk } from "./desk.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/gateway.md"), "utf8");

/** The block of a language that has a word in it. */
function block(language: string, word: string): string {
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```/gms)].filter(([, it]) => it === language);
  return blocks.find(([, , code = ""]) => code.includes(word))?.[2] ?? expect.fail(`no ${language} with ${word}`);
}

let desk: GatewayDesk;
beforeAll(async () => {
  desk = await openGatewayDesk(inOrder(), { environment: { TOOL_APPROVAL: "respond_to_ticket=approve" } });
});
afterAll(() => desk[Symbol.asyncDispose]());

const here = (code: string) => code.replaceAll("http://127.0.0.1:8080", desk.url);
const works = (): Reply[] => [turn("I read it. ", use("handle_ticket", { ticket_id: "TKT-1001" })), turn("Done.")];

describe("docs/gateway.md", () => {
  it("the curl line", async () => {
    desk.model.script = inOrder(...works());
    const { stdout } = await run("sh", ["-c", `${here(block("sh", "/v1/messages"))}`]);
    const shown = JSON.parse(block("json", "deskwire"));
    const answer = JSON.parse(stdout);
    expect(Object.keys(answer)).toEqual(Object.keys(shown));
    expect(Object.keys(answer.deskwire)).toEqual(Object.keys(shown.deskwire));
    expect(Object.keys(answer.deskwire.tools[0])).toEqual(Object.keys(shown.deskwire.tools[0]));
  });

  it("the TypeScript", async () => {
    desk.model.script = inOrder(...works());
    const args = ["--input-type=module-typescript", "--eval", here(block("ts", "new Anthropic"))];
    expect((await run(process.execPath, args, { cwd: ROOT })).stdout).toBe("I read it. \nDone.\n");
  });

  it("the Python", async ({ skip }) => {
    const find = "import importlib.util, sys; sys.exit(importlib.util.find_spec('anthropic') is None)";
    const installed = await run("python3", ["-c", find]).catch(() => undefined);
    if (!installed) skip("python3 with the package anthropic is not installed");
    desk.model.script = inOrder(...works());
    expect((await run("python3", ["-c", here(block("python", "anthropic"))])).stdout).toBe("I read it. Done.");
  });

  it("the approvals by HTTP", async () => {
    desk.model.script = inOrder(turn(use("respond_to_ticket", { ticket_id: "TKT-1001", response: "Hello." })));
    await desk.client.messages.create({
      max_tokens: 1,
      model: "m",
      messages: [{ role: "user", content: "Answer TKT-1001." }],
      tools: [{ name: "support" }] as never,
    });
    desk.model.script = inOrder(turn("Sent."));
    const { stdout } = await run("sh", ["-c", `${here(block("sh", "/v1/approvals"))}`]);
    expect(stdout).toContain('"state":"pending"');
    expect(stdout).toContain('"message":{');
    expect(await desk.conversation("TKT-1001")).toEqual(["Hello Maria, billing is on it."]);
  });

  it("names every variable of the gateway that there is, and no other", () => {
    const named = new Set(text.match(/\b(?:GATEWAY|MODEL|SYSTEM)_[A-Z_]+\b/g));
    expect([...named].sort()).toEqual(
      [
        "GATEWAY_MAX_SECONDS",
        "GATEWAY_MAX_TOKENS",
        "GATEWAY_MAX_TURNS",
        "GATEWAY_MODEL",
        "MODEL_ALIASES",
        "SYSTEM_PROMPT_FILE",
      ].sort(),
    );
  });
});
