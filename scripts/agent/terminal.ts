// What a person sees of the agent at work: its words as they come, and a line for each of its tools.
import type { Writable } from "node:stream";
import { printable } from "../terminal-text.ts";
import type { Summary, ToolNews } from "./conversation.ts";

const PLACEHOLDER: Readonly<Record<string, string>> = { response: "to the customer", body: "note" };

const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
const number = (value: number) => value.toLocaleString("en");

function indented(text: string): string {
  return text.replaceAll(/^/gm, "    | ");
}

/** What of a tool's arguments is worth a line, and which texts it carries. */
function described({ name, input = {} }: ToolNews): { title: string; texts: string[] } {
  const texts: string[] = [];
  const words: string[] = [];
  for (const [key, value] of Object.entries(input)) {
    const label = PLACEHOLDER[key];
    if (label !== undefined) texts.push(`    ${label}:\n${indented(String(value))}`);
    else words.push(`${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  }
  return { title: [name, ...words].join(" "), texts };
}

/** Writes to a terminal, or to whatever takes text. */
export class Terminal {
  readonly #out: Writable;
  #inText = false;

  constructor(out: Writable) {
    this.#out = out;
  }

  line(text: string): void {
    this.end();
    this.#out.write(`${printable(text)}\n`);
  }

  /** Words of the model, as they come. */
  text(piece: string): void {
    if (piece === "") return;
    if (!this.#inText) this.#out.write("\n");
    this.#inText = true;
    this.#out.write(printable(piece));
  }

  /** Ends the words of the model, if there are any. */
  end(): void {
    if (this.#inText) this.#out.write("\n\n");
    this.#inText = false;
  }

  tool(news: ToolNews): void {
    const { title, texts } = described(news);
    if (news.state === "started" || news.state === "recorded") {
      this.line(`  ${news.state === "recorded" ? "not done: " : ""}${title}`);
      for (const text of texts) this.line(text);
      return;
    }
    if (news.state === "failed") this.line(`  ${news.name}: refused; the model is told why`);
  }

  /** The end of it, in a few lines. */
  summary(summary: Summary, usage: { input_tokens: number; output_tokens: number } | undefined): void {
    const { turns, tools, stopped_by, pending_approvals = [] } = summary;
    for (const { id, reason } of pending_approvals) {
      this.line(`The reply waits for approval: ${reason}\n  npm run approvals -- ${id}`);
    }
    if (stopped_by.endsWith("_limit")) {
      this.line(
        `Stopped by the ${stopped_by.replace("_", " ")}. Raise GATEWAY_MAX_TURNS, _TOKENS or _SECONDS for longer work.`,
      );
    }
    const tokens = usage && `, ${number(usage.input_tokens)} tokens in, ${number(usage.output_tokens)} out`;
    this.line(`${counted(turns, "turn")}, ${counted(tools.length, "tool call")}${tokens ?? ""}.`);
  }
}
