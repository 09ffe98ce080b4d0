import { expect, test } from "vitest";
import { Received } from "./received.ts";

test("nothing has come before the first piece", () => {
  const received = new Received();
  expect([received.length, received.bytes]).toEqual([0, Buffer.alloc(0)]);
});

test("pieces come together, and are left as they were", () => {
  const pieces = ["a", "", "bc", "defghij", "k"].map((text) => Buffer.from(text));
  const received = new Received();
  for (const piece of pieces) received.push(piece);
  expect(received.bytes.toString()).toBe("abcdefghijk");
  expect(pieces.map(String)).toEqual(["a", "", "bc", "defghij", "k"]);
});

test("one piece is not copied", () => {
  const piece = Buffer.from("whole");
  const received = new Received();
  received.push(piece);
  expect(received.bytes.buffer).toBe(piece.buffer);
});

test("many pieces are as little work and room as their bytes are", () => {
  const received = new Received();
  for (let sent = 0; sent < 200_000; sent++) received.push(Buffer.of(sent & 255));
  expect(received.length).toBe(200_000);
  expect(received.bytes[199_999]).toBe(199_999 & 255);
  expect(received.bytes.buffer.byteLength).toBeLessThan(800_000);
});
