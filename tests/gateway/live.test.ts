// The real model, for whoever has a key: LIVE_MODEL_KEY=sk-ant-… npx vitest run tests/gateway/live.test.ts
import { expect, it } from "vitest";
import { ask, openGatewayDesk, texts } from "./desk.ts";

const { LIVE_MODEL_KEY = "" } = process.env;

it.skipIf(LIVE_MODEL_KEY === "")(
  "the real model handles a ticket of the demo desk (skipped without LIVE_MODEL_KEY)",
  async () => {
    const environment = { CLAUDE_API_KEY: LIVE_MODEL_KEY, ANTHROPIC_BASE_URL: "" };
    await using desk = await openGatewayDesk(() => expect.fail("the stand-in is not asked"), { environment });
    const answer = await ask(desk, { model: "claude-sonnet-5-5", max_tokens: 4_096 });
    expect(answer.stop_reason).toBe("end_turn");
    expect(answer.deskwire.tools.map(({ name }) => name)).toContain("respond_to_ticket");
    expect(texts(answer).join("")).not.toBe("");
    expect(await desk.conversation("TKT-1001")).not.toEqual([]);
  },
  300_000,
);
