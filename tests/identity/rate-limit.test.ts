// Rate limits: per caller and per tool, on every way in, with how long to wait.
import { Code, type ConnectError, createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { readConfig } from "../../runtime/config.ts";
import { metadataOf, reasonOf, retryDelayOf } from "../../runtime/errors.ts";
import { parseRate } from "../../runtime/identity/rate.ts";
import { RateLimiter } from "../../runtime/identity/rate-limit.ts";
import { connect, eras } from "../mcp/servers.ts";
import { type GuardedDesk, guardedDesk } from "./guarded-desk.ts";

describe("a limit", () => {
  test("lets a burst through, and then one for each share of the time", () => {
    let now = 0;
    const limiter = new RateLimiter({ callers: parseRate("60/min"), calls: new Map() }, () => now);
    const take = (principal = "key:a", own = undefined as ReturnType<typeof parseRate>) => {
      try {
        limiter.countCaller(principal, own);
        return 0;
      } catch (error) {
        expect(reasonOf(error)).toBe("RATE_LIMITED");
        return retryDelayOf(error as ConnectError);
      }
    };
    for (let call = 0; call < 60; call++) expect(take()).toBe(0);
    expect(take()).toBe(1_000);
    now += 400;
    expect(take()).toBe(600);
    // Who is refused loses nothing by having asked.
    now += 600;
    expect([take(), take()]).toEqual([0, 1_000]);
    // Others have buckets of their own, and limits where their key has one.
    expect(take("key:b")).toBe(0);
    expect([take("key:c", parseRate("1/h")), take("key:c", parseRate("1/h"))]).toEqual([0, 3_600_000]);
    now += 10 * 60_000;
    for (let call = 0; call < 60; call++) expect(take()).toBe(0);
    expect(take()).toBe(1_000);
  });

  test("is written as a count and a time, and refused otherwise with what is allowed", () => {
    expect(readConfig({}).RATE_LIMIT).toEqual({ count: 600, perMs: 60_000, text: "600/min" });
    expect(readConfig({ RATE_LIMIT: "none" }).RATE_LIMIT).toBeUndefined();
    const limits = readConfig({ TOOL_RATE_LIMITS: "respond_to_ticket=30/min, TicketService/ListEvents=1/s" });
    expect([...limits.TOOL_RATE_LIMITS.keys()]).toEqual(["respond_to_ticket", "TicketService/ListEvents"]);
    for (const wrong of [{ RATE_LIMIT: "many" }, { RATE_LIMIT: "0/s" }, { TOOL_RATE_LIMITS: "handle_ticket" }]) {
      expect(() => readConfig(wrong)).toThrow(/such as/);
    }
  });
});

describe("a desk with limits", () => {
  let desk: GuardedDesk;
  let fast: string;
  let slow: string;
  beforeAll(async () => {
    const environment = { RATE_LIMIT: "1000/h", TOOL_RATE_LIMITS: "search_tickets=2/h,TicketService/ListEvents=1/h" };
    desk = await guardedDesk({ environment });
    fast = await desk.key("tickets:read");
    slow = await desk.keys.create({ name: "slow", scopes: ["tickets:read"], rateLimit: "3/h" });
  });
  afterAll(() => desk[Symbol.asyncDispose]());
  const post = (key: string, method = "ListTickets") =>
    fetch(`${desk.url}/deskwire.ticket.v1.TicketService/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": key },
      body: "{}",
    });
  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it was let in"),
      (error: ConnectError) => error,
    );

  test("answers 429 with retry-after over HTTP, resource_exhausted with RetryInfo over gRPC, 429 at /mcp", async () => {
    for (let call = 0; call < 3; call++) expect((await post(slow)).status).toBe(200);
    const refused = await post(slow);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(1_000);
    expect(((await refused.json()) as { code: string }).code).toBe("resource_exhausted");
    const error = await refusal(createClient(TicketService, desk.transport({ "x-api-key": slow })).listTickets({}));
    expect([error.code, reasonOf(error)]).toEqual([Code.ResourceExhausted, "RATE_LIMITED"]);
    expect(retryDelayOf(error)).toBeGreaterThan(1_000_000);
    const mcp = await fetch(desk.mcp, { method: "POST", headers: { "x-api-key": slow }, body: "{}" });
    expect([mcp.status, Number(mcp.headers.get("retry-after")) > 1_000]).toEqual([429, true]);
    // Nobody else is slowed down by it.
    expect((await post(fast)).status).toBe(200);
  });

  test("limits a method for each caller", async () => {
    const tickets = createClient(TicketService, desk.transport({ "x-api-key": fast }));
    expect((await tickets.listEvents({})).events).toEqual([]);
    const error = await refusal(tickets.listEvents({}));
    expect(reasonOf(error)).toBe("RATE_LIMITED");
    expect(error.rawMessage).toContain("TicketService/ListEvents is limited to 1/h");
    expect((await tickets.listTickets({})).tickets).toEqual([]);
    expect(metadataOf(error)).toEqual({});
  });

  test.each(eras)("limits a tool for each caller, a client of %s among them", async (era) => {
    await using client = await connect(desk.mcp, era, { "x-api-key": await desk.key("tickets:read") });
    for (let call = 0; call < 2; call++) expect((await client.call("search_tickets")).isError).toBeUndefined();
    const refused = await client.call("search_tickets");
    expect(refused.structuredContent).toMatchObject({
      error: { code: "resource_exhausted", reason: "RATE_LIMITED", retry: "later", retry_after_ms: expect.any(Number) },
    });
  });
});

test("a desk that asks nobody limits nobody, unless a tool is limited", async () => {
  await using desk = await guardedDesk({
    open: true,
    environment: { RATE_LIMIT: "1/h", TOOL_RATE_LIMITS: "search_tickets=1/h" },
  });
  const tickets = createClient(TicketService, desk.transport());
  for (let call = 0; call < 3; call++) await tickets.listTickets({});
  await using client = await connect(desk.mcp, "2026-07-28");
  expect((await client.call("search_tickets")).isError).toBeUndefined();
  expect((await client.call("search_tickets")).structuredContent).toMatchObject({ error: { reason: "RATE_LIMITED" } });
});
