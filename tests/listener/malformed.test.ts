// Requests that no message can be read from.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf } from "../fuzz/verdict.ts";
import { Wire, type WireRequest } from "../fuzz/wire.ts";
import { openTestDesk, type TestDesk } from "../support/desk.ts";

let desk: TestDesk;
let wire: Wire;
beforeAll(async () => {
  desk = await openTestDesk({ parts: ["ticket"] });
  wire = new Wire((await desk.listen()).url);
});
afterAll(async () => {
  wire[Symbol.dispose]();
  await desk[Symbol.asyncDispose]();
});

const frame = (data: Buffer, flags = 0) =>
  Buffer.concat([Buffer.from([flags, 0, 0, data.length >> 8, data.length & 255]), data]);

async function post(type: string, body: Buffer, method = "ListTickets"): Promise<string> {
  const request: WireRequest = {
    ...{ version: "h2", method: "POST", path: `/deskwire.ticket.v1.TicketService/${method}` },
    ...{ headers: { "content-type": type, te: "trailers" }, body },
  };
  return codeOf(await wire.send(request, 5_000));
}

describe("a request is invalid_argument, never internal and never without an answer,", () => {
  test.each([
    ["application/proto", (data: Buffer) => data],
    ["application/grpc", frame],
    ["application/grpc-web+proto", frame],
  ])("when its bytes are no message: %s", async (type, wrap) => {
    expect(await post(type, wrap(Buffer.from([0x0f])))).toBe("invalid_argument");
  });

  test("when a message of a stream of them is none", async () => {
    expect(await post("application/grpc", frame(Buffer.from([0x0f])), "ImportTickets")).toBe("invalid_argument");
    expect(await post("application/connect+proto", frame(Buffer.from([0x0f])), "ImportTickets")).toBe(
      "invalid_argument",
    );
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
});
