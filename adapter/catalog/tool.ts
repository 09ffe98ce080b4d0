// One method as a tool.
import type { DescMethod, Message, Registry } from "@bufbuild/protobuf";
import { hasCustomJsonRepresentation, MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { REPLAYED_HEADER, TOOL_HEADER } from "../../runtime/calls/call.ts";
import { requiredScope, scopeMissing } from "../../runtime/identity/scopes.ts";
import type { Log } from "../../runtime/log.ts";
import { commentOf } from "../../runtime/messages/comments.ts";
import { isNestedDeeper } from "../../runtime/messages/nesting.ts";
import { CallStats } from "../../runtime/telemetry/call-stats.ts";
import { callersTrace } from "../../runtime/telemetry/tracing.ts";
import type {
  ApprovalFlow,
  CallContext,
  Json,
  JsonObject,
  Media,
  Tool,
  ToolDefinition,
  ToolResult,
} from "../catalog.ts";
import { approvalFlow, waitingNotice } from "./approval.ts";
import { Excerpts, tokens } from "./budget.ts";
import { decode, MAX_DEPTH } from "./decode.ts";
import { encode } from "./encode.ts";
import type { Encoding } from "./encode-scalar.ts";
import { argumentError, type ErrorContext, outcomeOf, serviceError } from "./errors.ts";
import { callStreaming, callUnary, type Endpoint } from "./invoke.ts";
import { type Issue, type Path, shownAs, shownName } from "./issues.ts";
import { toolOptions } from "./options.ts";
import { type More, moreOf } from "./paging.ts";
import { automaticKey, withRequestKey } from "./request-key.ts";
import type { RequiredFields } from "./required.ts";
import type { Schema } from "./schema.ts";
import {
  MESSAGES,
  RESPONSE_FORMAT,
  streamsIn,
  streamsOut,
  type ToolSchemas,
  toolSchemas,
  VALUE,
} from "./tool-schemas.ts";
import { Boundary } from "./untrusted.ts";
import { count, inWords, paragraph, snakeCase, unwrapped } from "./words.ts";

/** How many messages of a stream are collected at most. */
const MAX_STREAMED = 1_000;

/** What all tools of a catalog share. */
export interface ToolSetting extends Endpoint {
  readonly registry: Registry;
  readonly required: RequiredFields;
  /** How long a result may be, in tokens. */
  readonly maxResultTokens: number;
  readonly log: Log;
}

/** An encoding of a whole result. */
interface ResultEncoding extends Encoding {
  readonly boundary: Boundary;
  readonly excerpts: Excerpts;
  readonly media: Media[];
}

interface Arguments {
  readonly requests: readonly Message[];
  readonly detailed: boolean;
  readonly issues: readonly Issue[];
}

class MethodTool implements Tool {
  readonly name: string;
  readonly scope: string | undefined;
  readonly explicitScope: boolean;
  readonly approval: ApprovalFlow | undefined;
  readonly reportsProgress: boolean;
  readonly calls: CallStats;
  readonly #method: DescMethod;
  readonly #setting: ToolSetting;
  readonly #more: More | undefined;
  readonly #autoRequestId: boolean;
  #madeSchemas: ToolSchemas | undefined;
  #madeDefinition: ToolDefinition | undefined;

  constructor(method: DescMethod, name: string, setting: ToolSetting) {
    this.name = name;
    this.#method = method;
    this.#setting = setting;
    this.#more = streamsOut(method) ? undefined : moreOf(method);
    this.scope = requiredScope(method);
    const options = toolOptions(method);
    this.explicitScope = options?.explicitScope ?? false;
    this.#autoRequestId = options?.autoRequestId ?? false;
    const toolOf = (decider: DescMethod) => new MethodTool(decider, snakeCase(decider.name), setting);
    this.approval = approvalFlow(method, toolOf, () => [this.#schemas.names.waiting, this.#schemas.names.replayed]);
    this.reportsProgress = streamsOut(method);
    this.calls = new CallStats(name);
  }

  get definition(): ToolDefinition {
    this.#madeDefinition ??= definition(this.#method, this.name, this.#schemas);
    return this.#madeDefinition;
  }

  /** Made when first asked for: schemas take milliseconds, and nobody who starts a desk is to wait for those of all its tools. */
  get #schemas(): ToolSchemas {
    this.#madeSchemas ??= toolSchemas(this.#method, this.#setting.required);
    return this.#madeSchemas;
  }

  get #errors(): ErrorContext {
    return {
      inputSchema: this.#schemas.input,
      property: this.#schemas.names.error,
      repeatable: this.#method.idempotency !== Idempotency.IDEMPOTENCY_UNKNOWN,
    };
  }

  async call(args: unknown, context: CallContext): Promise<ToolResult> {
    const began = this.calls.begin();
    const result = await this.#answer(args, context);
    const failure = outcomeOf(result);
    const ms = this.calls.end(began, failure);
    if (failure) {
      const trace = callersTrace(new Headers(context.headers));
      this.#setting.log("tool call refused", { ...trace, tool: this.name, ...failure, ms });
    }
    return result;
  }

  async #answer(args: unknown, caller: CallContext): Promise<ToolResult> {
    try {
      this.#assertScope(caller);
      const context = { ...caller, headers: { ...caller.headers, [TOOL_HEADER]: this.name } };
      const { requests, detailed, issues } = this.#read(args, context.requestKey);
      if (issues.length > 0) return argumentError(issues, this.#errors);
      return await (streamsOut(this.#method)
        ? this.#stream(requests, detailed, context)
        : this.#unary(requests, detailed, context));
    } catch (error) {
      // Whatever is not an answer of the service is a mistake of this program, and no client is told of it.
      if (!isExpected(error)) this.#setting.log("tool failed", { tool: this.name, error });
      return serviceError(error, this.#errors);
    }
  }

  #assertScope({ scopes }: CallContext): void {
    if (!this.scope || !scopes || scopes.has(this.scope)) return;
    throw scopeMissing(this.scope);
  }

  #read(args: unknown, requestKey: string | undefined): Arguments {
    const given = (args ?? {}) as Json;
    const properties = this.#schemas.input.properties as Schema;
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      const message = `The arguments must be an object, got ${shownAs(given)}.`;
      return { requests: [], detailed: false, issues: [{ path: [], rule: "wrong_type", message }] };
    }
    if (isNestedDeeper(given, MAX_DEPTH)) {
      const message = `The arguments are nested more than ${MAX_DEPTH} levels deep.`;
      return { requests: [], detailed: false, issues: [{ path: [], rule: "too_deep", message }] };
    }
    const { rest, format } = this.#takeFormat(given);
    const issues: Issue[] = [];
    if (format !== undefined && format !== "concise" && format !== "detailed") {
      const message = `Must be concise or detailed, got ${shownAs(format)}.`;
      issues.push({ path: [RESPONSE_FORMAT], rule: "not_allowed", message });
    }
    const automatic = this.#autoRequestId ? automaticKey(this.name, rest) : undefined;
    const messages = this.#messages(withRequestKey(rest, properties, requestKey ?? automatic), issues);
    const requests = messages.map(({ json, path }) => {
      const decoded = decode(this.#method.input, json, this.#setting.registry, path);
      issues.push(...decoded.issues);
      return decoded.message.message;
    });
    return { requests, detailed: format === "detailed", issues };
  }

  #takeFormat(given: JsonObject): { rest: JsonObject; format: Json | undefined } {
    if (!this.#schemas.hasFormats) return { rest: given, format: undefined };
    const { [RESPONSE_FORMAT]: format, responseFormat, ...rest } = given;
    return { rest, format: format ?? responseFormat ?? undefined };
  }

  /** The JSON of each message to send, and where in the arguments it stands. */
  #messages(given: JsonObject, issues: Issue[]): { json: Json; path: Path }[] {
    const { input } = this.#method;
    const wrapper = streamsIn(this.#method) ? MESSAGES : hasCustomJsonRepresentation(input) ? VALUE : undefined;
    if (wrapper === undefined) return [{ json: given, path: [] }];
    const { [wrapper]: inner, ...unknown } = given;
    for (const name of Object.keys(unknown)) {
      issues.push({
        path: [name],
        rule: "unknown_argument",
        message: `${shownName(name)} is not known. Did you mean ${wrapper}?`,
      });
    }
    if (wrapper === VALUE) return inner === undefined ? [{ json: {}, path: [] }] : [{ json: inner, path: [VALUE] }];
    if (Array.isArray(inner)) return inner.map((json, index) => ({ json, path: [MESSAGES, index] }));
    issues.push({ path: [MESSAGES], rule: "wrong_type", message: `Must be an array, got ${shownAs(inner)}.` });
    return [];
  }

  #encoding(detailed: boolean): ResultEncoding {
    const { registry } = this.#setting;
    return { registry, detailed, boundary: new Boundary(), excerpts: new Excerpts(), media: [] };
  }

  async #unary(requests: readonly Message[], detailed: boolean, context: CallContext): Promise<ToolResult> {
    const [request] = requests;
    let response: Message | undefined;
    let replayed = false;
    if (streamsIn(this.#method)) {
      await callStreaming(this.#setting, this.#method, requests, context, (message) => {
        response = message;
        return true;
      });
    } else if (request) {
      const answer = await callUnary(this.#setting, this.#method, request, context);
      response = answer.message;
      replayed = answer.header.get(REPLAYED_HEADER) === "true";
    }
    if (!response) throw new ConnectError("no answer", Code.Internal);
    const encoding = this.#encoding(detailed);
    const result = encode(this.#method.output, response, encoding);
    const more = request && this.#more?.(request, response);
    return this.#finish(result, encoding, { more, replayed });
  }

  async #stream(requests: readonly Message[], detailed: boolean, context: CallContext): Promise<ToolResult> {
    const encoding = this.#encoding(detailed);
    const { maxResultTokens } = this.#setting;
    const messages: JsonObject[] = [];
    let size = 0;
    let left: string | undefined;
    const take = (message: Message): boolean => {
      const json = encode(this.#method.output, message, encoding, `$.${MESSAGES}[${messages.length}]`);
      size += tokens(json);
      messages.push(json);
      context.progress?.(messages.length, json);
      if (size <= maxResultTokens && messages.length < MAX_STREAMED) return true;
      left = `Only the first ${count(messages.length)} messages were collected: the stream went on.`;
      return false;
    };
    try {
      await callStreaming(this.#setting, this.#method, requests, context, take);
    } catch (error) {
      // A stream that has no end is as long as its deadline; what came until then is its result.
      if (messages.length === 0 || ConnectError.from(error).code !== Code.DeadlineExceeded) throw error;
      left = "The stream had not ended when the time was up; this is what came until then.";
    }
    encoding.excerpts.list(messages, `$.${MESSAGES}`);
    return this.#finish({ [MESSAGES]: messages }, encoding, { left });
  }

  /** Says what a model must know of the result, inside of it: some clients show nothing else. */
  #finish(
    result: JsonObject,
    { boundary, excerpts, media }: ResultEncoding,
    { more, left, replayed }: { more?: string | undefined; left?: string | undefined; replayed?: boolean },
  ): ToolResult {
    const { names } = this.#schemas;
    const { maxResultTokens } = this.#setting;
    const { notice } = boundary;
    const pending = this.approval?.pending({ structuredContent: result });
    const before: JsonObject = {
      ...(pending && { [names.waiting]: waitingNotice(pending) }),
      ...(notice && { [names.notice]: notice }),
      ...(left && { [names.truncated]: left }),
      ...(replayed && this.#schemas.hasReplays && { [names.replayed]: true }),
    };
    const after: JsonObject = more ? { [names.more]: more } : {};
    const whole: JsonObject = { ...before, ...result, ...after };
    const text = JSON.stringify(whole);
    if (excerpts.fits(text, maxResultTokens))
      return { content: [{ type: "text", text }, ...media], structuredContent: whole };
    const cut = excerpts.fit(result, maxResultTokens, tokens({ ...before, ...after }));
    const structuredContent = { ...before, [names.truncated]: paragraph(left, cut), ...result, ...after };
    return { content: [{ type: "text", text: JSON.stringify(structuredContent) }, ...media], structuredContent };
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof ConnectError || (error as Error | undefined)?.name === "AbortError";
}

function definition(method: DescMethod, name: string, schemas: ToolSchemas): ToolDefinition {
  const options = toolOptions(method);
  const title = options?.title || inWords(method.name);
  const readOnly = method.idempotency === Idempotency.NO_SIDE_EFFECTS;
  const comment = unwrapped(commentOf(method)) || `Calls ${method.name} of ${method.parent.typeName}.`;
  return {
    name,
    title,
    description: paragraph(comment, schemas.rules),
    inputSchema: schemas.input,
    outputSchema: schemas.output,
    annotations: {
      title,
      readOnlyHint: readOnly,
      destructiveHint: !readOnly && Boolean(options?.destructive),
      idempotentHint: readOnly || method.idempotency === Idempotency.IDEMPOTENT,
      openWorldHint: Boolean(options?.openWorld),
    },
  };
}

/** Makes the tool of a method. */
export function methodTool(method: DescMethod, name: string, setting: ToolSetting): Tool {
  return new MethodTool(method, name, setting);
}
