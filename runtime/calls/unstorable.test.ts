import { create, fromJson, toJson } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { UpdateTicketRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { findUnstorable } from "./unstorable.ts";

/** Whether a path comes back from JSON as it was, in which requests are compared and kept. */
function comesBack(path: string): boolean {
  try {
    const { paths } = fromJson(FieldMaskSchema, toJson(FieldMaskSchema, create(FieldMaskSchema, { paths: [path] })));
    return paths.length === 1 && paths[0] === path;
  } catch {
    return false;
  }
}

test("of the paths of a mask those are refused that JSON cannot say, and no others", () => {
  const keys = [
    "a",
    "a_b",
    "a1",
    "1",
    "a.b",
    "a-b",
    "é",
    "Tier",
    "a_1",
    "a_",
    "_a",
    "a__b",
    "a_é",
    "a_.b",
    "a,b",
    "a_1_b",
  ];
  const paths = keys.map((key) => `custom_fields.${key}`);
  const refused = paths.filter((path) => {
    const request = create(UpdateTicketRequestSchema, { updateMask: { paths: [path] } });
    return findUnstorable(UpdateTicketRequestSchema, request) !== undefined;
  });
  expect(refused).toEqual(paths.filter((path) => !comesBack(path)));
});
