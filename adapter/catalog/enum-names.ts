// Enum values as a model writes them: `in_progress` for `TICKET_STATUS_IN_PROGRESS`.
import type { DescEnum, DescEnumValue } from "@bufbuild/protobuf";

/** The names of one enum, both ways. */
export interface EnumNames {
  /** The short names that a model may use, in the order of declaration. */
  readonly shown: readonly { readonly name: string; readonly value: DescEnumValue }[];
  /** The short name of a number; undefined for "unspecified", and for a number that the descriptor does not know. */
  name(number: number): string | undefined;
  /** The number that a name in any of its spellings stands for. */
  number(spelling: string): number | undefined;
}

const cache = new WeakMap<DescEnum, EnumNames>();

/** Whether a value only says that none was chosen (buf lint ENUM_ZERO_VALUE_SUFFIX). */
function isUnspecified({ name, number }: DescEnumValue): boolean {
  return number === 0 && /(?:^|_)UNSPECIFIED$/i.test(name);
}

function fold(spelling: string): string {
  return spelling
    .trim()
    .replaceAll(/[\s-]+/g, "_")
    .toLowerCase();
}

/** The first way of naming the values under which no two of them have the same name. */
function shortNames(desc: DescEnum): (value: DescEnumValue) => string {
  const prefix = desc.sharedPrefix?.length ?? 0;
  const ways = [
    ({ name }: DescEnumValue) => name.slice(prefix).toLowerCase(),
    ({ name }: DescEnumValue) => name.toLowerCase(),
    ({ name }: DescEnumValue) => name,
  ];
  const distinct = ways.find((way) => new Set(desc.values.map(way)).size === desc.values.length);
  return distinct ?? (({ name }) => name);
}

function build(desc: DescEnum): EnumNames {
  const short = shortNames(desc);
  const visible = desc.values.filter((value) => !isUnspecified(value));
  // A JSON Schema enum may not be empty: where there is nothing but "unspecified", that is shown.
  const values = visible.length > 0 ? visible : desc.values;
  const exact = new Map<string, number>();
  const folded = new Map<string, number | undefined>();
  for (const value of values) {
    for (const spelling of [short(value), value.name]) {
      if (!exact.has(spelling)) exact.set(spelling, value.number);
      const key = fold(spelling);
      const clash = folded.has(key) && folded.get(key) !== value.number;
      folded.set(key, clash ? undefined : value.number);
    }
  }
  // Of two names for one number (allow_alias) the first is the canonical one.
  const canonical = values.filter((value) => desc.value[value.number] === value);
  const names = new Map(canonical.map((value) => [value.number, short(value)]));
  return {
    shown: canonical.map((value) => ({ name: short(value), value })),
    name: (number) => names.get(number),
    number: (spelling) => exact.get(spelling) ?? folded.get(fold(spelling)),
  };
}

/** The names of an enum: the prefix that all values share is dropped, "unspecified" is hidden, the rest is lower case. */
export function enumNames(desc: DescEnum): EnumNames {
  let names = cache.get(desc);
  if (!names) {
    names = build(desc);
    cache.set(desc, names);
  }
  return names;
}
