// Names of tools, and the words that are made of names.
import type { DescMethod } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { nearest } from "../../runtime/nearest.ts";
import { toolNames } from "./tool-names.ts";
import { inWords, listOf, snakeCase, unwrapped } from "./words.ts";

function methods(...fullNames: string[]): DescMethod[] {
  return fullNames.map((fullName) => {
    const [typeName = "", name = ""] = fullName.split("/");
    return { name, parent: { typeName, name: typeName.split(".").at(-1) } } as DescMethod;
  });
}

function namesOf(...fullNames: string[]): string[] {
  return [...toolNames(methods(...fullNames)).values()].sort();
}

it.each([
  ["HandleTicket", "handle_ticket"],
  ["GetHTTPInfo", "get_http_info"],
  ["getV2Users", "get_v2_users"],
  ["list", "list"],
])("%s is %s in snake_case", (name, expected) => {
  expect(snakeCase(name)).toBe(expected);
});

it("a tool has the name of its method alone where no other has it", () => {
  expect(namesOf("a.v1.OneService/Get", "a.v1.TwoService/List")).toEqual(["get", "list"]);
});

it("two tools of the same name get the service's name before it, and no third does", () => {
  expect(namesOf("a.v1.OneService/Get", "a.v1.TwoService/Get", "a.v1.TwoService/List")).toEqual([
    "list",
    "one_get",
    "two_get",
  ]);
});

it("services of the same name get their packages too", () => {
  expect(namesOf("a.v1.OneService/Get", "a.v2.OneService/Get")).toEqual([
    "a_v1_one_service_get",
    "a_v2_one_service_get",
  ]);
});

it("a long name is cut to 64 characters, with a hash that is always the same and never another's", () => {
  const long = `a.v1.S/${"Very".repeat(20)}`;
  const [name, other] = namesOf(`${long}Long`, `${long}Short`);
  expect(name).toMatch(/^(?:very_)+\w*_[0-9a-f]{8}$/);
  expect(name).toHaveLength(64);
  expect(other).not.toBe(name);
  expect(namesOf(`${long}Long`)).toEqual(namesOf(`${long}Long`));
});

it.each([
  ["tiket_id", "ticket_id"],
  ["ticekt_id", "ticket_id"],
  ["id", "ticket_id"],
  ["Response", "response"],
  ["zebra", undefined],
])("%s was meant to be %s", (typed, expected) => {
  expect(nearest(typed, ["ticket_id", "response", "status"])).toBe(expected);
});

it("lists and names read as words", () => {
  expect(listOf(["a"])).toBe("a");
  expect(listOf(["a", "b", "c"])).toBe("a, b or c");
  expect(inWords("RespondToTicket")).toBe("Respond to ticket");
});

it("a comment loses its line breaks, but keeps its paragraphs and lists", () => {
  expect(unwrapped("One line\nand on.\n\nNext:\n- a\n- b\n  more\nbuf:lint:ignore X")).toBe(
    "One line and on.\n\nNext:\n- a\n- b more",
  );
});
