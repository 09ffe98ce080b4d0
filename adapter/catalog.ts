// What the MCP side knows of the services behind it: nothing but this.

import type { PlainHeaders } from "../runtime/calls/headers.ts";
import type { CallStats } from "../runtime/telemetry/call-stats.ts";

/** JSON as it stands in a tool's arguments and results. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** An object of it. */
export type JsonObject = { [key: string]: Json };

/** Who calls, and how far the call may go; made by the MCP side for every call. */
export interface CallContext {
  /** Ends the call to the service behind: client's cancellation, a closed connection, a deadline. */
  readonly signal: AbortSignal;
  /** Headers that travel to the service as metadata. */
  readonly headers: PlainHeaders;
  /** The scopes that the caller holds; undefined where nothing restricts it. */
  readonly scopes?: ReadonlySet<string> | undefined;
  /** A key that the client gave for this very call (`_meta`), used as request_id where the arguments have none. */
  readonly requestKey?: string | undefined;
  /** Told of each message of a server stream. */
  readonly progress?: ((count: number, message: JsonObject) => void) | undefined;
}

/** The parts of a tool that a client is shown (MCP `Tool`). */
export interface ToolDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonObject & { type: "object" };
  readonly outputSchema: JsonObject & { type: "object" };
  readonly annotations: {
    readonly title: string;
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

/** Something in a result that JSON cannot show to a model; `data` and `blob` are base64. */
export type Media =
  | { readonly type: "image" | "audio"; readonly data: string; readonly mimeType: string }
  | { readonly type: "resource"; readonly resource: { readonly uri: string; readonly mimeType: string } & Body };

type Body = { readonly text: string } | { readonly blob: string };

/** What a call came to (MCP `CallToolResult`); an error of the service is a result with `isError`. */
export interface ToolResult {
  /** The JSON of `structuredContent` as text, then what it cannot hold. */
  readonly content: readonly [{ readonly type: "text"; readonly text: string }, ...Media[]];
  readonly structuredContent: JsonObject;
  readonly isError?: true;
}

/** A call that waits for a person. */
export interface PendingApproval {
  /** Such as `APR-1001`. */
  readonly id: string;
  readonly reason: string;
}

/** What a person decides. */
export interface Decision {
  readonly approve: boolean;
  /** What to write in place of the draft; empty for the draft as it is. */
  readonly editedText?: string;
  readonly comment: string;
}

/** How calls of a tool wait for a person, and how they are decided. */
export interface ApprovalFlow {
  /** The scope that deciding takes; undefined for none. */
  readonly scope: string | undefined;
  /** The argument whose text the person may edit; undefined for none. */
  readonly textArgument: string | undefined;
  /** What a result waits for; undefined where it waits for nothing. */
  pending(result: Pick<ToolResult, "structuredContent" | "isError">): PendingApproval | undefined;
  /** Carries out what a person at the client has decided; answers what the call has come to then. */
  decide(held: ToolResult, pending: PendingApproval, decision: Decision, context: CallContext): Promise<ToolResult>;
}

/** One method of a service as a tool. */
export interface Tool {
  readonly name: string;
  /** Made when it is first asked for. */
  readonly definition: ToolDefinition;
  /** The scope a caller needs; undefined where none is needed. */
  readonly scope?: string | undefined;
  /** Whether the tool is for callers alone whose scopes name `scope`: not for one whom nothing restricts. */
  readonly explicitScope?: boolean | undefined;
  /** Present where calls may wait for a person. */
  readonly approval?: ApprovalFlow | undefined;
  /** Whether a call may tell of progress before its result. */
  readonly reportsProgress?: boolean | undefined;
  /** What has become of its calls. */
  readonly calls: CallStats;
  /** Calls the method. Never throws for what the arguments or the service did wrong: that is a result with `isError`. */
  call(args: unknown, context: CallContext): Promise<ToolResult>;
}

/** Completes a value from what was typed so far; at most 100 values. */
export type Complete = (typed: string, context: CallContext) => Promise<string[]>;

/** A family of readable things, such as `ticket://{ticket_id}`; without variables, the one thing at that address. */
export interface ResourceTemplate {
  readonly uriTemplate: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly scope?: string | undefined;
  /** Media type of what is read; absent where it differs from thing to thing. */
  readonly mimeType?: string | undefined;
  /** The variables in the template, with their completions. */
  readonly variables: readonly { readonly name: string; readonly complete?: Complete | undefined }[];
  /** Reads one thing, as a tool call would; undefined where the URI is not of this template. */
  read(uri: string, context: CallContext): Promise<ToolResult> | undefined;
}

/** A ready-made instruction. */
export interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly description: string;
    readonly required: boolean;
    readonly complete?: Complete | undefined;
  }[];
  /** The instruction's text. Throws a `TypeError` naming each required argument that is missing. */
  text(args: Readonly<Record<string, string>>): string;
  /** Addresses of resources that are put beside the text. */
  attachments?(args: Readonly<Record<string, string>>): readonly string[];
}

/** Everything an MCP server offers, in the order in which it lists it. */
export interface Catalog {
  readonly instructions: string;
  readonly tools: readonly Tool[];
  readonly resources: readonly ResourceTemplate[];
  readonly prompts: readonly Prompt[];
}
