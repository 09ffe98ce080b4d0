// Bugs planted on purpose, to show that the torture finds them: copies of the source tree in which one thing is wrong.
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../support/processes.ts";

interface Plant {
  readonly description: string;
  readonly file: string;
  readonly right: string;
  readonly wrong: string;
}

/** The bugs there are. */
export const PLANTS = {
  "no-replay": {
    description: "the services drop the idempotency check: a request_id that was seen before is not recognised",
    file: "runtime/calls/idempotency.ts",
    right: 'if (requestId === "") return',
    wrong: "return",
  },
  "early-answer": {
    description: "the services answer a write before it is committed",
    file: "runtime/calls/write.ts",
    right: "await database.transaction((trx) => replay(trx, call, () => work(trx)));",
    wrong: `await new Promise<Awaited<ReturnType<typeof replay<I, O>>>>((resolve, reject) => {
    database.transaction(async (trx) => {
      const answer = await replay(trx, call, () => work(trx));
      resolve(answer);
      await new Promise((committing) => setTimeout(committing, 20));
      return answer;
    }).catch(reject);
  });`,
  },
} as const satisfies Readonly<Record<string, Plant>>;

export type PlantName = keyof typeof PLANTS;

const TREE = ["package.json", "adapter", "config", "gateway", "gen", "proto", "runtime", "services"];

/** Makes a source tree with a bug in it; the caller removes it. */
export async function plantedTree(name: PlantName): Promise<{ readonly root: URL; remove(): Promise<void> }> {
  const { file, right, wrong } = PLANTS[name];
  const folder = await mkdtemp(join(tmpdir(), "deskwire-plant-"));
  for (const part of TREE) await cp(new URL(part, ROOT), join(folder, part), { recursive: true });
  await symlink(new URL("node_modules", ROOT), join(folder, "node_modules"));
  const source = await readFile(join(folder, file), "utf8");
  if (!source.includes(right)) throw new Error(`${file} has changed: the bug ${name} has to be planted another way`);
  await writeFile(
    join(folder, file),
    source.replace(right, () => wrong),
  );
  return { root: pathToFileURL(`${folder}/`), remove: () => rm(folder, { recursive: true, force: true }) };
}
