import { describe, expect, it } from "vitest";
import type { CallContext, JsonObject } from "../../adapter/catalog.ts";
import { message } from "./desk.ts";
import { call, catalog, error, recorder, registry } from "./tool-calls.ts";

describe("arguments", () => {
  const respond = async (args: JsonObject, more?: Partial<CallContext>) => {
    const { requests, headers, take } = recorder(() => message(registry, "RespondToTicketResponse"));
    const result = await call(catalog({ respondToTicket: take }), "respond_to_ticket", args, more);
    return { request: requests[0], header: headers[0], result };
  };

  it.each(["TKT-1001", "tkt-1001", "1001", 1001, " Tkt-1001 "])("take %j for TKT-1001", async (id) => {
    const { request } = await respond({ ticket_id: id, response: "Hello" });
    expect(request).toMatchObject({ ticketId: "TKT-1001", response: "Hello" });
  });

  it.each(["in_progress", "IN_PROGRESS", "TICKET_STATUS_IN_PROGRESS", "In Progress", "in-progress"])(
    "take %j for in_progress",
    async (status) => {
      const { request } = await respond({ ticketId: "TKT-1", response: "Hello", update_status: status });
      expect(request).toMatchObject({ updateStatus: 2 });
    },
  );

  it("take JSON names for proto names, and null for absent", async () => {
    const { request } = await respond({ ticketId: "TKT-1", response: "x", addCustomerNote: true, updateStatus: null });
    expect(request).toMatchObject({ ticketId: "TKT-1", addCustomerNote: true });
    expect(request).not.toHaveProperty("updateStatus");
  });

  it("get the nearest right name for a typo, and reach no service", async () => {
    const { request, result } = await respond({ tiket_id: "TKT-1", response: "x" });
    expect(request).toBeUndefined();
    expect(error(result)).toEqual({
      code: "invalid_argument",
      reason: "INVALID_ARGUMENTS",
      message: "$.tiket_id: tiket_id is not known. Did you mean ticket_id?",
      violations: [
        {
          path: "$.tiket_id",
          rule: "unknown_argument",
          message: "tiket_id is not known. Did you mean ticket_id?",
        },
      ],
      retry: "after_change",
    });
  });

  it("that are named at any length, or nested without end, are refused in few words", async () => {
    const deep = JSON.parse("[".repeat(50_000) + "]".repeat(50_000));
    for (const args of [{ ["x".repeat(100_000)]: 1 }, { response: deep }, { unknown: deep }]) {
      const { request, result } = await respond({ ticket_id: "TKT-1", ...args });
      expect(request).toBeUndefined();
      expect(error(result)).toMatchObject({ code: "invalid_argument", reason: "INVALID_ARGUMENTS" });
      expect(JSON.stringify(result).length).toBeLessThan(3_000);
    }
  });

  it("of the wrong type are told where, what came and what is allowed", async () => {
    const { result } = await respond({ ticket_id: "TKT-1", response: ["x"], update_status: "opne" });
    expect(error(result).violations).toEqual([
      {
        path: "$.response",
        rule: "wrong_type",
        message: "Must be a string, got an array.",
        allowed: "a string, 1 to 10,000 characters",
      },
      {
        path: "$.update_status",
        rule: "not_allowed",
        message: 'Must be open, in_progress, resolved or closed, got the string "opne". Did you mean open?',
        allowed: "one of open, in_progress, resolved or closed",
      },
    ]);
  });

  it("may not hold what the service sets", async () => {
    const { result } = await respond({ ticket_id: "TKT-1", response: "x", answered_by: "me" });
    expect(error(result).violations).toMatchObject([{ path: "$.answered_by", rule: "output_only" }]);
  });

  it.each([[[]], ["text"], [7]])("must be an object, not %j", async (args) => {
    const { result } = await respond(args as never);
    expect(error(result)).toMatchObject({ code: "invalid_argument", violations: [{ path: "$", rule: "wrong_type" }] });
  });

  it("that break a rule come back with the rule, its place and what is allowed", async () => {
    const { result } = await respond({ ticket_id: "TKT-1", response: "" });
    expect(error(result)).toMatchObject({
      code: "invalid_argument",
      reason: "VALIDATION_FAILED",
      retry: "after_change",
      violations: [{ path: "$.response", rule: "string.min_len", allowed: "a string, 1 to 10,000 characters" }],
    });
  });

  it("lose the boundary around text that was copied out of a result", async () => {
    const desk = catalog({ getTicket: () => message(registry, "Ticket", { subject: "My words" }) });
    const { structuredContent } = await call(desk, "get_ticket", { ticket_id: "1" });
    const { request } = await respond({ ticket_id: "1", response: `You wrote: ${structuredContent.subject}!` });
    expect(request).toMatchObject({ response: "You wrote: My words!" });
  });

  it("get the client's key as request_id, in the form that the field wants", async () => {
    const args = { ticket_id: "1", response: "x" };
    const first = await respond(args, { requestKey: "client-key-1" });
    const again = await respond(args, { requestKey: "client-key-1" });
    const other = await respond(args, { requestKey: "client-key-2" });
    expect(first.request?.requestId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(again.request?.requestId).toBe(first.request?.requestId);
    expect(other.request?.requestId).not.toBe(first.request?.requestId);
  });

  it("keep a request_id of their own", async () => {
    const own = "123e4567-e89b-12d3-a456-426614174000";
    const { request } = await respond({ ticket_id: "1", response: "x", request_id: own }, { requestKey: "other" });
    expect(request).toMatchObject({ requestId: own });
  });

  it("travel with the headers of the call", async () => {
    const { header } = await respond({ ticket_id: "1", response: "x" }, { headers: { traceparent: "00-ab" } });
    expect(header?.get("traceparent")).toBe("00-ab");
  });
});
