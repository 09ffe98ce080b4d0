import { Code } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { expect, test } from "vitest";
import { fail, fitText, metadataOf } from "./errors.ts";

/** As HTTP/2 counts them (RFC 9113, section 6.5.2). */
function headerBytes(headers: Headers): number {
  return [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
}

test.each(["x", '"', "é", "漢", "😀", "\ud83d"])(
  "an error of many %j fits into the headers that clients of gRPC take",
  (text) => {
    const long = text.repeat(60_000);
    const error = fail(Code.NotFound, "NOTHING_HERE", long, { value: long });
    expect(headerBytes(setTrailerStatus(new Headers(), error))).toBeLessThan(8_192);
  },
);

test("a text is cut between characters, and says so", () => {
  expect(fitText("漢字", 6)).toBe("漢字");
  expect(fitText("漢字です", 11)).toBe("漢字…");
  expect(fitText("a😀😀", 8)).toBe("a😀…");
});

test("what is short enough stays as it is", () => {
  expect(metadataOf(fail(Code.NotFound, "NOTHING_HERE", "No.", { value: "Ä" }))).toEqual({ value: "Ä" });
});
