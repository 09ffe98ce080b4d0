// Our descriptors, and walks over them.
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { type FieldRules, field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { type FieldOptions, field as mcpField } from "#gen/deskwire/mcp/v1/options_pb.js";
import { loadDescriptors } from "../../services/desk.ts";

const registry = loadDescriptors();

/** Our files, with comments. */
export const files = [...registry.files].filter(({ proto }) => proto.package.startsWith("deskwire."));

export const services: readonly DescService[] = files.flatMap((file) => file.services);
export const methods: readonly DescMethod[] = services.flatMap((service) => service.methods);
export const messages: readonly DescMessage[] = files.flatMap((file) => file.messages).flatMap(withNested);
export const enums: readonly DescEnum[] = files.flatMap((file) => [
  ...file.enums,
  ...file.messages.flatMap(withNested).flatMap((message) => message.nestedEnums),
]);

function withNested(message: DescMessage): DescMessage[] {
  return [message, ...message.nestedMessages.flatMap(withNested)];
}

/** A method as its errors name it: `TicketService.ListTickets`. */
export const nameOf = (method: DescMethod) => `${method.parent.name}.${method.name}`;

/** A field as a person would name it: `Ticket.subject`. */
export const fieldName = (field: DescField) => `${field.parent.name}.${field.name}`;

export const rulesOf = (field: DescField): FieldRules | undefined =>
  hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;

export const optionsOf = (field: DescField): FieldOptions | undefined =>
  hasOption(field, mcpField) ? getOption(field, mcpField) : undefined;

/** The fields of all of our messages that are reached from these, each once. */
export function fieldsReachedFrom(roots: readonly DescMessage[]): DescField[] {
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage): DescField[] => {
    if (seen.has(message) || !message.typeName.startsWith("deskwire.")) return [];
    seen.add(message);
    return message.fields.flatMap((field) => [field, ...(field.message ? visit(field.message) : [])]);
  };
  return roots.flatMap(visit);
}
