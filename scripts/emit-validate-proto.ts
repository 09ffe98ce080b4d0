// Prints buf/validate/validate.proto, which no npm package ships as source, from the descriptor inside @bufbuild/protovalidate.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRegistry, type DescExtension, type DescFile, getExtension, hasExtension } from "@bufbuild/protobuf";
import { toText } from "@bufbuild/protobuf/txtpb";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldOptionsSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

const MAX_FIELD_NUMBER = 536_870_911;

function printProto(file: DescFile): string {
  const { proto } = file;
  const registry = createRegistry(file);
  const out: string[] = [];

  const options = (field: FieldDescriptorProto): string => {
    const parts: string[] = [];
    const { options: opts } = field;
    if (opts?.deprecated) parts.push("deprecated = true");
    if (opts && Object.hasOwn(opts, "packed")) parts.push(`packed = ${opts.packed}`);
    for (const extension of opts ? (file.extensions as DescExtension[]) : []) {
      if (extension.extendee.typeName !== FieldOptionsSchema.typeName || extension.fieldKind !== "message") continue;
      if (!hasExtension(opts as never, extension)) continue;
      const text = toText(extension.message, getExtension(opts as never, extension) as never, { registry });
      parts.push(`(${extension.typeName}) = {\n${text}}`);
    }
    if (field.defaultValue) {
      parts.push(`default = ${field.type === Type.STRING ? JSON.stringify(field.defaultValue) : field.defaultValue}`);
    }
    return parts.length > 0 ? ` [${parts.join(", ")}]` : "";
  };
  const printField = (field: FieldDescriptorProto, labelled: boolean, indent: string) => {
    const label = labelled ? `${Label[field.label].toLowerCase()} ` : "";
    const type = field.typeName || Type[field.type].toLowerCase();
    out.push(`${indent}${label}${type} ${field.name} = ${field.number}${options(field)};`);
  };
  const printEnum = (desc: EnumDescriptorProto, indent: string) => {
    out.push(`${indent}enum ${desc.name} {`);
    if (desc.options?.allowAlias) out.push(`${indent}  option allow_alias = true;`);
    for (const value of desc.value) out.push(`${indent}  ${value.name} = ${value.number};`);
    for (const range of desc.reservedRange) out.push(`${indent}  reserved ${range.start} to ${range.end};`);
    for (const name of desc.reservedName) out.push(`${indent}  reserved ${JSON.stringify(name)};`);
    out.push(`${indent}}`);
  };
  const inOneof = (field: FieldDescriptorProto) => Object.hasOwn(field, "oneofIndex") && field.oneofIndex !== undefined;
  const printMessage = (desc: DescriptorProto, indent: string) => {
    const inner = `${indent}  `;
    out.push(`${indent}message ${desc.name} {`);
    for (const field of desc.field) if (!inOneof(field)) printField(field, true, inner);
    desc.oneofDecl.forEach((oneof, index) => {
      out.push(`${inner}oneof ${oneof.name} {`);
      for (const field of desc.field) {
        if (inOneof(field) && field.oneofIndex === index) printField(field, false, `${inner}  `);
      }
      out.push(`${inner}}`);
    });
    for (const nested of desc.nestedType) printMessage(nested, inner);
    for (const nested of desc.enumType) printEnum(nested, inner);
    for (const { start, end } of desc.extensionRange) {
      out.push(`${inner}extensions ${start} to ${end > MAX_FIELD_NUMBER ? "max" : end - 1};`);
    }
    for (const range of desc.reservedRange) out.push(`${inner}reserved ${range.start} to ${range.end - 1};`);
    for (const name of desc.reservedName) out.push(`${inner}reserved ${JSON.stringify(name)};`);
    out.push(`${indent}}`);
  };

  out.push(`syntax = "${proto.syntax || "proto2"}";`, `package ${proto.package};`);
  for (const dependency of proto.dependency) out.push(`import "${dependency}";`);
  if (proto.options?.goPackage) out.push(`option go_package = ${JSON.stringify(proto.options.goPackage)};`);
  for (const extension of proto.extension) {
    out.push(`extend ${extension.extendee} {`);
    printField(extension, true, "  ");
    out.push("}");
  }
  for (const message of proto.messageType) printMessage(message, "");
  for (const desc of proto.enumType) printEnum(desc, "");
  return `${out.join("\n")}\n`;
}

/** Writes buf/validate/validate.proto below `root`. */
export function emitValidateProto(root: string): void {
  const path = join(root, `${file_buf_validate_validate.name}.proto`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, printProto(file_buf_validate_validate));
}
