// `npm run agent`: one ticket worked from the terminal.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { start } from "../support/command.ts";
import { inOrder, type MessagesRequest, resultsIn, turn, use } from "../support/messages-api/script.ts";
import { MODEL_KEY, startMessagesApi } from "../support/messages-api/server.ts";
import { eventually } from "../support/processes.ts";
import { type GatewayDesk, openGatewayDesk } from "./desk.ts";

let desk: GatewayDesk;

beforeAll(async () => {
  desk = await openGatewayDesk(inOrder(), { environment: { GATEWAY_MAX_TURNS: "3" } });
});
afterAll(() => desk[Symbol.asyncDispose]());

const agent = (...args: string[]) => start("scripts/agent.ts", args, { DESKWIRE_URL: desk.url });
const read = (ticket_id: string) => use("handle_ticket", { ticket_id });
const reply = (ticket_id: string, response: string) =>
  use("respond_to_ticket", { ticket_id, response, update_status: "in_progress" });

describe("npm run agent", () => {
  it("works a ticket through the running desk and shows every step", async () => {
    desk.model.script = inOrder(
      turn("I read it first.", read("TKT-1001")),
      turn(reply("TKT-1001", "Dear Maria,\nwe look into it.")),
      turn("She was charged twice."),
    );
    const { code, out, err } = await agent("tkt-1001").ended;
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(`Working on TKT-1001 at ${desk.url}.`);
    expect(out).toContain("I read it first.");
    expect(out).toContain("  handle_ticket ticket_id=TKT-1001");
    expect(out).toContain("    | Dear Maria,\n    | we look into it.");
    expect(out).toContain("She was charged twice.");
    expect(out).toContain("3 turns, 2 tool calls, 30 tokens in, 15 out.");
    expect(await desk.conversation("TKT-1001")).toEqual(["Dear Maria,\nwe look into it."]);
  });

  it("with --dry-run writes nothing and shows the draft", async () => {
    let seen: MessagesRequest | undefined;
    desk.model.script = inOrder(turn(read("TKT-1002")), turn(reply("TKT-1002", "Try another browser.")), (request) => {
      seen = request;
      return turn("I would have answered.");
    });
    const { code, out } = await agent("1002", "--dry-run", "--say", "Be brief.").ended;
    expect(code).toBe(0);
    expect(out).toContain("nothing is written or sent");
    expect(out).toContain("not done: respond_to_ticket");
    expect(out).toContain("    | Try another browser.");
    expect(await desk.conversation("TKT-1002")).toEqual([]);
    expect(seen && resultsIn(seen)[0]?.text).toContain("dry run");
    expect(JSON.stringify(seen?.messages[0])).toContain("Be brief.");
  });

  it("says by its exit code that it stopped at a limit, and what to raise", async () => {
    desk.model.script = () => turn("Again.", read("TKT-1003"));
    const { code, out } = await agent("TKT-1003").ended;
    expect(code).toBe(2);
    expect(out).toContain("Raise GATEWAY_MAX_TURNS");
  });

  it("ends on Ctrl-C, and with it the model's work", async () => {
    const before = desk.model.received.length;
    desk.model.script = () => "hang";
    const running = agent("TKT-1004");
    const asked = await eventually(async () => desk.model.received[before]);
    running.interrupt();
    const { code, out } = await running.ended;
    expect(code).toBe(130);
    expect(out).toContain("the same command goes on from there");
    await asked.hungUp;
  });

  it("fails with the words of whatever refuses, and no stack", async () => {
    desk.model.script = () => ({ status: 404, type: "not_found_error", message: "model: no-such-model" });
    expect(await agent("TKT-1001", "--model", "no-such-model").ended).toMatchObject({
      code: 1,
      err: "model: no-such-model\n",
    });
    expect(await agent("CUS-1001").ended).toMatchObject({ code: 1, err: expect.stringMatching(/^Name one ticket/) });
    const nowhere = await agent("TKT-1001", "--url", "http://127.0.0.1:9").ended;
    expect(nowhere).toMatchObject({ code: 1, err: expect.not.stringContaining("    at ") });
    expect((await agent("--help").ended).out).toContain("Exit code:");
  });

  it("opens the data itself where no desk runs, and says what to set without a key", async () => {
    const folder = await mkdtemp(join(tmpdir(), "deskwire-agent-"));
    await using model = await startMessagesApi(inOrder(turn(read("TKT-1001")), turn("Read.")));
    const env = { DATA_DIR: folder, DESKWIRE_URL: "http://127.0.0.1:9", ANTHROPIC_BASE_URL: model.url };
    const worked = await start("scripts/agent.ts", ["TKT-1001"], { ...env, CLAUDE_API_KEY: MODEL_KEY }).ended;
    expect(worked).toMatchObject({ code: 0, out: expect.stringContaining(`Working on TKT-1001 at ${folder}.`) });
    const mute = await start("scripts/agent.ts", ["TKT-1001"], { ...env, CLAUDE_API_KEY: "", ANTHROPIC_API_KEY: "" })
      .ended;
    expect(mute).toMatchObject({ code: 1, err: expect.stringContaining("Set CLAUDE_API_KEY") });
    await rm(folder, { recursive: true, force: true });
  });
});
