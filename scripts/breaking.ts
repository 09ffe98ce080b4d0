// `npm run breaking`: holds proto/ against proto/baseline.binpb, the contract as it was last released.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { runCommand } from "../runtime/command.ts";
import { loadImage, wellKnownFiles } from "../runtime/messages/descriptor-image.ts";

const BASELINE = "proto/baseline.binpb";
const HELP = `npm run breaking [-- --update]
Fails where proto/ breaks who was built against ${BASELINE} (buf breaking, category FILE).
  --update   after a release: makes the contract as it is now the baseline`;

function buf(...args: string[]): void {
  execFileSync("buf", args, { stdio: "inherit" });
}

/** The baseline holds our own files alone; buf needs what they import as well. */
function withImports(image: Uint8Array): Uint8Array {
  const files = new Map<string, FileDescriptorProto>();
  const add = (file: DescFile) => {
    file.dependencies.forEach(add);
    files.set(file.name, file.proto);
  };
  for (const file of loadImage(image, wellKnownFiles).files) add(file);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files.values()] }));
}

await runCommand(async () => {
  const { values } = parseArgs({ options: { update: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) {
    console.log(HELP);
  } else if (values.update) {
    buf("build", "proto", "--exclude-imports", "--exclude-source-info", "-o", BASELINE);
  } else {
    const directory = mkdtempSync(join(tmpdir(), "deskwire-baseline-"));
    try {
      const image = join(directory, "baseline.binpb");
      writeFileSync(image, withImports(readFileSync(BASELINE)));
      buf("breaking", "proto", "--against", image, "--exclude-imports");
    } catch (error) {
      if (!(error instanceof Error && "status" in error)) throw error;
      process.exitCode = 1;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
});
