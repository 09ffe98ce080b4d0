// An error of a service, or of the arguments, as the result of a tool: what is wrong, where, and whether to try again.
import { durationMs } from "@bufbuild/protobuf/wkt";
import { type FieldPath, ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.js";
import { codeName } from "../../runtime/errors.ts";
import type { Outcome } from "../../runtime/telemetry/call-stats.ts";
import type { JsonObject, ToolResult } from "../catalog.ts";
import { allowedBy, schemaAt } from "./allowed.ts";
import { type Issue, jsonPath, type Path } from "./issues.ts";
import { objectOf, type Schema } from "./schema.ts";
import { snakeCase } from "./words.ts";

type Retry = "no" | "after_change" | "later";

/** What the codes whose messages may tell of the inside say instead (grpc.io/docs/guides/status-codes). */
const OUTSIDE_WORDS: Partial<Record<Code, string>> = {
  [Code.Canceled]: "The call was cancelled.",
  [Code.Unknown]: "The service failed. This is not about the arguments.",
  [Code.DeadlineExceeded]: "The service did not answer in time.",
  [Code.Internal]: "The service failed. This is not about the arguments.",
  [Code.Unavailable]: "The service cannot be reached right now.",
  [Code.DataLoss]: "The service failed. This is not about the arguments.",
};
/** Of these no detail is passed on but the incident number. */
const INSIDE = new Set([Code.Unknown, Code.Internal, Code.DataLoss]);

const AFTER_CHANGE = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.FailedPrecondition,
  Code.OutOfRange,
]);
const LATER = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted, Code.Aborted]);

/** The schema of the `error` that every tool may answer with in place of its result. */
export const errorSchema: Schema = {
  ...objectOf(
    {
      code: { type: "string", description: "The gRPC code, such as not_found." },
      reason: { type: "string", description: "What exactly happened, such as TICKET_NOT_FOUND." },
      message: { type: "string", description: "What is wrong and what to do." },
      violations: {
        type: "array",
        description: "Each argument that has to be changed.",
        items: objectOf({
          path: { type: "string", description: "JSONPath of the argument." },
          rule: { type: "string", description: "The rule that it breaks." },
          message: { type: "string", description: "What is wrong with it." },
          allowed: { type: "string", description: "What may stand there." },
        }),
      },
      metadata: {
        type: "object",
        description: "The values that the message is about.",
        additionalProperties: { type: "string" },
      },
      retry: {
        type: "string",
        enum: ["no", "after_change", "later"],
        description: "Whether to call again: not at all, with other arguments, or with the same ones later.",
      },
      retry_after_ms: { type: "integer", description: "How long to wait before that, in milliseconds." },
    },
    ["code", "message", "retry"],
  ),
  description: "Present only where the call failed, and then alone.",
};

/** What a tool knows that makes its errors more helpful. */
export interface ErrorContext {
  readonly inputSchema: Schema;
  /** The property that carries the error. */
  readonly property: string;
  /** The same call may be made twice without doing harm. */
  readonly repeatable: boolean;
}

function result(error: JsonObject, { property }: ErrorContext): ToolResult {
  const structuredContent = { [property]: error };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent, isError: true };
}

function violation(issue: Issue, { inputSchema }: ErrorContext): JsonObject {
  const schema = schemaAt(inputSchema, issue.path);
  const allowed = allowedBy(schema);
  return {
    path: jsonPath(issue.path),
    rule: issue.rule,
    message: issue.message,
    ...(allowed !== undefined && { allowed }),
  };
}

/** The result for arguments that cannot be sent to the service. */
export function argumentError(issues: readonly Issue[], context: ErrorContext): ToolResult {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more, see violations)` : "";
  const message = first ? `${jsonPath(first.path)}: ${first.message}${more}` : "The arguments are not valid.";
  return result(
    {
      code: codeName(Code.InvalidArgument),
      reason: "INVALID_ARGUMENTS",
      message,
      violations: issues.slice(0, MAX_VIOLATIONS).map((issue) => violation(issue, context)),
      retry: "after_change",
    },
    context,
  );
}

const MAX_VIOLATIONS = 20;

function pathOf(proto: FieldPath | undefined): Path {
  return (proto?.elements ?? []).flatMap(({ fieldName, subscript }): (string | number)[] => {
    if (subscript.case === undefined) return [fieldName];
    return [fieldName, subscript.case === "index" ? Number(subscript.value) : String(subscript.value)];
  });
}

/** Where in the request something is, from the text form that google.rpc.BadRequest has: `tags[2].name`. */
function parsedPath(text: string): Path {
  const segments = text.split(/[.[\]]+/).filter(Boolean);
  return segments.map((segment) => (/^\d+$/.test(segment) ? Number(segment) : snakeCase(segment)));
}

function issuesOf(error: ConnectError): Issue[] {
  const rules = error.findDetails(ViolationsSchema).flatMap(({ violations }) =>
    violations.map(({ field, ruleId, message, forKey }) => ({
      path: pathOf(field),
      rule: ruleId,
      message: `${forKey ? "The key " : ""}${message || `breaks the rule ${ruleId}`}.`.replace(/\.\.$/, "."),
    })),
  );
  const fields = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) =>
    fieldViolations.map(({ field, reason, description }) => ({
      path: parsedPath(field),
      rule: reason || "invalid",
      message: description,
    })),
  );
  return [...rules, ...fields].slice(0, MAX_VIOLATIONS);
}

function retryOf(code: Code, delayed: boolean): Retry {
  if (delayed || LATER.has(code)) return "later";
  return AFTER_CHANGE.has(code) ? "after_change" : "no";
}

/**
 * The result for an error of the service. What went wrong inside of it stays inside: of `internal`, `unknown` and
 * `data_loss` only the incident number is passed on, and what a transport says of addresses and sockets never is.
 */
export function serviceError(thrown: unknown, context: ErrorContext): ToolResult {
  const error = ConnectError.from(thrown);
  const inside = INSIDE.has(error.code);
  const [info] = error.findDetails(ErrorInfoSchema);
  const [retryInfo] = error.findDetails(RetryInfoSchema);
  const replacement = inside || !info ? OUTSIDE_WORDS[error.code] : undefined;
  const incident = inside ? info?.metadata.incident : undefined;
  const unsure = LATER.has(error.code) && error.code !== Code.Aborted && !context.repeatable;
  const message = [
    replacement ?? (error.rawMessage || "The service refused the call."),
    incident && `Incident number for the operator: ${incident}.`,
    unsure && "It may have taken effect all the same: check before calling again.",
  ];
  const violations = inside ? [] : issuesOf(error).map((issue) => violation(issue, context));
  const metadata = inside ? { ...(incident && { incident }) } : { ...info?.metadata };
  const delay = retryInfo?.retryDelay && durationMs(retryInfo.retryDelay);
  return result(
    {
      code: codeName(error.code),
      reason: (!inside && info?.reason) || codeName(error.code).toUpperCase(),
      message: message.filter(Boolean).join(" "),
      ...(violations.length > 0 && { violations }),
      ...(Object.keys(metadata).length > 0 && { metadata }),
      retry: retryOf(error.code, delay !== undefined),
      ...(delay !== undefined && { retry_after_ms: Math.ceil(delay) }),
    },
    context,
  );
}

/** How a call ended that gave this result; undefined where it went well. A failed call has one property, its error. */
export function outcomeOf({ isError, structuredContent }: ToolResult): Outcome | undefined {
  if (!isError) return undefined;
  const [error] = Object.values(structuredContent) as [JsonObject?];
  return { code: String(error?.code), reason: String(error?.reason) };
}
