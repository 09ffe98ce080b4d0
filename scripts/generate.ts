// `npm run generate`: makes everything under gen/ from proto/. `--check` fails where gen/ is not what proto/ gives.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { runCommand } from "../runtime/command.ts";
import { emitValidateProto } from "./emit-validate-proto.ts";

const HELP = `npm run generate [-- --check | --proto-only]
Generates gen/ from proto/: TypeScript by protoc-gen-es, and gen/deskwire.binpb, the descriptors with their comments.
  --check       afterwards, fail if gen/ differs from what is committed
  --proto-only  only print buf/validate/validate.proto, which buf lint needs`;

function run(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

const IMAGE = "gen/deskwire.binpb";

/** Of all that is known of where things stand in a proto, only comments are asked for: four of five places have none. */
function keepComments(image: string): void {
  const set = fromBinary(FileDescriptorSetSchema, readFileSync(image));
  for (const { sourceCodeInfo } of set.file) {
    if (!sourceCodeInfo) continue;
    sourceCodeInfo.location = sourceCodeInfo.location.filter(
      ({ leadingComments, trailingComments }) => leadingComments || trailingComments,
    );
  }
  writeFileSync(image, toBinary(FileDescriptorSetSchema, set));
}

await runCommand(async () => {
  const { values } = parseArgs({
    options: { check: { type: "boolean" }, "proto-only": { type: "boolean" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help) {
    console.log(HELP);
  } else {
    emitValidateProto(".proto/protovalidate");
    if (!values["proto-only"]) {
      run("buf", ["generate"]);
      run("buf", ["build", "proto", "--exclude-imports", "-o", IMAGE]);
      keepComments(IMAGE);
    }
    const changed = values.check ? run("git", ["status", "--porcelain", "--", "gen"]) : "";
    if (changed) {
      console.error(`gen/ is not what proto/ generates. Run \`npm run generate\` and commit:\n${changed}`);
      process.exitCode = 1;
    }
  }
});
