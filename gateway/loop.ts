// The agent loop: the model, the tools it asks for, their results, and again, until the model is done or somebody else has to act.
import type {
  ContentBlock,
  MessageParam,
  RawMessageStreamEvent,
  ToolResultBlockParam,
  ToolUseBlock,
} from "@anthropic-ai/sdk/resources/messages";
import { Code } from "@connectrpc/connect";
import type { PlainHeaders } from "../runtime/calls/headers.ts";
import { fail, failEnded } from "../runtime/errors.ts";
import { withCacheMarks } from "./caching.ts";
import type { Toolbox } from "./expand-tools.ts";
import { type LimitName, type RunLimits, reachedLimit } from "./limits.ts";
import type { ModelParams } from "./messages.ts";
import { addUsage, type Run, tokensOf } from "./run.ts";
import { callTools, type ToolProgress } from "./tool-calls.ts";
import type { Upstream } from "./upstream.ts";

/** Why a run stopped: a limit, tools of the client that it has to run, a reply that waits for approval, or what the model says. */
export type Stop = LimitName | "client_tools" | "approval" | (string & {});

/** Who is told of a run while it goes on. */
export interface Watcher {
  /** Told of each event of the model's stream; returns whether the client has been shown something of this turn. */
  onEvent(event: RawMessageStreamEvent): boolean;
  onTool(progress: ToolProgress): void;
}

/** For a run of which nobody sees anything before its end. */
export const NOBODY: Watcher = { onEvent: () => false, onTool() {} };

/** What a run stands on. */
export interface LoopOptions {
  readonly upstream: Upstream;
  readonly toolbox: Toolbox;
  readonly limits: RunLimits;
  /** Ends everything at once: nobody waits for the answer. */
  readonly signal: AbortSignal;
  /** Headers for the services. */
  readonly headers: PlainHeaders;
  /** Headers for the model's API. */
  readonly modelHeaders: Readonly<Record<string, string>>;
  readonly watcher: Watcher;
  /** Called after every step; the run can be taken up again from what it is given. */
  save(run: Run): Promise<void>;
}

/** A choice of tools is for the first turn: a model that has to call a tool in every turn never ends. */
function paramsOf({ params, turns }: Run): ModelParams {
  const choice = params.tool_choice;
  if (turns === 0 || choice === undefined || choice.type === "none" || choice.type === "auto") return params;
  const { disable_parallel_tool_use } = choice;
  return { ...params, tool_choice: { type: "auto", ...(disable_parallel_tool_use && { disable_parallel_tool_use }) } };
}

/** The conversation without the empty texts that models now and then write, and that the API refuses to take back. */
function sendable({ messages }: Run): MessageParam[] {
  return messages.map((message) => {
    const { role, content } = message;
    if (role !== "assistant" || typeof content === "string") return message;
    return { role, content: content.filter((block) => block.type !== "text" || block.text !== "") };
  });
}

class Loop {
  readonly #run: Run;
  readonly #options: LoopOptions;
  readonly #begun = performance.now();
  readonly #before: number;

  constructor(run: Run, options: LoopOptions) {
    this.#run = run;
    this.#options = options;
    this.#before = run.ms;
  }

  #elapsed(): number {
    return this.#before + performance.now() - this.#begun;
  }

  async #save(): Promise<void> {
    this.#run.ms = Math.round(this.#elapsed());
    await this.#options.save(this.#run);
  }

  async work(): Promise<Stop> {
    const run = this.#run;
    while (true) {
      const { signal, limits } = this.#options;
      if (signal.aborted) throw failEnded(signal);
      const last = run.messages.at(-1);
      if (run.messages.length > run.base && last?.role === "assistant") {
        const stop = await this.#settle(last.content as ContentBlock[]);
        if (stop !== undefined) return stop;
      }
      const spent = { turns: run.turns, tokens: tokensOf(run), ms: this.#elapsed() };
      const limit = reachedLimit(limits, spent) ?? (await this.#turn(limits.maxMs - spent.ms));
      if (limit !== undefined) return limit;
    }
  }

  /** One answer of the model; the name of the limit where its time ran out. */
  async #turn(leftMs: number): Promise<LimitName | undefined> {
    const run = this.#run;
    const { upstream, signal, modelHeaders, watcher } = this.#options;
    const time = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)));
    const onEvent = (event: RawMessageStreamEvent) => watcher.onEvent(event);
    const turn = { signal: AbortSignal.any([signal, time]), headers: modelHeaders, onEvent };
    const { params, messages } = withCacheMarks(paramsOf(run), sendable(run));
    try {
      const { content, stop_reason, stop_sequence, usage } = await upstream.turn(params, messages, turn);
      run.messages.push({ role: "assistant", content: content as never });
      run.turns++;
      run.usage = addUsage(run.usage, usage);
      run.lastStop = stop_reason;
      run.stopSequence = stop_sequence;
    } catch (error) {
      if (signal.aborted) throw failEnded(signal);
      if (!time.aborted) throw error;
      if (run.messages.length > run.base) return "time_limit";
      const message =
        "The run ran out of time before the model had answered once. Try again, or raise GATEWAY_MAX_SECONDS.";
      throw fail(Code.DeadlineExceeded, "RUN_OUT_OF_TIME", message);
    }
    await this.#save();
    return undefined;
  }

  /** Acts on the model's last answer; undefined where the model has to go on. */
  async #settle(content: readonly ContentBlock[]): Promise<Stop | undefined> {
    const run = this.#run;
    const { toolbox, signal, headers, watcher } = this.#options;
    if (run.lastStop === "pause_turn") return undefined;
    if (run.lastStop !== "tool_use") return run.lastStop ?? "end_turn";
    const uses = content.filter((block): block is ToolUseBlock => block.type === "tool_use");
    const theirs = uses.some(({ name }) => toolbox.theirs.has(name));
    const ours = uses.filter(({ name }) => !toolbox.theirs.has(name));
    if (run.results.length === 0 && ours.length > 0) {
      const onTool = (progress: ToolProgress) => watcher.onTool(progress);
      run.results = await callTools(run, ours, { tools: toolbox.ours, signal, headers, onTool });
    }
    if (!theirs) this.#answerTools(run.results);
    await this.#save();
    if (theirs) return "client_tools";
    return run.approvals.length > 0 ? "approval" : undefined;
  }

  #answerTools(results: readonly ToolResultBlockParam[]): void {
    this.#run.messages.push({ role: "user", content: [...results] });
    this.#run.results = [];
  }
}

/**
 * Works on a run until it stops, and says why.
 *
 * Rejects with the SDK's errors where the model fails, with `CANCELED` where the signal ends it, and with `RUN_OUT_OF_TIME`
 * where the time was up before anything was said.
 */
export function work(run: Run, options: LoopOptions): Promise<Stop> {
  return new Loop(run, options).work();
}
