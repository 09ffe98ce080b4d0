// The comments of a proto file, found through `google.protobuf.SourceCodeInfo`.
import type { AnyDesc, DescFile } from "@bufbuild/protobuf";
import type { FileDescriptorProto, SourceCodeInfo_Location } from "@bufbuild/protobuf/wkt";

function fileOf(desc: AnyDesc): DescFile {
  switch (desc.kind) {
    case "file":
      return desc;
    case "field":
    case "oneof":
    case "rpc":
    case "enum_value":
      return desc.parent.file;
    default:
      return desc.file;
  }
}

// Field numbers in descriptor.proto, each followed by the index in that repeated field.
function pathOf(desc: AnyDesc): number[] {
  switch (desc.kind) {
    case "file":
      return [12];
    case "message":
      return desc.parent
        ? [...pathOf(desc.parent), 3, desc.parent.proto.nestedType.indexOf(desc.proto)]
        : [4, desc.file.proto.messageType.indexOf(desc.proto)];
    case "enum":
      return desc.parent
        ? [...pathOf(desc.parent), 4, desc.parent.proto.enumType.indexOf(desc.proto)]
        : [5, desc.file.proto.enumType.indexOf(desc.proto)];
    case "extension":
      return desc.parent
        ? [...pathOf(desc.parent), 6, desc.parent.proto.extension.indexOf(desc.proto)]
        : [7, desc.file.proto.extension.indexOf(desc.proto)];
    case "service":
      return [6, desc.file.proto.service.indexOf(desc.proto)];
    case "field":
      return [...pathOf(desc.parent), 2, desc.parent.proto.field.indexOf(desc.proto)];
    case "oneof":
      return [...pathOf(desc.parent), 8, desc.parent.proto.oneofDecl.indexOf(desc.proto)];
    case "enum_value":
      return [...pathOf(desc.parent), 2, desc.parent.proto.value.indexOf(desc.proto)];
    case "rpc":
      return [...pathOf(desc.parent), 2, desc.parent.proto.method.indexOf(desc.proto)];
  }
}

const locations = new WeakMap<FileDescriptorProto, ReadonlyMap<string, SourceCodeInfo_Location>>();

function locationsOf(file: FileDescriptorProto): ReadonlyMap<string, SourceCodeInfo_Location> {
  let found = locations.get(file);
  if (!found) {
    found = new Map(file.sourceCodeInfo?.location.map((location) => [location.path.join(), location]));
    locations.set(file, found);
  }
  return found;
}

function clean(comment: string): string {
  return comment
    .split("\n")
    .map((line) => line.replace(/^ /, "").trimEnd())
    .join("\n")
    .trim();
}

/**
 * The comment above a descriptor and, after it, the one behind it, without the comment signs; for a file the one above
 * its `syntax` line. Empty where the proto has none or the descriptors carry no source info, as generated code does not.
 */
export function commentOf(desc: AnyDesc): string {
  const location = locationsOf(fileOf(desc).proto).get(pathOf(desc).join());
  if (!location) return "";
  return [location.leadingComments, location.trailingComments].map(clean).filter(Boolean).join("\n");
}
