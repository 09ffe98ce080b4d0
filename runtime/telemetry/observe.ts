// What is recorded of every call of every method: a span, a count, and a line in the log where it failed.
import { hash } from "node:crypto";
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { methodName, PRINCIPAL_HEADER } from "../calls/call.ts";
import type { Log } from "../log.ts";
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

/** Logs how a call failed, and throws it again. */
function logFailure(method: string, context: HandlerContext, error: unknown, tookMs: number, log: Log): never {
  if (!(error instanceof ConnectError) || LOGGED_ALREADY.has(error.code)) throw error;
  const principal = context.requestHeader.get(PRINCIPAL_HEADER);
  const fields = {
    ...callersTrace(context.requestHeader),
    ...{ method, ...outcomeOf(error), ms: Math.round(tookMs * 10) / 10, protocol: context.protocolName },
    ...(principal && { caller: principal === "local" ? principal : pseudonym(principal) }),
  };
  // A call within this process has a caller who fails with it, and is logged as well.
  if (context.protocolName === IN_PROCESS) log("call failed within", fields, "debug");
  else log("call refused", fields, OURS.has(error.code) && fields.reason !== "SHUTTING_DOWN" ? "warn" : "info");
  throw error;
}

/** Records what becomes of the calls of a method. */
export function observed(method: DescMethod, call: Method, stats: CallStats, log: Log): Method {
  const name = methodName(method);
  if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
    const once = call as (request: never, context: HandlerContext) => Promise<unknown>;
    return async (request, context) => {
      const began = stats.begin();
      try {
        const answer = await traced(
          () => spanOf(name, context),
          // Logged within the span, whose ids the line has.
          () =>
            once(request, context).catch((error) => logFailure(name, context, error, performance.now() - began, log)),
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
