// What is recorded of every call of every method: a span, a count, and a line in the log where it failed, or where it wrote what no
// history tells of.
import { hash } from "node:crypto";
import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as Idempotency } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { writes_logged as writesLogged } from "#gen/deskwire/access/v1/options_pb.js";
import { methodName, PRINCIPAL_HEADER, REPLAYED_HEADER } from "../calls/call.ts";
import type { Log } from "../log.ts";
import { isId } from "../messages/ids.ts";
import { type CallStats, type Outcome, outcomeOf } from "./call-stats.ts";
import { beginSpan, callersTrace, failSpan, type SpanStart, traced } from "./tracing.ts";

/** A method as a service has it, its messages untyped. */
export type Method = (request: never, context: HandlerContext) => unknown;

/** Calls of services in this process; see `directTransport`. */
const IN_PROCESS = "direct";
/** Ours to repair, not the caller's; these have a line of their own with the cause. */
const LOGGED_ALREADY = new Set([Code.Internal, Code.DataLoss, Code.Unknown]);
const OURS = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted]);

function spanOf(method: string, { protocolName, requestHeader }: HandlerContext): SpanStart {
  const inProcess = protocolName === IN_PROCESS;
  return {
    name: method,
    kind: inProcess ? "INTERNAL" : "SERVER",
    attributes: {
      "rpc.method": method,
      "rpc.response.status_code": "OK",
      ...(!inProcess && { "rpc.system.name": protocolName === "connect" ? "connectrpc" : "grpc" }),
    },
    ...(!inProcess && { headers: requestHeader }),
  };
}

/** A name for a caller by which lines can be told apart, and which tells nobody who it is. */
function pseudonym(principal: string): string {
  return hash("sha256", principal, "hex").slice(0, 12);
}

/** What a line says of a call, besides what became of it. */
function fieldsOf(method: string, { requestHeader, protocolName }: HandlerContext, tookMs: number) {
  const principal = requestHeader.get(PRINCIPAL_HEADER);
  return {
    ...callersTrace(requestHeader),
    ...{ method, ms: Math.round(tookMs * 10) / 10, protocol: protocolName },
    ...(principal && { caller: principal === "local" ? principal : pseudonym(principal) }),
  } as const;
}

/** The identifiers in a message and in those that it holds, such as `CUS-1001`. */
function idsIn(value: unknown, depth = 3): string[] {
  if (typeof value === "string") return isId(value) ? [value] : [];
  if (depth === 0 || typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((inner) => idsIn(inner, depth - 1));
}

/** Logs that a caller wrote something, and about what; who repeats a call writes nothing, and what the desk does by itself has no caller. */
function logWrite(
  method: string,
  context: HandlerContext,
  request: { requestId?: string },
  answer: unknown,
  tookMs: number,
  log: Log,
) {
  const fields = fieldsOf(method, context, tookMs);
  if (!fields.caller || context.responseHeader.get(REPLAYED_HEADER) !== null) return;
  const { requestId } = request;
  const about = [...new Set([...idsIn(request), ...idsIn(answer)])];
  log("write done", { ...fields, about, ...(requestId && { request_id: requestId }) });
}

/** Logs how a call failed, and throws it again. */
function logFailure(method: string, context: HandlerContext, error: unknown, tookMs: number, log: Log): never {
  if (!(error instanceof ConnectError) || LOGGED_ALREADY.has(error.code)) throw error;
  const fields = { ...fieldsOf(method, context, tookMs), ...outcomeOf(error) };
  // A call within this process has a caller who fails with it, and is logged as well.
  if (context.protocolName === IN_PROCESS) log("call failed within", fields, "debug");
  else log("call refused", fields, OURS.has(error.code) && fields.reason !== "SHUTTING_DOWN" ? "warn" : "info");
  throw error;
}

/** Records what becomes of the calls of a method. */
export function observed(method: DescMethod, call: Method, stats: CallStats, log: Log): Method {
  const name = methodName(method);
  const isLogged = method.idempotency !== Idempotency.NO_SIDE_EFFECTS && getOption(method.parent, writesLogged);
  if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
    const once = call as (request: never, context: HandlerContext) => Promise<unknown>;
    return async (request, context) => {
      const began = stats.begin();
      try {
        const answer = await traced(
          () => spanOf(name, context),
          // Logged within the span, whose ids the line has.
          async () => {
            try {
              const answer = await once(request, context);
              if (isLogged) logWrite(name, context, request, answer, performance.now() - began, log);
              return answer;
            } catch (error) {
              return logFailure(name, context, error, performance.now() - began, log);
            }
          },
        );
        stats.end(began);
        return answer;
      } catch (error) {
        stats.end(began, outcomeOf(error));
        throw error;
      }
    };
  }
  return async function* (request, context) {
    const began = stats.begin();
    // Nobody's parent: a stream may last for days, and what it does meanwhile is no part of one question.
    const span = beginSpan(() => spanOf(name, context));
    let outcome: Outcome | undefined;
    try {
      yield* call(request, context) as AsyncIterable<unknown>;
    } catch (error) {
      outcome = outcomeOf(error);
      if (span) failSpan(span, error);
      logFailure(name, context, error, performance.now() - began, log);
    } finally {
      stats.end(began, outcome);
      span?.end();
    }
  };
}
