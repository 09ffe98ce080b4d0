// Mistakes in the JSON of messages: each is named by its place, the rule and what would be right.
import type { DescMessage, JsonValue } from "@bufbuild/protobuf";
import { DescriptorProtoSchema, UninterpretedOptionSchema } from "@bufbuild/protobuf/wkt";
import { FieldRulesSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { describe, expect, test } from "vitest";
import {
  CreateTicketRequestSchema,
  ListTicketsRequestSchema,
  UpdateTicketRequestSchema,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.js";
import { explainJson } from "./json-issues.ts";

const STATUSES = "TICKET_STATUS_OPEN, TICKET_STATUS_IN_PROGRESS, TICKET_STATUS_RESOLVED, TICKET_STATUS_CLOSED";

/** Each mistake in a line. */
function mistakes(desc: DescMessage, json: JsonValue): string[] {
  return explainJson(desc, json).map(({ path, rule, description }) => `${path} ${rule} ${description}`);
}

const CASES: [name: string, desc: DescMessage, json: JsonValue, mistake: string][] = [
  ["null for a message", RetryInfoSchema, null, " INVALID_VALUE must be an object, not null"],
  ["an array for a message", RetryInfoSchema, [], " INVALID_VALUE must be an object, not an array"],
  [
    "a field that is not there",
    RetryInfoSchema,
    { zebra: 1 },
    "zebra UNKNOWN_FIELD is no field of RetryInfo; the fields here are retryDelay",
  ],
  [
    "a mistyped field",
    CreateTicketRequestSchema,
    { ticket: { custmerId: "CUS-1001" } },
    "ticket.custmerId UNKNOWN_FIELD is no field of Ticket; did you mean customerId?",
  ],
  [
    "a mistyped field in its other spelling",
    CreateTicketRequestSchema,
    { ticket: { custmer_id: "CUS-1001" } },
    "ticket.custmer_id UNKNOWN_FIELD is no field of Ticket; did you mean customer_id?",
  ],
  [
    "a field that is no name",
    RetryInfoSchema,
    { "a b": 1 },
    '["a b"] UNKNOWN_FIELD is no field of RetryInfo; the fields here are retryDelay',
  ],
  [
    "an enum name that is not there",
    CreateTicketRequestSchema,
    { ticket: { status: "doing" } },
    `ticket.status UNKNOWN_ENUM_NAME must be one of ${STATUSES}, not "doing"`,
  ],
  [
    "the short name of an enum, in an array",
    ListTicketsRequestSchema,
    { statuses: ["TICKET_STATUS_OPEN", "closed"] },
    `statuses[1] UNKNOWN_ENUM_NAME must be one of ${STATUSES}, not "closed"; did you mean TICKET_STATUS_CLOSED?`,
  ],
  [
    "an object for an enum",
    CreateTicketRequestSchema,
    { ticket: { status: {} } },
    `ticket.status INVALID_VALUE must be one of ${STATUSES}, not an object`,
  ],
  [
    "a number for text",
    CreateTicketRequestSchema,
    { ticket: { tags: ["a", "b", 3] } },
    "ticket.tags[2] INVALID_VALUE must be a string, not 3",
  ],
  [
    "null in an array",
    CreateTicketRequestSchema,
    { ticket: { tags: [null] } },
    "ticket.tags[0] INVALID_VALUE must be a string, not null",
  ],
  [
    "text for an array",
    CreateTicketRequestSchema,
    { ticket: { tags: "a" } },
    'ticket.tags INVALID_VALUE must be an array, not "a"',
  ],
  [
    "a number in a map",
    CreateTicketRequestSchema,
    { ticket: { customFields: { "a b": 1 } } },
    'ticket.customFields["a b"] INVALID_VALUE must be a string, not 1',
  ],
  [
    "text for a map",
    CreateTicketRequestSchema,
    { ticket: { customFields: "a" } },
    'ticket.customFields INVALID_VALUE must be an object, not "a"',
  ],
  [
    "text for a message",
    CreateTicketRequestSchema,
    { ticket: "TKT-1001" },
    'ticket INVALID_VALUE must be an object, not "TKT-1001"',
  ],
  [
    "text for a number",
    ListTicketsRequestSchema,
    { pageSize: "many" },
    'pageSize INVALID_VALUE must be a whole number from -2147483648 to 2147483647, not "many"',
  ],
  [
    "a fraction for a whole number",
    ListTicketsRequestSchema,
    { pageSize: 1.5 },
    "pageSize INVALID_VALUE must be a whole number from -2147483648 to 2147483647, not 1.5",
  ],
  [
    "a negative number where there is none",
    UninterpretedOptionSchema,
    { positiveIntValue: -1 },
    "positiveIntValue INVALID_VALUE must be a whole number from 0 to 18446744073709551615, not -1",
  ],
  [
    "text for a fraction",
    UninterpretedOptionSchema,
    { doubleValue: "x" },
    'doubleValue INVALID_VALUE must be a number, not "x"',
  ],
  [
    "what is not base64",
    UninterpretedOptionSchema,
    { stringValue: "*" },
    'stringValue INVALID_VALUE must be a string of base64, not "*"',
  ],
  [
    "text for true",
    DescriptorProtoSchema,
    { options: { deprecated: "true" } },
    'options.deprecated INVALID_VALUE must be true or false, not "true"',
  ],
  [
    "what is no time",
    ListTicketsRequestSchema,
    { createdFrom: "yesterday" },
    'createdFrom INVALID_VALUE must be a time of RFC 3339, such as "2026-01-31T09:30:00Z", not "yesterday"',
  ],
  [
    "what is no duration",
    RetryInfoSchema,
    { retryDelay: 3 },
    'retryDelay INVALID_VALUE must be a string of seconds that ends in s, such as "3.5s", not 3',
  ],
  [
    "what is no field mask",
    UpdateTicketRequestSchema,
    { updateMask: ["team"] },
    'updateMask INVALID_VALUE must be a string of field names in lowerCamelCase, joined by commas, such as "displayName,team", not an array',
  ],
  [
    "both spellings of a field",
    ListTicketsRequestSchema,
    { pageSize: 1, page_size: 2 },
    "page_size SET_TWICE cannot be given beside pageSize: leave one of them out",
  ],
  [
    "two fields of a oneof",
    FieldRulesSchema,
    { int32: {}, string: {} },
    "string SET_TWICE cannot be given beside int32: leave one of them out",
  ],
];

describe("named with place, rule and what is right:", () => {
  test.each(CASES)("%s", (_, desc, json, mistake) => {
    expect(mistakes(desc, json)).toEqual([mistake]);
  });
});

test("several mistakes are all named, in the order of the document, and what is right beside them is not", () => {
  const ticket = {
    subject: "x",
    team: 1,
    priority: "HUGE",
    create_time: "2026-01-31T09:30:00Z",
    tags: ["a", 2, false],
  };
  const found = explainJson(CreateTicketRequestSchema, { ticket, colour: "red", requestId: null });
  expect(found.map(({ path }) => path)).toEqual([
    "ticket.team",
    "ticket.priority",
    "ticket.tags[1]",
    "ticket.tags[2]",
    "colour",
  ]);
});

test("what can be decoded has no mistake", () => {
  expect(
    explainJson(CreateTicketRequestSchema, { ticket: { status: 77, customFields: { a: "b" }, tags: null } }),
  ).toEqual([]);
  expect(explainJson(ErrorInfoSchema, {})).toEqual([]);
});

test("a senseless document gets a short answer of well-formed text", () => {
  const fields = Array.from({ length: 10_000 }, (_, index) => [`${"x".repeat(1_000)}\ud83d${index}`, index]);
  const found = explainJson(CreateTicketRequestSchema, { ticket: Object.fromEntries(fields), requestId: ["\ud83d"] });
  expect(found).toHaveLength(20);
  const long = explainJson(ListTicketsRequestSchema, { pageSize: "x".repeat(10_000), pageToken: 1, "\ud83d": 1 });
  expect(long).toHaveLength(3);
  for (const { path, description } of [...found, ...long]) {
    expect(path.length + description.length).toBeLessThan(1_000);
    expect((path + description).isWellFormed()).toBe(true);
  }
});

test("nesting without end is refused where the decoder ends", () => {
  let json: JsonValue = { zebra: 1 };
  for (let depth = 0; depth < 20_000; depth++) json = { nestedType: [json] };
  expect(explainJson(DescriptorProtoSchema, json)).toMatchObject([{ rule: "TOO_DEEP" }]);
});
