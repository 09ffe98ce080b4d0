// What a stand-in for the Messages API is told to answer.

/** JSON of a request as it came in; only what tests look at is typed. */
export interface MessagesRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly stream?: boolean;
  readonly system?: string | readonly { readonly type: "text"; readonly text: string }[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly tool_choice?: Readonly<Record<string, unknown>>;
}

/** A block of content; which fields it has depends on its type. */
export interface Block {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly text?: string;
  readonly input?: unknown;
  readonly tool_use_id?: string;
  readonly content?: unknown;
  readonly is_error?: boolean;
  readonly [field: string]: unknown;
}

/** How an answer goes wrong once it has begun: after so many events of its stream, or of its bytes where it is no stream. */
export interface Breakage {
  readonly after: number;
  /** The connection is cut, nothing more comes, the stream just ends, bytes come that are no JSON, or an `error` event. */
  readonly how: "cut" | "hang" | "end" | "malformed" | { readonly error: string };
}

/** What the model says: strings are text. */
export interface Turn {
  readonly content: readonly (string | Block)[];
  /** Default: `tool_use` where a tool is used, else `end_turn`. */
  readonly stop_reason?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly breaks?: Breakage;
  /** The answer ends only once this has settled; its first text goes out before. */
  readonly held?: Promise<unknown>;
}

/** An error in place of an answer. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is answered to one request; `hang` never answers, `cut` closes the connection. */
export type Reply = Turn | Refusal | "hang" | "cut";

/** Answers requests; throws where none was expected. */
export type Script = (request: MessagesRequest) => Reply | Promise<Reply>;

let uses = 0;

/** The use of a tool, with an id of its own. */
export function use(name: string, input: unknown = {}): Block {
  return {
    type: "tool_use",
    id: `toolu_${Date.now().toString(36)}${(uses++).toString(36).padStart(6, "0")}`,
    name,
    input,
  };
}

/** A turn of text and tool uses. */
export function turn(...content: (string | Block)[]): Turn {
  return { content };
}

/** A refusal as the API makes it when it has too much to do. */
export const overloaded: Refusal = { status: 529, type: "overloaded_error", message: "Overloaded" };

/** Answers with these, one after the other. */
export function inOrder(...replies: (Reply | ((request: MessagesRequest) => Reply | Promise<Reply>))[]): Script {
  const left = [...replies];
  return (request) => {
    const next = left.shift();
    if (next === undefined) throw new Error("the script has no answer left");
    return typeof next === "function" ? next(request) : next;
  };
}

/** The results of tools that the last message of a request carries, as text by the name of the tool. */
export function resultsIn({ messages }: MessagesRequest): { name: string; text: string; is_error: boolean }[] {
  const names = new Map<string, string>();
  for (const { content } of messages) {
    if (typeof content === "string") continue;
    for (const { type, id = "", name = "" } of content) if (type === "tool_use") names.set(id, name);
  }
  const last = messages.at(-1)?.content ?? [];
  if (typeof last === "string") return [];
  return last
    .filter(({ type }) => type === "tool_result")
    .map(({ tool_use_id = "", content, is_error = false }) => {
      const parts =
        typeof content === "string" ? [content] : ((content as Block[] | undefined) ?? []).map((it) => it.text);
      return { name: names.get(tool_use_id) ?? "", text: parts.join("\n"), is_error };
    });
}
