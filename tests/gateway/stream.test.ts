// The stream of an answer: one well-formed message out of all turns, by the official SDK and by its bytes.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inOrder, turn, use } from "../support/messages-api/script.ts";
import { type Answered, ASK, type GatewayDesk, openGatewayDesk, request, texts } from "./desk.ts";

let desk: GatewayDesk;

beforeAll(async () => {
  desk = await openGatewayDesk(inOrder());
});
afterAll(() => desk[Symbol.asyncDispose]());

const read = () => use("handle_ticket", { ticket_id: "TKT-1001" });

interface Frame {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: { readonly type: string };
  readonly delta?: Readonly<Record<string, unknown>>;
  readonly deskwire?: unknown;
}

/** The events as they stand in the bytes. */
async function frames(response: Response): Promise<Frame[]> {
  const text = await response.text();
  return text.split("\n\n").flatMap((block) => {
    const [, event, data] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? [];
    if (data === undefined) return [];
    const frame: Frame = JSON.parse(data);
    expect(frame.type).toBe(event);
    return [frame];
  });
}

const post = (body: object) =>
  fetch(`${desk.url}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": "any" },
    body: JSON.stringify(body),
  });

describe("a streamed answer", () => {
  it("is one message of all turns for the official SDK", async () => {
    desk.model.script = inOrder(turn("I read it.", read()), turn("All is well with TKT-1001."));
    const stream = desk.client.messages.stream(request());
    let heard = "";
    stream.on("text", (text) => {
      heard += text;
    });
    const message = (await stream.finalMessage()) as unknown as Answered;
    expect(texts(message)).toEqual(["I read it.", "All is well with TKT-1001."]);
    expect(heard).toBe("I read it.All is well with TKT-1001.");
    expect(message).toMatchObject({ stop_reason: "end_turn", usage: { input_tokens: 20, output_tokens: 10 } });
    expect(message.deskwire).toMatchObject({ ticket: "TKT-1001", run: expect.stringMatching(/^run_/) });
  });

  it("begins and ends once, counts its blocks without a gap, and shows no use of the desk's tools", async () => {
    desk.model.script = inOrder(turn("One.", read(), use("search_tickets")), turn(read()), turn("Two.", "Three."));
    const response = await post({ ...(request() as object), stream: true });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const all = await frames(response);
    const events = all.filter(({ type }) => type !== "ping");
    expect(events.at(0)?.type).toBe("message_start");
    expect(events.at(-1)?.type).toBe("message_stop");
    expect(events.at(-2)).toMatchObject({ type: "message_delta", deskwire: { turns: 3, stopped_by: "end_turn" } });
    expect(events.filter(({ type }) => type === "message_start")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "message_delta")).toHaveLength(1);
    const starts = events.filter(({ type }) => type === "content_block_start");
    expect(starts.map(({ index, content_block }) => [index, content_block?.type])).toEqual([
      [0, "text"],
      [1, "text"],
      [2, "text"],
    ]);
    const open: number[] = [];
    for (const { type, index = -1 } of events) {
      if (type === "content_block_start") open.push(index);
      if (type === "content_block_delta") expect(open).toEqual([index]);
      if (type === "content_block_stop") expect(open.pop()).toBe(index);
    }
    expect(open).toEqual([]);
  });

  it("tells by pings, which every client passes over, what the desk's tools are doing", async () => {
    desk.model.script = inOrder(turn(read()), turn("Done."));
    const pings = (await frames(await post({ ...(request() as object), stream: true }))).filter(
      ({ deskwire }) => deskwire,
    );
    expect(pings.filter(({ type }) => type === "ping").map(({ deskwire }) => deskwire)).toMatchObject([
      { tool: { name: "handle_ticket", state: "started", input: { ticket_id: "TKT-1001" } } },
      { tool: { name: "handle_ticket", state: "done" } },
    ]);
  });

  it("comes as it is written, not at the end", async () => {
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    desk.model.script = inOrder({ ...turn("First words."), held });
    const stream = desk.client.messages.stream(request());
    const { promise: heard, resolve } = Promise.withResolvers<string>();
    stream.on("text", (_, all) => all === "First words." && resolve(all));
    expect(await heard).toBe("First words.");
    goOn();
    await stream.finalMessage();
  });

  it("hands back the client's tools with their arguments, and what is needed to go on", async () => {
    const own = { name: "weather", input_schema: { type: "object", properties: {} } };
    const asked = use("weather", { city: "Malmö", days: 3 });
    desk.model.script = inOrder(turn("Both.", read(), asked));
    const tools = [{ name: "support" }, own];
    const message = await desk.client.messages.stream(request({ tools })).finalMessage();
    expect(message.stop_reason).toBe("tool_use");
    expect(message.content).toMatchObject([{ type: "text" }, asked, { type: "redacted_thinking" }]);
    desk.model.script = inOrder(turn("It will rain."));
    const result = { type: "tool_result", tool_use_id: asked.id, content: "Rain." };
    const messages = [ASK, { role: "assistant", content: message.content }, { role: "user", content: [result] }];
    expect(texts(await desk.client.messages.stream(request({ tools, messages })).finalMessage())).toEqual([
      "It will rain.",
    ]);
    expect(desk.model.refused).toEqual([]);
  });

  it("passes a model's thinking through, with its signature", async () => {
    const thinking = { type: "thinking", thinking: "The customer was charged twice.", signature: "c2lnbmF0dXJl" };
    desk.model.script = inOrder(turn(thinking, "Done."));
    const message = await desk.client.messages.stream(request()).finalMessage();
    expect(message.content).toMatchObject([thinking, { type: "text", text: "Done." }]);
  });

  it("is an HTTP error as long as nothing was sent, and an error event after", async () => {
    desk.model.script = inOrder({ status: 400, type: "invalid_request_error", message: "too long" });
    const refused = await post({ ...(request() as object), stream: true });
    expect([refused.status, refused.headers.get("content-type")]).toEqual([400, "application/json"]);
    desk.model.script = inOrder({ ...turn("I was just", "saying"), breaks: { after: 4, how: "malformed" } });
    const broken = await frames(await post({ ...(request() as object), stream: true }));
    expect(broken.at(0)?.type).toBe("message_start");
    expect(broken.at(-1)).toMatchObject({
      type: "error",
      error: { type: "api_error" },
      request_id: expect.any(String),
    });
    desk.model.script = inOrder({
      ...turn("I was just", "saying"),
      breaks: { after: 4, how: { error: "overloaded_error" } },
    });
    const stream = desk.client.messages.stream(request());
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: "overloaded_error" });
  });
});
