// The service that the conformance suite asks, built from its proto at the start of a run.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DescService, Registry } from "@bufbuild/protobuf";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { type BoundService, bindService } from "../../runtime/calls/service.ts";
import { fail } from "../../runtime/errors.ts";

const MODULES = {
  version: "v2",
  modules: [
    { path: "tests/conformance/proto" },
    { path: "proto" },
    { path: ".proto/protovalidate" },
    { path: "node_modules/google-proto-files", includes: ["node_modules/google-proto-files/google/api"] },
  ],
};

/** Compiles the proto of the suite's service. Throws where buf finds a mistake in it. */
export function compileService(): { desc: DescService; registry: Registry } {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const image = join(folder, "image.binpb");
    const path = "tests/conformance/proto/conformance";
    execFileSync("buf", ["build", ".", "--config", JSON.stringify(MODULES), "--path", path, "-o", image], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(image)));
    const desc = registry.getService("conformance.v1.ConformanceService");
    if (desc === undefined) throw new Error("The conformance service is not in its own proto.");
    return { desc, registry };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64",
);
// A WAVE file without a single sample: header only (RIFF, 8 kHz, mono, 8 bit).
const silence = Buffer.from("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=", "base64");

const text = (value: string, contentType = "text/plain") => ({ contentType, data: Buffer.from(value) });
const picture = { contentType: "image/png", data: pixel };

/** Binds the answers of the suite's service. */
export function conformanceService(desc: DescService): BoundService {
  const implementation = {
    testSimpleText: async () => ({ text: "This is a simple text response for testing." }),
    testImageContent: async () => picture,
    testAudioContent: async () => ({ contentType: "audio/wav", data: silence }),
    testEmbeddedResource: async () => text("This is an embedded resource content."),
    testMultipleContentTypes: async () => ({
      text: "Multiple content types test:",
      picture,
      document: text('{"test":"data","value":123}', "application/json"),
    }),
    testErrorHandling: async () => {
      throw fail(Code.FailedPrecondition, "ALWAYS_FAILS", "This tool intentionally returns an error for testing.");
    },
    async *testToolWithProgress() {
      for (const percent of [0, 50, 100]) yield { percent };
    },
    async *testStreamingElicitation() {
      yield { part: "Nothing was asked." };
    },
    testLoggingTool: async () => ({}),
    getStaticText: async () => text("This is the content of the static text resource."),
    getStaticBinary: async () => picture,
    getExample: async () => text("Embedded resource content for testing."),
    getTemplateData: async ({ id }: { id: string }) => ({ id, data: `Data for ID: ${id}` }),
    suggestArguments: async ({ query }: { query: string }) => ({ values: [`${query}1`, `${query}2`] }),
  };
  return bindService(desc, implementation as never);
}
