// `npm run fuzz`: many more cases than the tests run.
import { parseArgs } from "node:util";
import { Code } from "@connectrpc/connect";
import { runCommand } from "../../runtime/command.ts";
import { fail } from "../../runtime/errors.ts";
import { fuzz } from "./fuzz.ts";

const HELP = `npm run fuzz -- [--cases N] [--seed N]
Sends malformed requests to every call over every protocol and to every tool, and fails where the desk breaks.

  --cases N   how many; 100000 if left out
  --seed N    repeats a run; random if left out
  -h, --help  this text`;

const MAX_HEAP_GROWTH = 64 * 2 ** 20;

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      cases: { type: "string", default: "100000" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(HELP);
  const seed = Number(values.seed);
  if (!(Number.isInteger(seed) && Number(values.cases) >= 1)) {
    throw fail(
      Code.InvalidArgument,
      "USAGE_WRONG",
      "--cases and --seed take whole numbers. See npm run fuzz -- --help.",
    );
  }
  console.log(`seed ${seed}`);
  const progress = (done: number) => process.stderr.write(`${done} cases\r`);
  const { problems, codes, ways, heapGrowth, seconds, cases } = await fuzz({
    cases: Number(values.cases),
    seed,
    progress,
  });
  for (const problem of problems) console.log(JSON.stringify(problem, null, 2));
  console.log(JSON.stringify({ codes, ways }, null, 2));
  console.log(`${cases} cases in ${seconds.toFixed(1)} s, heap grew by ${(heapGrowth / 2 ** 20).toFixed(1)} MiB`);
  console.log(`${problems.length} problems`);
  if (problems.length > 0 || heapGrowth > MAX_HEAP_GROWTH) process.exitCode = 1;
});
