// What updates of every resource have in common: masks (AIP-134) and etags (AIP-154).
import { type DescMessage, getOption, isFieldSet, type MessageShape } from "@bufbuild/protobuf";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code } from "@connectrpc/connect";
import { fail } from "./errors.ts";

/** The fields that an update request's `update_mask` may name, as its proto says. */
export function mutableFields(request: DescMessage): readonly string[] {
  const mask = request.fields.find(({ name }) => name === "update_mask");
  const rules = mask && getOption(mask, fieldRules).type;
  if (rules?.case !== "fieldMask") throw new TypeError(`${request.typeName} has no update_mask with a list of fields`);
  return rules.value.in;
}

/**
 * The fields of `patch` that an update is to write: those that the mask names, or, without a mask, those that are set.
 * A field that the mask names and the patch does not set comes out empty (AIP-134).
 */
export function maskedFields<D extends DescMessage>(
  schema: D,
  patch: MessageShape<D>,
  mask: FieldMask | undefined,
  mutable: readonly string[],
): Partial<MessageShape<D>> {
  // A path into a map, such as `attributes.tier`, stands for the whole map.
  const named = new Set(mask?.paths.map((path) => path.split(".", 1)[0]));
  const fields = schema.fields.filter(
    (field) => mutable.includes(field.name) && (named.size > 0 ? named.has(field.name) : isFieldSet(patch, field)),
  );
  const entries = fields.map(({ localName }) => [localName, (patch as Record<string, unknown>)[localName]]);
  return Object.fromEntries(entries) as Partial<MessageShape<D>>;
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
