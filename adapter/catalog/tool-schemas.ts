// The two schemas of a tool: what it takes, and what it answers.
import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { errorSchema } from "./errors.ts";
import { MessageSchemas, shownFields } from "./message-schema.ts";
import { fieldOptions, toolOptions } from "./options.ts";
import { moreOf } from "./paging.ts";
import { REQUEST_ID } from "./request-key.ts";
import type { RequiredFields } from "./required.ts";
import { described, type ObjectSchema, objectOf, type Schema } from "./schema.ts";
import { paragraph } from "./words.ts";

const DIALECT = "https://json-schema.org/draft/2020-12/schema";
/** The argument that asks for everything. */
export const RESPONSE_FORMAT = "response_format";
/** The property that holds the messages of a stream, in and out. */
export const MESSAGES = "messages";
/** The argument or property that holds a message which is not an object in JSON. */
export const VALUE = "value";

/** The names of what the adapter itself says in a result; none is a field of the response. */
interface ResultNames {
  readonly notice: string;
  readonly truncated: string;
  readonly more: string;
  readonly error: string;
  readonly replayed: string;
  readonly waiting: string;
}

/** What a tool takes and answers, and what is said of it in between. */
export interface ToolSchemas {
  readonly input: ObjectSchema;
  readonly output: ObjectSchema;
  readonly names: ResultNames;
  /** Whether the tool has the argument {@link RESPONSE_FORMAT}. */
  readonly hasFormats: boolean;
  /** Whether a result can be one that was given before. */
  readonly hasReplays: boolean;
  /** Rules across the whole input, in words. */
  readonly rules: string;
}

/** Whether a method takes many messages. */
export function streamsIn({ methodKind }: DescMethod): boolean {
  return methodKind === "client_streaming" || methodKind === "bidi_streaming";
}

/** Whether a method answers with many messages. */
export function streamsOut({ methodKind }: DescMethod): boolean {
  return methodKind === "server_streaming" || methodKind === "bidi_streaming";
}

/** Whether a message, or one within it, has a field for which `test` holds. */
function anyField(desc: DescMessage, test: (options: ReturnType<typeof fieldOptions>) => boolean): boolean {
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage): boolean => {
    if (seen.has(message)) return false;
    seen.add(message);
    return shownFields(message, "output").some(
      (field) => test(fieldOptions(field)) || (field.message !== undefined && visit(field.message)),
    );
  };
  return visit(desc);
}

function root(schemas: MessageSchemas, desc: DescMessage, stream: boolean, what: string): ObjectSchema {
  if (stream) {
    const { schema: items } = schemas.message(desc);
    return objectOf({ [MESSAGES]: { type: "array", items, description: what } }, []);
  }
  if (!hasCustomJsonRepresentation(desc)) return schemas.object(desc, true);
  const { schema, words } = schemas.message(desc);
  return objectOf({ [VALUE]: described(schema, paragraph("The value.", ...words)) });
}

function withDefinitions(schema: ObjectSchema, schemas: MessageSchemas): ObjectSchema {
  const { definitions } = schemas;
  return { $schema: DIALECT, ...schema, ...(Object.keys(definitions).length > 0 && { $defs: definitions }) };
}

const responseFormat: Schema = {
  type: "string",
  enum: ["concise", "detailed"],
  default: "concise",
  description: "concise leaves out what is rarely needed, detailed gives everything.",
};

const replayedSchema: Schema = {
  type: "boolean",
  description:
    "true: the very same call was made before; this is the answer it got, and nothing was done now. To do it once more, pass a request_id of your own.",
};

/** Builds both schemas of a method's tool. */
export function toolSchemas(method: DescMethod, required: RequiredFields): ToolSchemas {
  const { input, output } = method;
  const inputs = new MessageSchemas(input, "input", required);
  const outputs = new MessageSchemas(output, "output", required);
  const taken = root(inputs, input, streamsIn(method), "The messages to send, in order.");
  const answered = root(outputs, output, streamsOut(method), "The messages that came, in order.");
  const arguments_ = taken.properties as Schema;
  const results = answered.properties as Schema;

  const hasFormats =
    !(RESPONSE_FORMAT in arguments_) &&
    anyField(output, ({ detail, detailFields }) => detail || detailFields.length > 0);
  const name = (wanted: string) => (wanted in results ? `_${wanted}` : wanted);
  const names = {
    ...{ notice: name("notice"), truncated: name("truncated"), more: name("more"), error: name("error") },
    replayed: name("replayed"),
    waiting: name("waiting"),
  };
  const hasReplays = REQUEST_ID in arguments_;
  const untrusted = anyField(output, (options) => options.untrusted);
  const pages = moreOf(method) !== undefined;
  const waits = toolOptions(method)?.approval !== undefined;
  const properties: Schema = {
    ...(waits && { [names.waiting]: { type: "string", description: "Present where the call waits for a person." } }),
    ...(untrusted && { [names.notice]: { type: "string", description: "What the boundaries around texts mean." } }),
    [names.truncated]: { type: "string", description: "What was cut because the result was too long." },
    ...results,
    ...(hasReplays && { [names.replayed]: replayedSchema }),
    ...(pages && { [names.more]: { type: "string", description: "How many more there are, and how to get at them." } }),
    [names.error]: errorSchema,
  };
  const inputSchema = {
    ...taken,
    properties: { ...arguments_, ...(hasFormats && { [RESPONSE_FORMAT]: responseFormat }) },
    ...(streamsIn(method) && { required: [MESSAGES] }),
  };
  return {
    input: withDefinitions(inputSchema, inputs),
    output: withDefinitions({ ...answered, properties }, outputs),
    names,
    hasFormats,
    hasReplays,
    rules: streamsIn(method) ? "" : inputs.rules(input),
  };
}
