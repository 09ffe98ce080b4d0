import { create, type DescMessage, fromJson, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { CreateCustomerRequestSchema } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import {
  ImportTicketsRequestSchema,
  ListTicketsRequestSchema,
  UpdateTicketRequestSchema,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { findUnstorable } from "./unstorable.ts";
import { validator } from "./validator.ts";

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

const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, ""]));

test.each<[string, DescMessage, (count: number) => MessageInitShape<DescMessage>, number]>([
  ["a list", ListTicketsRequestSchema, (count) => ({ tags: new Array(count).fill("") }), 10],
  ["a list of enums", ListTicketsRequestSchema, (count) => ({ statuses: new Array(count).fill(99) }), 5],
  ["a list within", UpdateTicketRequestSchema, (count) => ({ ticket: { tags: new Array(count).fill("") } }), 50],
  [
    "a list whose items are not checked",
    ImportTicketsRequestSchema,
    (rows) => ({ rows: new Array(rows).fill({}) }),
    1_000,
  ],
  ["a map", CreateCustomerRequestSchema, (count) => ({ customer: { name: "x", attributes: named(count) } }), 50],
])(
  "%s with too many items is refused as the validator would, which would go on with each item",
  (_, schema, init, most) => {
    const message = create(schema, init(most + 1));
    const found = findUnstorable(schema, message);
    const result = validator.validate(schema, message);
    expect(result.kind === "invalid" && result.violations.slice(0, 1)).toEqual([found]);
    expect(findUnstorable(schema, create(schema, init(most)))).toBeUndefined();
  },
);

test("a mask of more paths than any message has fields is refused before each of them is checked", () => {
  const masked = (count: number) =>
    findUnstorable(
      UpdateTicketRequestSchema,
      create(UpdateTicketRequestSchema, { updateMask: { paths: new Array(count).fill("team") } }),
    );
  expect(masked(1_001)?.ruleId).toBe("field_mask.count");
  expect(masked(1_000)).toBeUndefined();
});
