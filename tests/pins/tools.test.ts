// The tools that clients and their prompts count on. A change that is meant: `npx vitest run tests/pins -u`, and read the difference.
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../adapter/catalog.ts";
import { toolDefinitions } from "./catalog.ts";

/** The functions of the lab that Deskwire replaces, as its `config/tools.json` has them. */
const LAB_FUNCTIONS = [
  {
    name: "handle_ticket",
    description: "Retrieve and analyze a customer support ticket",
    parameters: {
      type: "object",
      properties: {
        ticket_id: { type: "string", description: "ID of the ticket to retrieve and analyze" },
      },
      required: ["ticket_id"],
    },
  },
  {
    name: "respond_to_ticket",
    description: "Add a response to a ticket and optionally update its status",
    parameters: {
      type: "object",
      properties: {
        ticket_id: { type: "string", description: "ID of the ticket to respond to" },
        response: { type: "string", description: "The response text to add to the ticket" },
        update_status: {
          type: "string",
          enum: ["open", "in_progress", "resolved", "closed"],
          description: "Optionally update the ticket status",
        },
        add_customer_note: {
          type: "boolean",
          description: "Whether to add a note to the customer's CRM record",
          default: false,
        },
      },
      required: ["ticket_id", "response"],
    },
  },
];

const definitions = toolDefinitions();

describe.each(LAB_FUNCTIONS)("the lab's $name", ({ name, description, parameters }) => {
  const tool = definitions.find((definition) => definition.name === name);
  const properties = tool?.inputSchema.properties as Record<string, JsonObject>;

  test("is there, and says at least what it said", () => {
    expect(tool?.description.startsWith(description)).toBe(true);
    expect(tool?.inputSchema.type).toBe(parameters.type);
  });

  test("asks for the same and no more", () => {
    expect(tool?.inputSchema.required).toEqual(parameters.required);
  });

  test.each(Object.entries(parameters.properties))(
    "has %s unchanged",
    (parameter, { description: words, ...schema }) => {
      expect(properties[parameter]).toMatchObject(schema);
      expect(properties[parameter]?.description?.toString().startsWith(words)).toBe(true);
      if (!("enum" in schema)) expect(properties[parameter]).not.toHaveProperty("enum");
    },
  );
});

test("all tools are as they were", async () => {
  await expect(`${JSON.stringify(definitions, null, 2)}\n`).toMatchFileSnapshot("tools.json");
});
