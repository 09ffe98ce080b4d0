// Makes whole the descriptors of servers that lose parts of theirs: those made by @grpc/proto-loader send one file for each
// package, without imports and JSON names, and name types relatively.

import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";

function join(scope: string, name: string): string {
  return scope ? `${scope}.${name}` : name;
}

/** The name of the file in which each type is declared. */
function declarations(files: readonly FileDescriptorProto[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of files) {
    const add = (scope: string, messages: readonly DescriptorProto[], enums: readonly EnumDescriptorProto[]) => {
      for (const { name } of enums) found.set(join(scope, name), file.name);
      for (const message of messages) {
        const full = join(scope, message.name);
        found.set(full, file.name);
        add(full, message.nestedType, message.enumType);
      }
    };
    add(file.package, file.messageType, file.enumType);
  }
  return found;
}

class Repair {
  readonly #declared: ReadonlyMap<string, string>;
  readonly #file: FileDescriptorProto;
  // A file with imports has the right ones: a type may come in by a public import of another file.
  readonly #withoutImports: boolean;

  constructor(file: FileDescriptorProto, declared: ReadonlyMap<string, string>) {
    this.#file = file;
    this.#declared = declared;
    this.#withoutImports = file.dependency.length === 0;
  }

  run(): void {
    const { package: scope, extension, messageType, service } = this.#file;
    this.#fields(extension, scope);
    this.#messages(messageType, scope);
    for (const method of service.flatMap((each) => each.method)) {
      method.inputType = this.#resolve(method.inputType, scope);
      method.outputType = this.#resolve(method.outputType, scope);
    }
  }

  #import(file: string): void {
    const { name, dependency } = this.#file;
    if (this.#withoutImports && file !== name && !dependency.includes(file)) dependency.push(file);
  }

  #messages(messages: readonly DescriptorProto[], scope: string): void {
    for (const message of messages) {
      const inner = join(scope, message.name);
      this.#fields([...message.field, ...message.extension], inner);
      this.#messages(message.nestedType, inner);
    }
  }

  #fields(fields: readonly FieldDescriptorProto[], scope: string): void {
    for (const field of fields) {
      field.typeName = this.#resolve(field.typeName, scope);
      field.extendee = this.#resolve(field.extendee, scope);
      if (!field.jsonName) field.jsonName = protoCamelCase(field.name);
    }
  }

  /**
   * The full name of a type, which is the innermost declaration that a relative one can mean
   * (protobuf.dev/programming-guides/proto3, "Packages and Name Resolution"). Its file becomes an import.
   */
  #resolve(name: string, scope: string): string {
    if (!name) return name;
    const parts = name.startsWith(".") ? [] : scope.split(".");
    for (let depth = parts.length; depth >= 0; depth--) {
      const full = join(parts.slice(0, depth).join("."), name.replace(/^\./, ""));
      const file = this.#declared.get(full);
      if (file === undefined) continue;
      this.#import(file);
      return `.${full}`;
    }
    return name;
  }
}

/** Repairs `files` in place; `linked` are those that they may import without the server having sent them. */
export function repairDescriptors(files: readonly FileDescriptorProto[], linked: readonly FileDescriptorProto[]): void {
  const declared = declarations([...linked, ...files]);
  for (const file of files) new Repair(file, declared).run();
}
