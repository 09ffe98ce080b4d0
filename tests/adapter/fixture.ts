// The descriptors of tests/adapter/proto with their comments, compiled when a test asks for them, so that they are never stale.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { emitValidateProto } from "../../scripts/emit-validate-proto.ts";

const HTTP_BODY = "google/api/httpbody.proto";
const root = join(import.meta.dirname, "../..");

/** Compiles the fixture protos; takes about half a second. */
export function loadFixture(): FileRegistry {
  const folder = mkdtempSync(join(tmpdir(), "fixture-proto-"));
  try {
    cpSync(join(root, "tests/adapter/proto"), folder, { recursive: true });
    cpSync(join(root, "proto/deskwire/mcp"), join(folder, "deskwire/mcp"), { recursive: true });
    cpSync(join(root, `node_modules/google-proto-files/${HTTP_BODY}`), join(folder, HTTP_BODY));
    emitValidateProto(folder);
    const image = execFileSync(join(root, "node_modules/.bin/buf"), ["build", folder, "-o", "-"], {
      maxBuffer: 2 ** 26,
    });
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A service of the fixture by its short name. */
export function serviceOf(registry: FileRegistry, name: string): DescService {
  const service = registry.getService(`fixture.v1.${name}`);
  if (!service) throw new TypeError(`The fixture has no service ${name}`);
  return service;
}

/** A message of the fixture by its short name. */
export function messageOf(registry: FileRegistry, name: string): DescMessage {
  const message = registry.getMessage(`fixture.v1.${name}`);
  if (!message) throw new TypeError(`The fixture has no message ${name}`);
  return message;
}
