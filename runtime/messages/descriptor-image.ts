// Descriptors with their comments, read from an image that `buf build --exclude-imports` made.
import { createFileRegistry, type DescFile, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** The files that any proto may import and that come with the libraries: `google/protobuf/*.proto` and protovalidate's. */
export const wellKnownFiles: readonly DescFile[] = [
  ...Object.values(wkt).filter((value) => typeof value === "object" && "kind" in value && value.kind === "file"),
  file_buf_validate_validate,
];

/**
 * Loads a `google.protobuf.FileDescriptorSet`. What its files import and the image leaves out is taken from `linked`,
 * the files compiled into the program, and from what those import.
 *
 * Throws where an import is in neither, or where the bytes are no image.
 */
export function loadImage(bytes: Uint8Array, linked: readonly DescFile[]): FileRegistry {
  const own = new Map(fromBinary(FileDescriptorSetSchema, bytes).file.map((file) => [file.name, file]));
  const foreign = new Map<string, DescFile>();
  const link = (file: DescFile) => {
    if (foreign.has(file.proto.name)) return;
    foreign.set(file.proto.name, file);
    file.dependencies.forEach(link);
  };
  linked.forEach(link);

  const built = new Map<string, FileRegistry>();
  const resolve = (name: string) => built.get(name)?.getFile(name) ?? foreign.get(name);
  const add = (file: FileDescriptorProto) => {
    if (built.has(file.name)) return;
    // Imports first: a file that is built twice would give two descriptors of the same type that are not identical.
    for (const name of file.dependency) {
      const imported = own.get(name);
      if (imported) add(imported);
    }
    built.set(file.name, createFileRegistry(file, resolve));
  };
  for (const file of own.values()) add(file);
  return createFileRegistry(...built.values());
}
