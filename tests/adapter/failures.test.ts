import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { buildCatalog } from "../../adapter/catalog/build-catalog.ts";
import { fail, failForNow } from "../../runtime/errors.ts";
import { serviceOf } from "./fixture.ts";
import { call, catalog, error, recorder, registry } from "./tool-calls.ts";

describe("errors", () => {
  const answer = async (thrown: unknown, name = "get_ticket") => {
    const desk = catalog({
      getTicket: () => Promise.reject(thrown),
      respondToTicket: () => Promise.reject(thrown),
    });
    const args = name === "get_ticket" ? { ticket_id: "1" } : { ticket_id: "1", response: "x" };
    return error(await call(desk, name, args));
  };

  it("tell code, reason, message and metadata", async () => {
    const thrown = fail(Code.NotFound, "TICKET_NOT_FOUND", "There is no ticket TKT-1.", { ticket_id: "TKT-1" });
    expect(await answer(thrown)).toEqual({
      code: "not_found",
      reason: "TICKET_NOT_FOUND",
      message: "There is no ticket TKT-1.",
      metadata: { ticket_id: "TKT-1" },
      retry: "after_change",
    });
  });

  it("tell when to try again", async () => {
    expect(await answer(failForNow(Code.ResourceExhausted, "SLOW_DOWN", "Too many calls.", 1_500))).toMatchObject({
      retry: "later",
      retry_after_ms: 1_500,
    });
  });

  it("warn that a write may have happened all the same, and tell no address of a transport", async () => {
    const refuse = () => Promise.reject(new ConnectError("connect ECONNREFUSED 10.0.0.7:5001", Code.Unavailable));
    const services = [serviceOf(registry, "DeskService")];
    const cut = buildCatalog({
      log: () => {},
      services,
      transport: { unary: refuse, stream: refuse },
      expose: "all",
      registry,
    });
    expect(error(await call(cut, "get_ticket", { ticket_id: "1" })).message).toBe(
      "The service cannot be reached right now.",
    );
    expect(error(await call(cut, "respond_to_ticket", { ticket_id: "1", response: "x" })).message).toBe(
      "The service cannot be reached right now. It may have taken effect all the same: check before calling again.",
    );
  });

  it.each([
    ["a bug", new TypeError("password is hunter2")],
    ["an internal error", new ConnectError("SELECT * FROM hunter2", Code.Internal)],
    ["an unknown error", new ConnectError("hunter2", Code.Unknown)],
    ["lost data", fail(Code.DataLoss, "HUNTER2", "hunter2", { file: "hunter2" })],
  ])("do not tell what %s says of the inside", async (_, thrown) => {
    const told = await answer(thrown);
    expect(JSON.stringify(told)).not.toMatch(/hunter2/i);
    expect(told.retry).toBe("no");
  });

  it("keep the incident number of what went wrong inside", async () => {
    expect((await answer(new TypeError("oops"))).metadata).toEqual({
      incident: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("refuse a caller without the scope, before the service is asked", async () => {
    const { requests, take } = recorder();
    const desk = catalog({ respondToTicket: take });
    const args = { ticket_id: "1", response: "x" };
    const result = await call(desk, "respond_to_ticket", args, { scopes: new Set(["tickets:read"]) });
    expect(error(result)).toMatchObject({ code: "permission_denied", reason: "SCOPE_MISSING" });
    expect(requests).toEqual([]);
  });
});
