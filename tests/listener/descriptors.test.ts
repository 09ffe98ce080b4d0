// Images as `buf build` writes them: comments at every kind of descriptor, imports taken from the program.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyDesc, DescService } from "@bufbuild/protobuf";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, file_google_protobuf_timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commentOf } from "../../runtime/messages/comments.ts";
import { loadImage } from "../../runtime/messages/descriptor-image.ts";

const SOURCE = `// About the file.
syntax = "proto3";
package a.v1;
import "a/v1/part.proto";
import "google/protobuf/timestamp.proto";

// About the service.
service DoService {
  // Skipped over.
  rpc Skip(Outer) returns (Part);
  // About the method,
  //   in two lines.
  rpc Do(Outer) returns (Part);
}

message Before {}

// About the message.
message Outer {
  // About the field.
  google.protobuf.Timestamp at = 1; // And after it.
  // About the oneof.
  oneof choice {
    string text = 2;
  }
  /* About the nested one,
   * as a block. */
  message Nested {
    // About the nested enum.
    enum Kind {
      KIND_UNSPECIFIED = 0;
      // About the value.
      KIND_ONE = 1;
    }
    Kind kind = 1;
    Part part = 2;
  }
}
`;

let folder: string;
let image: Uint8Array;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "deskwire-image-"));
  mkdirSync(join(folder, "a/v1"), { recursive: true });
  writeFileSync(join(folder, "a/v1/do.proto"), SOURCE);
  writeFileSync(join(folder, "a/v1/part.proto"), `syntax = "proto3"; package a.v1; message Part {}`);
  execFileSync("buf", ["build", folder, "--exclude-imports", "-o", join(folder, "image.binpb")]);
  image = readFileSync(join(folder, "image.binpb"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every kind of descriptor has the comment that stands at it", () => {
  const registry = loadImage(image, [file_google_protobuf_timestamp]);
  const comment = (desc: AnyDesc | undefined) => desc && commentOf(desc);
  const service = registry.getService("a.v1.DoService") as DescService;
  expect(comment(service.file)).toBe("About the file.");
  expect(comment(service)).toBe("About the service.");
  expect(comment(service.method.do)).toBe("About the method,\n  in two lines.");
  const outer = registry.getMessage("a.v1.Outer");
  expect(comment(outer)).toBe("About the message.");
  expect(comment(outer?.field.at)).toBe("About the field.\nAnd after it.");
  expect(comment(outer?.oneofs[0])).toBe("About the oneof.");
  expect(comment(registry.getMessage("a.v1.Outer.Nested"))).toBe("About the nested one,\nas a block.");
  const kind = registry.getEnum("a.v1.Outer.Nested.Kind");
  expect(comment(kind)).toBe("About the nested enum.");
  expect(comment(kind?.value[1])).toBe("About the value.");
  expect(comment(kind?.value[0])).toBe("");
  expect(comment(registry.getMessage("a.v1.Before"))).toBe("");
});

test("descriptors without source info have empty comments", () => {
  expect(commentOf(TimestampSchema)).toBe("");
});

test("an import is the very descriptor of the program, and a type of the image exists once", () => {
  const set = fromBinary(FileDescriptorSetSchema, image);
  for (const file of [set.file, set.file.toReversed()]) {
    const registry = loadImage(toBinary(FileDescriptorSetSchema, { ...set, file }), [file_google_protobuf_timestamp]);
    expect(registry.getMessage("a.v1.Outer")?.field.at?.message).toBe(TimestampSchema);
    const part = registry.getMessage("a.v1.Part");
    expect(registry.getMessage("a.v1.Outer.Nested")?.field.part?.message).toBe(part);
    expect(registry.getService("a.v1.DoService")?.method.do?.output).toBe(part);
  }
});

test("an import that is nowhere is named", () => {
  expect(() => loadImage(image, [])).toThrow("google/protobuf/timestamp.proto");
});
