// Our own source files, as text.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** One file of the repository. */
export interface SourceFile {
  /** From the root of the repository, such as `runtime/config.ts`. */
  readonly path: string;
  readonly text: string;
}

/** All TypeScript files that are ours, tracked or about to be; nothing generated. */
export function sourceFiles(): SourceFile[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"], { cwd: root });
  return listed
    .toString()
    .split("\n")
    .filter((path) => path !== "" && !path.startsWith("gen/") && existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Whether a file is part of the tests or of the repository's tools, and not of what runs. */
export const isTooling = ({ path }: SourceFile) =>
  /^(tests|scripts|bench)\/|\.test\.ts$|^[^/]+\.config\.ts$/.test(path);
