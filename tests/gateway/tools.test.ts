// Which tools the model gets, and who runs them.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inOrder, type MessagesRequest, resultsIn, turn, use } from "../support/messages-api/script.ts";
import { ASK, ask, type GatewayDesk, openGatewayDesk, texts } from "./desk.ts";

let desk: GatewayDesk;
const ALL = ["tickets:read", "tickets:reply", "tickets:write", "customers:read", "customers:write"];
let scopes: ReadonlySet<string> | undefined;

beforeAll(async () => {
  desk = await openGatewayDesk(inOrder(), { identify: async () => ({ principal: "test", scopes }) });
});
afterAll(() => desk[Symbol.asyncDispose]());

/** What the model is shown where a client names these tools. */
async function shown(tools: unknown): Promise<MessagesRequest> {
  let seen: MessagesRequest | undefined;
  desk.model.script = (request) => {
    seen = request;
    return turn("Yes.");
  };
  await ask(desk, { tools });
  return seen ?? expect.fail("the model was not asked");
}

const names = ({ tools = [] }: MessagesRequest) => tools.map(({ name }) => name);
const OWN = { name: "weather", description: "The weather.", input_schema: { type: "object", properties: {} } };

describe("a client's tools", () => {
  it("support stands for all of the desk's that the caller's scopes open, with the lab's description too", async () => {
    scopes = undefined;
    expect(names(await shown([{ name: "support", description: "Manages tickets." }]))).toEqual(
      expect.arrayContaining(["handle_ticket", "respond_to_ticket", "search_tickets", "look_up_customer"]),
    );
    scopes = new Set(["tickets:read"]);
    expect(names(await shown([{ name: "support" }]))).toEqual(["handle_ticket", "search_tickets", "list_conversation"]);
    scopes = new Set(ALL);
  });

  it("a single name gives that tool with its generated schema", async () => {
    const { tools = [] } = await shown([{ name: "respond_to_ticket" }]);
    expect(tools).toMatchObject([
      { name: "respond_to_ticket", input_schema: { type: "object", required: ["ticket_id", "response"] } },
    ]);
  });

  it("its own and the model API's pass through untouched", async () => {
    const search = { type: "web_search_20260318", name: "web_search", max_uses: 3 };
    expect((await shown([OWN, search, { name: "handle_ticket" }])).tools).toMatchObject([
      OWN,
      search,
      { name: "handle_ticket" },
    ]);
  });

  it("without any of the desk's the gateway is a way to the model, and says nothing of its own", async () => {
    const request = await shown([OWN]);
    expect(request.system).toBeUndefined();
    expect(request.tools).toEqual([OWN]);
  });

  it.each([
    [[{ name: "handle_tickets" }], "tools.0.name: handle_tickets is no tool of the desk. Did you mean handle_ticket?"],
    [[{ name: "support" }, { ...OWN, name: "handle_ticket" }], "tools: handle_ticket is a tool of the desk as well."],
    [[{ description: "nameless" }], 'tools.0: must be an object with a name, such as {"name": "support"}.'],
  ])("%j is refused with what is wrong", async (tools, message) => {
    await expect(ask(desk, { tools })).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      apiMessage: expect.stringContaining(message),
    });
  });
});

describe("tools that the client has to run", () => {
  const tools = [{ name: "support" }, OWN];
  const done = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "Rain." });

  it("are handed back alone where the model asks for no other", async () => {
    const asked = use("weather");
    desk.model.script = inOrder(turn("Let me see.", asked));
    const answer = await ask(desk, { tools });
    expect(answer).toMatchObject({ stop_reason: "tool_use", content: [{ type: "text" }, asked] });
    let seen: MessagesRequest | undefined;
    desk.model.script = (request) => {
      seen = request;
      return turn("It rains.");
    };
    const messages = [
      ASK,
      { role: "assistant", content: answer.content },
      { role: "user", content: [done(asked.id ?? "")] },
    ];
    expect(texts(await ask(desk, { tools, messages }))).toEqual(["It rains."]);
    expect(seen?.messages).toHaveLength(3);
  });

  it("in one turn with the desk's: the desk's are run, the client's handed back, and nothing is done twice", async () => {
    const asked = use("weather");
    const note = { ticket_id: "TKT-1001", body: "Asked for the weather." };
    desk.model.script = inOrder(
      turn("First the ticket.", use("handle_ticket", { ticket_id: "TKT-1001" })),
      turn("Both now.", use("add_internal_note", note), asked),
    );
    const answer = await ask(desk, { tools });
    expect(answer.stop_reason).toBe("tool_use");
    expect(answer.content.map(({ type }) => type)).toEqual(["text", "text", "tool_use", "redacted_thinking"]);
    expect(answer.content.find(({ type }) => type === "tool_use")).toMatchObject({ id: asked.id, name: "weather" });
    expect(await desk.conversation("TKT-1001")).toEqual([note.body]);

    desk.model.script = (request) => {
      expect(request.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user"]);
      expect(resultsIn(request).map(({ name, text }) => [name, text.slice(0, 5)])).toEqual([
        ["add_internal_note", expect.any(String)],
        ["weather", "Rain."],
      ]);
      return turn("It rains, and I noted it.");
    };
    const messages = [
      ASK,
      { role: "assistant", content: answer.content },
      { role: "user", content: [done(asked.id ?? ""), { type: "text", text: "Go on." }] },
    ];
    const last = await ask(desk, { tools, messages });
    expect(texts(last)).toEqual(["It rains, and I noted it."]);
    expect(await desk.conversation("TKT-1001")).toEqual([note.body]);
    expect(desk.model.refused).toEqual([]);
  });

  it("a changed block of the desk's own steps is refused with what to do", async () => {
    const block = { type: "redacted_thinking", data: "deskwire-1.AAAA" };
    const messages = [ASK, { role: "assistant", content: [block] }, ASK];
    await expect(ask(desk, { messages })).rejects.toMatchObject({
      status: 400,
      apiMessage: expect.stringContaining("Send the answer back as it came."),
    });
  });
});
