// Requests that no message can be read from.
import { gzipSync } from "node:zlib";
import { fromJson, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UpdateCustomerRequestSchema } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { codeOf } from "../fuzz/verdict.ts";
import { Wire, type WireRequest } from "../fuzz/wire.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";

let desk: TestDesk;
let wire: Wire;
beforeAll(async () => {
  desk = await openTestDesk({ parts: ["crm", "ticket"] });
  wire = new Wire((await desk.listen()).url);
});
afterAll(async () => {
  wire[Symbol.dispose]();
  await desk[Symbol.asyncDispose]();
});

const frame = (data: Buffer, flags = 0) =>
  Buffer.concat([Buffer.from([flags, 0, data.length >> 16, (data.length >> 8) & 255, data.length & 255]), data]);

async function send(type: string, body: Buffer, method = "ticket.v1.TicketService/ListTickets", more = {}) {
  const request: WireRequest = {
    ...{ version: "h2", method: "POST", path: `/deskwire.${method}` },
    ...{ headers: { "content-type": type, te: "trailers", ...more }, body },
  };
  return wire.send(request, 5_000);
}

async function post(...request: Parameters<typeof send>): Promise<string> {
  return codeOf(await send(...request));
}

test.each([
  ["application/grpc", { "grpc-timeout": "9".repeat(9_000) }],
  ["application/json", { "connect-timeout-ms": "9".repeat(9_000) }],
  ["application/proto", { "connect-timeout-ms": "9".repeat(9_000) }],
])("a deadline that is none is refused with a reason, and not said at any length: %s", async (type, more) => {
  const { headers, body } = await send(type, frame(Buffer.alloc(0)), undefined, more);
  const details = headers["grpc-status-details-bin"];
  const told = details === undefined ? body.toString() : Buffer.from(String(details), "base64").toString();
  expect(told).toContain("INVALID_ARGUMENT");
  expect(told.length).toBeLessThan(2_000);
});

describe("a request is invalid_argument, never internal and never without an answer,", () => {
  test.each([
    ["application/proto", (data: Buffer) => data],
    ["application/grpc", frame],
    ["application/grpc-web+proto", frame],
  ])("when its bytes are no message: %s", async (type, wrap) => {
    expect(await post(type, wrap(Buffer.from([0x0f])))).toBe("invalid_argument");
  });

  test("when a message of a stream of them is none", async () => {
    const importTickets = "ticket.v1.TicketService/ImportTickets";
    expect(await post("application/grpc", frame(Buffer.from([0x0f])), importTickets)).toBe("invalid_argument");
    expect(await post("application/connect+proto", frame(Buffer.from([0x0f])), importTickets)).toBe("invalid_argument");
  });

  test.each(["application/json", "application/proto"])("when it is cut off and compressed: %s", async (type) => {
    const body = gzipSync("x".repeat(100)).subarray(0, 20);
    expect(await post(type, body, "ticket.v1.TicketService/ListTickets", { "content-encoding": "gzip" })).toBe(
      "invalid_argument",
    );
  });

  const latin1 = Buffer.from('{"statuses": [], "query": "M\xfcller"}', "latin1");
  const protobuf = Buffer.concat([Buffer.from([0x1a, 6]), Buffer.from("M\xfcller", "latin1")]);
  test.each([
    ["application/json", latin1, {}],
    ["application/json", gzipSync(latin1), { "content-encoding": "gzip" }],
    ["application/grpc+json", frame(latin1), {}],
    ["application/grpc-web+json", frame(latin1), {}],
    ["application/proto", protobuf, {}],
    ["application/grpc", frame(protobuf), {}],
    ["application/grpc-web+proto", frame(protobuf), {}],
  ])("when its text is not in UTF-8: %s %#", async (type, body, more) => {
    expect(await post(type, body, "ticket.v1.TicketService/ListTickets", more)).toBe("invalid_argument");
  });

  test("when a message of a stream is not in UTF-8", async () => {
    const body = Buffer.from('{"rows": [{"subject": "M\xfcller"}]}', "latin1");
    const importTickets = "ticket.v1.TicketService/ImportTickets";
    expect(await post("application/grpc+json", frame(body), importTickets)).toBe("invalid_argument");
    expect(await post("application/connect+json", frame(body), importTickets)).toBe("invalid_argument");
  });

  test.each([
    ["escaped", `message=${encodeURIComponent('{"query":"M')}%FC${encodeURIComponent('ller"}')}`],
    ["in base64", `base64=1&message=${latin1.toString("base64url")}`],
  ])("when the query of a GET is not in UTF-8, %s", async (_, query) => {
    const path = `/deskwire.ticket.v1.TicketService/ListTickets?connect=v1&encoding=json&${query}`;
    const answer = await wire.send({ version: "h2", method: "GET", path, headers: {}, body: Buffer.alloc(0) }, 5_000);
    expect(codeOf(answer)).toBe("invalid_argument");
    expect(answer.body.toString()).toContain("JSON_MALFORMED");
  });

  test("when it is compressed in no known way", async () => {
    expect(await post("application/grpc", frame(Buffer.from([0]), 1))).toBe("invalid_argument");
  });

  test("when it quotes what no header can carry", async () => {
    const body = frame(Buffer.from(JSON.stringify({ statuses: ["\ud800"] })));
    expect(await post("application/grpc+json", body)).toBe("invalid_argument");
    expect(await post("application/grpc-web+json", body)).toBe("invalid_argument");
  });

  test("when it breaks more rules, or at more length, than headers can hold", async () => {
    const many = Buffer.from([0x22, 0x87, 0x07, ...Buffer.alloc(903, 99)]);
    expect(await post("application/grpc", frame(many))).toBe("invalid_argument");
    const long = Buffer.from(JSON.stringify({ statuses: ["x".repeat(60_000)] }));
    expect(await post("application/grpc+json", frame(long))).toBe("invalid_argument");
  });

  test.each(["application/grpc+json", "application/grpc-web+json", "application/grpc"])(
    "when the keys of a map that break its rules are longer than headers can hold: %s",
    async (type) => {
      const attributes = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`${n}${"é".repeat(3_000)}`, "x"]));
      const request = { customer: { name: "customers/Ada", attributes }, updateMask: "attributes" };
      const json = Buffer.from(JSON.stringify(request));
      const data = type.endsWith("json")
        ? json
        : toBinary(UpdateCustomerRequestSchema, fromJson(UpdateCustomerRequestSchema, request));
      expect(await post(type, frame(Buffer.from(data)), "crm.v1.CrmService/UpdateCustomer")).toBe("invalid_argument");
    },
  );
});
