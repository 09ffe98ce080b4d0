// One run: the conversation as the model sees it, and what has been spent on it. Plain data, so that it can be stored after every step.
import type {
  ContentBlock,
  MessageParam,
  TextBlock,
  ToolResultBlockParam,
  Usage,
} from "@anthropic-ai/sdk/resources/messages";
import type { Json } from "../adapter/catalog.ts";
import type { ModelParams } from "./messages.ts";

/** A use of one of the desk's tools, as it is reported. */
export interface ToolReport {
  readonly id: string;
  readonly name: string;
  readonly ms: number;
  readonly is_error?: true;
  /** The same write had been done before, and was not done again. */
  readonly replayed?: true;
}

/** A write that was not made because the run is a trial. */
interface Draft {
  readonly tool: string;
  readonly input: Json;
}

/** A reply that waits for a person. */
interface PendingApproval {
  readonly id: string;
  readonly tool_use_id: string;
  readonly reason: string;
}

/** The sums of what the model's API counted. */
export type UsageSum = Partial<Pick<Usage, "input_tokens" | "output_tokens">> & Record<string, unknown>;

/** A run. */
export interface Run {
  readonly id: string;
  readonly principal: string;
  /** Undefined where nothing restricts the caller. */
  readonly scopes: readonly string[] | undefined;
  /** The program that asked, as it names itself. */
  readonly client?: string | undefined;
  /** The one ticket that the run is about; undefined where it is not confined to one. */
  readonly ticket: string | undefined;
  /** Names of the client's own tools; what else the model may use is the desk's. */
  readonly theirs: readonly string[];
  /** Whether writes are recorded in place of being made. */
  readonly dryRun: boolean;
  readonly params: ModelParams;
  readonly messages: MessageParam[];
  /** How many of the messages were there before; those after it are what this run's answer is made of. */
  base: number;
  turns: number;
  /** Milliseconds at work, of all stretches before this one. */
  ms: number;
  usage: UsageSum;
  readonly tools: ToolReport[];
  readonly drafts: Draft[];
  /** Results of the last turn's tools that wait for those of the client's own. */
  results: ToolResultBlockParam[];
  approvals: PendingApproval[];
  /** Why the model stopped last. */
  lastStop: string | null;
  stopSequence: string | null;
}

/** Adds what one turn cost: numbers are summed, also within objects; of anything else the last value stays. */
export function addUsage(sum: UsageSum, turn: object): UsageSum {
  const total: Record<string, unknown> = { ...sum };
  for (const [name, value] of Object.entries(turn)) {
    const before = total[name];
    if (typeof value === "number") total[name] = (typeof before === "number" ? before : 0) + value;
    else if (typeof value === "object" && value !== null) total[name] = addUsage((before ?? {}) as UsageSum, value);
    else if (value !== null || before === undefined) total[name] = value;
  }
  return total;
}

/** All tokens that a run has taken so far, read from the cache or not. */
export function tokensOf({ usage }: Run): number {
  const counts = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
  return counts.reduce((sum, name) => sum + (Number(usage[name]) || 0), 0);
}

/** The blocks that the client is shown: everything that the model said in this run but its uses of the desk's tools. */
export function shownContent(run: Run, isOurs: (name: string) => boolean): ContentBlock[] {
  const said = run.messages.slice(run.base).filter(({ role }) => role === "assistant");
  const blocks = said.flatMap(({ content }) => content as ContentBlock[]);
  return blocks.filter((block) => block.type !== "tool_use" || !isOurs(block.name));
}

/** A block of text as the API answers it. */
export function textBlock(text: string): TextBlock {
  return { type: "text", text, citations: null };
}
