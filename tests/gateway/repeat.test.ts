// A request that is sent again: nothing that was written is written twice, and what was done is not done again.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { type LoopOptions, NOBODY, work } from "../../gateway/loop.ts";
import type { Run } from "../../gateway/run.ts";
import { createUpstream } from "../../gateway/upstream.ts";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { inOrder, type MessagesRequest, resultsIn, turn, use } from "../support/messages-api/script.ts";
import { MODEL_KEY, startMessagesApi } from "../support/messages-api/server.ts";
import { DeskProcess, eventually } from "../support/processes.ts";
import { ask, type GatewayDesk, openGatewayDesk, request, startedRun, texts } from "./desk.ts";

let desk: GatewayDesk;

beforeAll(async () => {
  desk = await openGatewayDesk(inOrder());
});
afterAll(() => desk[Symbol.asyncDispose]());

const about = (ticket: string) => ({ messages: [{ role: "user", content: `Handle ticket ${ticket}.` }] });
const reply = (ticket_id: string, response: string) => use("respond_to_ticket", { ticket_id, response });
const keyed = (key: string) => ({ headers: { "idempotency-key": key } });

describe("a request that broke off", () => {
  it("goes on where it was, when the client that hung up asks again", async () => {
    desk.model.script = inOrder(turn("I answer.", reply("TKT-1002", "Try the new link.")), "hang");
    const hangUp = new AbortController();
    const first = ask(desk, about("TKT-1002"), { signal: hangUp.signal }).catch(() => "gone");
    const asked = await eventually(async () => desk.model.received[1]);
    hangUp.abort();
    await Promise.all([first, asked.hungUp]);
    let seen: MessagesRequest | undefined;
    desk.model.script = (it) => {
      seen = it;
      return turn("Answered.");
    };
    const answer = await eventually(() => ask(desk, about("TKT-1002")));
    expect(texts(answer)).toEqual(["I answer.", "Answered."]);
    expect(seen && resultsIn(seen)).toMatchObject([{ name: "respond_to_ticket", is_error: false }]);
    expect(await desk.conversation("TKT-1002")).toEqual(["Try the new link."]);
  });

  it("streams what was said before it broke off, and goes on", async () => {
    desk.model.script = inOrder(turn("First.", use("handle_ticket", { ticket_id: "TKT-1004" })), {
      status: 400,
      type: "invalid_request_error",
    });
    await expect(ask(desk, about("TKT-1004"))).rejects.toMatchObject({ status: 400 });
    desk.model.script = inOrder(turn("Second."));
    const message = await desk.client.messages.stream(request(about("TKT-1004"))).finalMessage();
    expect(texts(message)).toEqual(["First.", "Second."]);
  });

  it("survives a killed desk: the restarted one goes on, and the customer has one reply", async () => {
    const folder = await mkdtemp(join(tmpdir(), "deskwire-repeat-"));
    await using model = await startMessagesApi(inOrder(turn(reply("TKT-1001", "We look into it.")), "hang"));
    const environment = { DATA_DIR: folder, CLAUDE_API_KEY: MODEL_KEY, ANTHROPIC_BASE_URL: model.url };
    const clientOf = ({ url }: DeskProcess) => new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
    {
      await using killed = await DeskProcess.start([], environment);
      const lost = clientOf(killed)
        .messages.create(request())
        .catch(() => "lost");
      await eventually(async () => model.received[1]);
      await killed.stop("SIGKILL");
      expect(await lost).toBe("lost");
    }
    await using again = await DeskProcess.start([], environment);
    model.script = (it) => {
      expect(resultsIn(it)).toMatchObject([{ name: "respond_to_ticket" }]);
      return turn("Done.");
    };
    expect(texts(await clientOf(again).messages.create(request()))).toEqual(["Done."]);
    const transport = remoteTransport(again.url);
    const { messages } = await createClient(TicketService, transport).listTicketMessages({ ticketId: "TKT-1001" });
    expect(messages.map(({ body }) => body)).toEqual(["We look into it."]);
    transport.close();
    await rm(folder, { recursive: true, force: true });
  });
});

