// A run as the message that answers the client.
import { randomBytes } from "node:crypto";
import type { ContentBlock, StopReason } from "@anthropic-ai/sdk/resources/messages";
import type { JsonObject } from "../adapter/catalog.ts";
import type { Stop } from "./loop.ts";
import { type Run, shownContent, textBlock } from "./run.ts";
import { sealSteps } from "./sealed.ts";

/** What the gateway adds to the API's message; SDKs pass over fields that they do not know. */
interface RunReport {
  readonly run: string;
  /** The ticket that the run was confined to, or null. */
  readonly ticket: string | null;
  readonly turns: number;
  readonly tools: Run["tools"];
  readonly stopped_by: string;
  readonly pending_approvals?: readonly { readonly id: string; readonly reason: string }[];
  readonly drafts?: Run["drafts"];
}

/** The answer to `POST /v1/messages`. */
export interface Answer {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  readonly model: string;
  readonly content: readonly ContentBlock[];
  readonly stop_reason: StopReason;
  readonly stop_sequence: string | null;
  readonly usage: JsonObject;
  readonly deskwire: RunReport;
}

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  client_tools: "tool_use",
  // As the API's own tools have it: send the answer back as it is, and the work goes on.
  turn_limit: "pause_turn",
  token_limit: "pause_turn",
  time_limit: "pause_turn",
  approval: "end_turn",
};

/** A new identifier in the form of the API's. */
export function newId(prefix: "msg" | "req" | "run"): string {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

/** Blocks that no model said: what the client needs to go on, and what it has to know. */
function closingBlocks(run: Run, stop: Stop): ContentBlock[] {
  if (stop === "approval") {
    const waiting = run.approvals.map(({ id }) => id).join(", ");
    const text = `Nothing was sent yet: the reply waits for a person's approval (${waiting}). The work goes on when it is decided.`;
    return [textBlock(text)];
  }
  const resumable = STOP_REASONS[stop] === "pause_turn" || (stop === "client_tools" && hasSteps(run));
  return resumable ? [sealSteps(run)] : [];
}

/** Whether the run did something that its shown content does not show. */
function hasSteps({ results, messages, base }: Run): boolean {
  return results.length > 0 || messages.length - base > 1;
}

function reportOf(run: Run, stop: Stop): RunReport {
  const { approvals, drafts } = run;
  return {
    ...{ run: run.id, ticket: run.ticket ?? null, turns: run.turns, tools: run.tools, stopped_by: stop },
    ...(approvals.length > 0 && { pending_approvals: approvals.map(({ id, reason }) => ({ id, reason })) }),
    ...(run.dryRun && { drafts }),
  };
}

/** The message that a run comes to. */
export function answerOf(run: Run, stop: Stop, isOurs: (name: string) => boolean): Answer {
  return {
    id: run.id.replace("run", "msg"),
    type: "message",
    role: "assistant",
    model: run.params.model,
    content: [...shownContent(run, isOurs), ...closingBlocks(run, stop)],
    stop_reason: STOP_REASONS[stop] ?? (stop as StopReason),
    stop_sequence: stop === "stop_sequence" ? run.stopSequence : null,
    usage: run.usage as JsonObject,
    deskwire: reportOf(run, stop),
  };
}
