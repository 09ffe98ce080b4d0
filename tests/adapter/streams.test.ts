// Tools of streaming methods, and calls that are cut off.
import { setTimeout as delay } from "node:timers/promises";
import type { HandlerContext } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../adapter/catalog.ts";
import { message } from "./desk.ts";
import { call, catalog, error, registry } from "./tool-calls.ts";

describe("streams", () => {
  const event = (number: number, text = "Hello") => message(registry, "TicketEvent", { number, text });

  it("from the service are told one by one and collected", async () => {
    const told: [number, unknown][] = [];
    const desk = catalog({
      async *watchTicket() {
        yield event(1);
        yield event(2);
      },
    });
    const progress = (count: number, json: JsonObject) => told.push([count, json.number]);
    const { structuredContent } = await call(desk, "watch_ticket", { ticket_id: "1" }, { progress });
    expect(told).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(structuredContent.messages).toMatchObject([{ number: 1 }, { number: 2 }]);
  });

  it("without an end are ended at the bound", async () => {
    let ended = false;
    const desk = catalog(
      {
        async *watchTicket() {
          try {
            for (let number = 1; ; number++) yield event(number, "x".repeat(100));
          } finally {
            ended = true;
          }
        },
      },
      { maxResultTokens: 2_000 },
    );
    const { structuredContent } = await call(desk, "watch_ticket", { ticket_id: "1" });
    expect(structuredContent.truncated).toMatch(/^Only the first \d+ messages were collected: the stream went on\./);
    expect(Buffer.byteLength(JSON.stringify(structuredContent)) / 3.5).toBeLessThanOrEqual(2_000);
    await expect.poll(() => ended).toBe(true);
  });

  it("that outlast the deadline give what came until then", async () => {
    const desk = catalog(
      {
        async *watchTicket(_: never, { signal }: HandlerContext) {
          yield event(1);
          await delay(60_000, undefined, { signal });
        },
      },
      { timeoutMs: 200 },
    );
    const { structuredContent } = await call(desk, "watch_ticket", { ticket_id: "1" });
    expect(structuredContent).toMatchObject({
      truncated: "The stream had not ended when the time was up; this is what came until then.",
      messages: [{ number: 1 }],
    });
  });

  it("to the service take an array, and name the item that is wrong", async () => {
    const taken: string[] = [];
    const desk = catalog({
      async importTickets(tickets: AsyncIterable<{ ticketId: string }>) {
        for await (const { ticketId } of tickets) taken.push(ticketId);
        return message(registry, "ImportSummary", { taken: taken.length });
      },
    } as never);
    const messages = [{ ticket_id: "1" }, { ticket_id: "tkt-2" }];
    expect((await call(desk, "import_tickets", { messages })).structuredContent).toEqual({ taken: 2 });
    expect(taken).toEqual(["TKT-1", "TKT-2"]);
    const wrong = await call(desk, "import_tickets", { messages: [{}, { status: "lost" }] });
    expect(error(wrong).violations).toMatchObject([
      { path: "$.messages[1].status", allowed: expect.stringMatching(/^one of/) },
    ]);
  });

  it("in both directions take an array and give one", async () => {
    const desk = catalog({
      async *chat(events: AsyncIterable<unknown>) {
        yield* events;
      },
    } as never);
    const { structuredContent } = await call(desk, "chat", { messages: [{ number: 1 }, { number: 2 }] });
    expect(structuredContent.messages).toMatchObject([{ number: 1 }, { number: 2 }]);
  });
});

describe("cancellation", () => {
  it("reaches the service and comes back as an error", async () => {
    const client = new AbortController();
    let seen: AbortSignal | undefined;
    const desk = catalog({
      async getTicket(_: never, { signal }: HandlerContext) {
        seen = signal;
        client.abort();
        await delay(60_000, undefined, { signal });
      },
    });
    const result = await call(desk, "get_ticket", { ticket_id: "1" }, { signal: client.signal });
    expect(seen?.aborted).toBe(true);
    expect(error(result)).toMatchObject({ code: "canceled", retry: "no" });
  });
});
