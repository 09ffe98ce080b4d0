// `npm run train`: the weights of the text engine from labelled texts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../../runtime/command.ts";
import { fail } from "../../runtime/errors.ts";
import { crossValidate } from "./folds.ts";
import { trainModels } from "./train-models.ts";

const WEIGHTS = fileURLToPath(new URL("../../services/analytics/engine/weights/", import.meta.url));

const HELP = `npm run train -- --data DIR [options]
Trains the models of the text engine and writes weights.bin and manifest.json. The same files give the same weights.

  --data DIR  folder with the CSV files that docs/analytics.md lists
  --out DIR   where to write; the engine's own folder if left out
  --folds     writes nothing: leaves each source out in turn and prints how well a model of all others reads it
  -h, --help  this text`;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: "string" },
      out: { type: "string", default: WEIGHTS },
      folds: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return console.log(HELP);
  if (values.data === undefined) {
    throw fail(
      Code.InvalidArgument,
      "USAGE_WRONG",
      "Say where the texts are: --data DIR.\nSee npm run train -- --help.",
    );
  }
  if (values.folds) {
    for (const { model, name, macroF1, n } of crossValidate(values.data)) {
      console.log(`${model.padEnd(10)} ${name.padEnd(48)} macro-F1 ${macroF1.toFixed(3)} on ${n} texts`);
    }
    return;
  }
  const started = performance.now();
  const { bytes, manifest } = trainModels(values.data, (line) => {
    console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  });
  writeFileSync(join(values.out, "weights.bin"), bytes);
  writeFileSync(join(values.out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${bytes.length} bytes of weights written to ${values.out}`);
}

await runCommand(() => main(process.argv.slice(2)));