it("a run that ends between a write and its note of it writes nothing twice when it is taken up", async () => {
  const { catalog } = desk.desk;
  const tools = new Map(catalog?.tools.map((tool) => [tool.definition.name, tool]));
  const upstream = createUpstream({ apiKey: MODEL_KEY, baseUrl: desk.model.url, log: () => {} });
  const stored: string[] = [];
  const options = (save: (run: Run) => Promise<void>): LoopOptions => ({
    ...{ upstream, save, watcher: NOBODY, modelHeaders: {}, signal: new AbortController().signal },
    limits: { maxTurns: 5, maxTokens: 1_000, maxMs: 10_000 },
    toolbox: { definitions: [], ours: tools, theirs: new Set() },
    headers: {},
  });
  desk.model.script = inOrder(turn(reply("TKT-1003", "The parcel is found.")), turn("Done."));
  const run = startedRun("run_between");
  // The second time it would note what the tool answered; the process dies just before.
  const dies = work(
    run,
    options(async (it) => void (stored.push(JSON.stringify(it)) > 1 && expect.fail("killed"))),
  );
  await expect(dies).rejects.toThrow("killed");
  const before = await desk.conversation("TKT-1003");
  expect(before).toContain("The parcel is found.");
  const again: Run = JSON.parse(stored[0] ?? "");
  expect(
    await work(
      again,
      options(async () => {}),
    ),
  ).toBe("end_turn");
  expect(again.tools).toMatchObject([{ name: "respond_to_ticket", replayed: true }]);
  expect(await desk.conversation("TKT-1003")).toEqual(before);
});

describe("an Idempotency-Key", () => {
  it("stands for one request: sent again it has the same answer, and neither model nor tools are asked", async () => {
    desk.model.script = inOrder(
      turn("I note it.", use("add_internal_note", { ticket_id: "TKT-1005", body: "Seen." })),
      turn("Done."),
    );
    const first = await ask(desk, about("TKT-1005"), keyed("one"));
    const { data, response } = await desk.client.messages
      .create(request(about("TKT-1005")), keyed("one"))
      .withResponse();
    expect(data).toEqual(first);
    expect(response.headers.get("deskwire-replayed")).toBe("true");
    expect(await desk.conversation("TKT-1005")).toEqual(["Seen."]);
    const streamed = await desk.client.messages.stream(request(about("TKT-1005")), keyed("one")).finalMessage();
    expect(streamed).toMatchObject({ id: first.id, content: first.content, stop_reason: "end_turn" });
  });

  it("is refused for another request", async () => {
    desk.model.script = inOrder(turn("Yes."));
    await ask(desk, about("TKT-1003"), keyed("two"));
    await expect(ask(desk, about("TKT-1004"), keyed("two"))).rejects.toMatchObject({
      status: 409,
      type: "conflict_error",
    });
    await expect(ask(desk, {}, keyed("x".repeat(300)))).rejects.toMatchObject({ status: 400 });
  });

  it("belongs to its caller", async () => {
    const who = { principal: "a" };
    await using shared = await openGatewayDesk(inOrder(turn("For a."), turn("For b.")), {
      identify: async () => ({ ...who }),
    });
    expect(texts(await ask(shared, {}, keyed("same")))).toEqual(["For a."]);
    who.principal = "b";
    expect(texts(await ask(shared, {}, keyed("same")))).toEqual(["For b."]);
  });

  it("of a request at work is refused for now, and the SDK that tries again gets the answer", async () => {
    const { promise: held, resolve: goOn } = Promise.withResolvers<void>();
    desk.model.script = inOrder({ ...turn("Slowly done."), held });
    const before = desk.model.received.length;
    const first = ask(desk, about("TKT-1003"), keyed("three"));
    await eventually(async () => desk.model.received.length > before);
    const error = await ask(desk, about("TKT-1003"), keyed("three")).catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 409, apiMessage: expect.stringContaining("is being worked on") });
    expect(error.headers.get("retry-after")).toBe("2");
    const patient = ask(desk, about("TKT-1003"), { ...keyed("three"), maxRetries: 3 });
    goOn();
    expect(await patient).toEqual(await first);
  });
});

describe("without a key", () => {
  it("the same conversation is a new request once its answer has arrived", async () => {
    desk.model.script = inOrder(turn("Once."), turn("Twice."));
    const ask1 = await ask(desk, about("TKT-1001"));
    const again = await eventually(async () => {
      const answer = await ask(desk, about("TKT-1001"));
      return answer.deskwire.run !== ask1.deskwire.run && answer;
    });
    expect(texts(again)).toEqual(["Twice."]);
  });

  it("an SDK that says it asks again gets the answer that it missed", async () => {
    desk.model.script = inOrder(turn("Only once."));
    const first = await ask(desk, { ...about("TKT-1001"), system: "missed" });
    const again = await ask(
      desk,
      { ...about("TKT-1001"), system: "missed" },
      { headers: { "x-stainless-retry-count": "1" } },
    );
    expect(again).toEqual(first);
  });
});
