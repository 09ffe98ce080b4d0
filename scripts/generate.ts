// `npm run generate`: makes everything under gen/ from proto/. `--check` fails where gen/ is not what proto/ gives.
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { emitValidateProto } from "./emit-validate-proto.ts";

const HELP = `npm run generate [-- --check | --proto-only]
Generates gen/ from proto/: TypeScript by protoc-gen-es, and gen/deskwire.binpb, the descriptors with their comments.
  --check       afterwards, fail if gen/ differs from what is committed
  --proto-only  only print buf/validate/validate.proto, which buf lint needs`;

const { values } = parseArgs({
  options: { check: { type: "boolean" }, "proto-only": { type: "boolean" }, help: { type: "boolean", short: "h" } },
});

function run(command: string, args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

if (values.help) {
  console.log(HELP);
} else {
  emitValidateProto(".proto/protovalidate");
  if (!values["proto-only"]) {
    run("buf", ["generate"]);
    run("buf", ["build", "proto", "--exclude-imports", "-o", "gen/deskwire.binpb"]);
  }
  const changed = values.check ? run("git", ["status", "--porcelain", "--", "gen"]) : "";
  if (changed) {
    console.error(`gen/ is not what proto/ generates. Run \`npm run generate\` and commit:\n${changed}`);
    process.exitCode = 1;
  }
}
