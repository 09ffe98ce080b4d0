// Editing a text in the editor that the person is used to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { fail } from "../../runtime/errors.ts";

/**
 * Opens `$VISUAL`, `$EDITOR` or vi on a text; what it was made into, or undefined where it stayed as it was or is empty now.
 *
 * @throws ConnectError `EDITOR_FAILED`
 */
export async function editText(text: string): Promise<string | undefined> {
  const { VISUAL, EDITOR } = process.env;
  const editor = VISUAL || EDITOR || "vi";
  const folder = await mkdtemp(join(tmpdir(), "deskwire-draft-"));
  const file = join(folder, "draft.txt");
  try {
    await writeFile(file, text);
    // By a shell, since an editor may come with arguments: EDITOR="code --wait".
    const child = spawn("sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit" });
    const [code] = await once(child, "exit");
    if (code !== 0) {
      throw fail(Code.Aborted, "EDITOR_FAILED", `The editor ${editor} ended with ${code}. Set EDITOR, or use --text.`);
    }
    const edited = (await readFile(file, "utf8")).trim();
    return edited === "" || edited === text.trim() ? undefined : edited;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
