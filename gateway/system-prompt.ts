// What the desk tells the model before anything else: one file that its owner edits.
import { readFileSync } from "node:fs";
import type { TextBlockParam } from "@anthropic-ai/sdk/resources/messages";
import { Code } from "@connectrpc/connect";
import { fail } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { MessagesRequest } from "./messages.ts";

/** Gives the text of the file as it is now. */
export type SystemPrompt = () => string;

/**
 * Opens the file of the desk's system prompt. It is read anew for every run, so that an edit needs no restart; while it
 * cannot be read, the last good text stays.
 *
 * @throws ConnectError `SYSTEM_PROMPT_UNREADABLE` where it cannot be read at first
 */
export function openSystemPrompt(file: string, log: Log): SystemPrompt {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const message = `The system prompt cannot be read from ${file} (${code}). Correct SYSTEM_PROMPT_FILE, or put the file back.`;
    throw fail(Code.FailedPrecondition, "SYSTEM_PROMPT_UNREADABLE", message, { file });
  }
  return () => {
    try {
      text = readFileSync(file, "utf8").trim();
    } catch (error) {
      log("the system prompt cannot be read; the last one stays", { file, error });
    }
    return text;
  };
}

/** The system prompt of a run: the desk's before the caller's, each a block of its own. */
export function systemBlocks(desk: readonly string[], caller: MessagesRequest["system"]): TextBlockParam[] {
  const own = desk.filter(Boolean).map((text): TextBlockParam => ({ type: "text", text }));
  const given: readonly TextBlockParam[] =
    typeof caller === "string" ? [{ type: "text", text: caller }] : (caller ?? []);
  return [...own, ...given.filter(({ text }) => text !== "")];
}
