// What updates of every resource have in common: masks (AIP-134) and etags (AIP-154).
import { type DescField, type DescMessage, getOption, isFieldSet, type MessageShape } from "@bufbuild/protobuf";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code } from "@connectrpc/connect";
import { fail } from "../errors.ts";

/** The fields that an update request's `update_mask` may name, as its proto says. */
export function mutableFields(request: DescMessage): readonly string[] {
  const mask = request.fields.find(({ name }) => name === "update_mask");
  const rules = mask && getOption(mask, fieldRules).type;
  if (rules?.case !== "fieldMask") throw new TypeError(`${request.typeName} has no update_mask with a list of fields`);
  return rules.value.in;
}

type Fields = Record<string, unknown>;

/** One entry of a map, taken from the patch: set there, or gone. */
function withEntry(map: unknown, from: unknown, key: string): Fields {
  const { [key]: _, ...others } = (map ?? {}) as Fields;
  const entry = (from as Fields)[key];
  return entry === undefined ? others : { ...others, [key]: entry };
}

/** A map of which the mask names parts grows beyond what a request alone may bring. */
function assertRoom(field: DescField, map: Fields): void {
  const { type } = getOption(field, fieldRules);
  const most = type.case === "map" ? type.value.maxPairs : 0n;
  const size = Object.keys(map).length;
  if (most === 0n || size <= most) return;
  throw fail(
    Code.InvalidArgument,
    "TOO_MANY_ENTRIES",
    `${field.name} would have ${size} entries; ${most} are allowed. Take some away: name them in update_mask, such as ${field.name}.KEY, and send them without a value. Nothing was written.`,
    { field: field.name },
  );
}

/**
 * The fields that an update is to write: those that the mask names, or, without a mask, those that are set in the patch. A
 * field that the mask names and the patch does not set comes out empty; `attributes.tier` changes that one entry of a map
 * (AIP-134, AIP-161).
 *
 * @throws ConnectError `invalid_argument`: UPDATE_MASK_NESTED for a path into a field that is no map, TOO_MANY_ENTRIES where a
 *   map would get more entries than its field allows
 */
export function maskedFields<D extends DescMessage>(
  schema: D,
  change: { readonly patch: MessageShape<D>; readonly mask: FieldMask | undefined; readonly current: MessageShape<D> },
  mutable: readonly string[],
): Partial<MessageShape<D>> {
  const { patch, mask, current } = change;
  const set = schema.fields.filter((field) => isFieldSet(patch, field)).map(({ name }) => name);
  const changed: Fields = {};
  for (const path of mask?.paths.length ? mask.paths : set.filter((name) => mutable.includes(name))) {
    const [name = "", ...rest] = path.split(".");
    const field = schema.fields.find((candidate) => candidate.name === name && mutable.includes(name));
    if (!field) continue;
    const { localName } = field;
    const value = (patch as Fields)[localName];
    if (rest.length === 0) {
      changed[localName] = value;
    } else if (field.fieldKind === "map") {
      changed[localName] = withEntry(changed[localName] ?? (current as Fields)[localName], value, rest.join("."));
    } else {
      throw fail(
        Code.InvalidArgument,
        "UPDATE_MASK_NESTED",
        `update_mask: ${path} names a part of ${name}, which has no parts. Name ${name} and send its whole new value.`,
        { path },
      );
    }
  }
  for (const field of schema.fields) {
    if (field.fieldKind === "map" && changed[field.localName]) assertRoom(field, changed[field.localName] as Fields);
  }
  return changed as Partial<MessageShape<D>>;
}

/**
 * Refuses a write that was made for an older state of a resource (AIP-154). An empty etag asks for no check.
 *
 * @throws ConnectError `aborted` (ETAG_MISMATCH) with the current etag
 */
export function assertEtag(current: { readonly id: string; readonly etag: string }, etag: string): void {
  if (etag === "" || etag === current.etag) return;
  throw fail(
    Code.Aborted,
    "ETAG_MISMATCH",
    `${current.id} has changed since it was read: its etag is ${current.etag} now, not ${etag}. Read it again, see what is new, and decide anew. Nothing was written.`,
    { current_etag: current.etag },
  );
}
