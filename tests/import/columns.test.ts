// Which column becomes which field.
import { expect, test } from "vitest";
import { assertMapped, mapColumns, parseOverrides } from "../../scripts/import/columns.ts";

const NOTHING = parseOverrides([]);

test.each([
  [["text", "label", "source"], { description: 0, label: 1, source: 2 }],
  [
    ["Ticket ID", "E-Mail", "created_at", "Message"],
    { external_id: 0, customer_email: 1, create_time: 2, description: 3 },
  ],
  [["Complaint ID", "Consumer complaint narrative"], { external_id: 0, description: 1 }],
  [["body", "text", "description"], { description: 2 }],
])("finds the fields in %j by their usual names", (columns, mapping) => {
  expect(Object.fromEntries(mapColumns(columns, NOTHING))).toEqual(mapping);
});

test("takes what the user says before what is usual, and gives a column to one field", () => {
  const overrides = parseOverrides(["subject=text", "label="]);
  const mapping = mapColumns(["text", "title", "body", "label"], overrides);
  expect(Object.fromEntries(mapping)).toEqual({ subject: 0, description: 2 });
});

test("takes a column whose name has an equals sign", () => {
  expect(mapColumns(["a=b"], parseOverrides(["description=a=b"])).get("description")).toBe(0);
});

test.each([
  ["wording=a", "There is no field wording."],
  ["description", "--map description names no column."],
])("refuses the mapping %s with the fields there are", (pair, message) => {
  expect(() => parseOverrides([pair])).toThrow(message);
  expect(() => parseOverrides([pair])).toThrow("external_id, subject, description");
});

test("names the columns of a file that lacks the one that was asked for", () => {
  const overrides = parseOverrides(["description=nowhere"]);
  expect(() => assertMapped(["a", "text"], overrides)).toThrow(
    'no column "nowhere". The file\'s columns are: a, text.',
  );
});
