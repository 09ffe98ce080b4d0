// Which fields a message cannot do without, found out by asking the validation itself.
import { create, type DescField, type DescMessage, getOption, type Registry } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { createValidator, type Validator } from "@bufbuild/protovalidate";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { validator } from "../../runtime/calls/validator.ts";

/** Finds the fields that a message cannot do without. */
export type RequiredFields = (desc: DescMessage) => ReadonlySet<DescField>;

function declared(desc: DescMessage): DescField[] {
  return desc.fields.filter(
    (field) => field.presence === Presence.LEGACY_REQUIRED || getOption(field, fieldRules).required,
  );
}

/**
 * The fields whose absence validation refuses: those in which the empty message breaks a rule. `min_len: 1` makes a field
 * as required as `required` does where an absent one counts as "".
 */
export function requiredFields(registry: Registry): RequiredFields {
  let extended: Validator | undefined;
  const check = (desc: DescMessage) => {
    const result = validator.validate(desc, create(desc));
    if (result.kind !== "error") return result;
    // Rules of a foreign service's own, which are read by its registry.
    extended ??= createValidator({ registry });
    return extended.validate(desc, create(desc));
  };
  const known = new Map<DescMessage, ReadonlySet<DescField>>();
  return (desc) => {
    let fields = known.get(desc);
    if (!fields) {
      const { violations = [] } = check(desc);
      // Rules that this validator cannot compile, as a foreign service may have, yield no violations: then what is declared counts.
      const broken = violations.flatMap(({ field: [first] }) => (first?.kind === "field" ? [first] : []));
      const numbers = new Set([...broken, ...declared(desc)].map(({ number }) => number));
      fields = new Set(desc.fields.filter(({ number, oneof }) => !oneof && numbers.has(number)));
      known.set(desc, fields);
    }
    return fields;
  };
}
