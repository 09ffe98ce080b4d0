// What the options of deskwire/mcp/v1/options.proto say about a descriptor.
import { type DescField, type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import {
  type FieldOptions,
  field,
  type ServiceOptions,
  service,
  type ToolOptions,
  tool,
} from "#gen/deskwire/mcp/v1/options_pb.js";

/** The `(deskwire.mcp.v1.service)` option; undefined where the service has none. */
export function serviceOptions(desc: DescService): ServiceOptions | undefined {
  return hasOption(desc, service) ? getOption(desc, service) : undefined;
}

/** The `(deskwire.mcp.v1.tool)` option; undefined where the method has none. */
export function toolOptions(desc: DescMethod): ToolOptions | undefined {
  return hasOption(desc, tool) ? getOption(desc, tool) : undefined;
}

const known = new WeakMap<DescField, FieldOptions>();

/** The `(deskwire.mcp.v1.field)` option, with every flag off where the field has none. */
export function fieldOptions(desc: DescField): FieldOptions {
  let options = known.get(desc);
  if (!options) {
    // An option is parsed from bytes each time it is read, and these are read for every value of every call.
    options = getOption(desc, field);
    known.set(desc, options);
  }
  return options;
}
