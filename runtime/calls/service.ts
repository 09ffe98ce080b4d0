// What stands before every method of every service, whichever way the call came in: what the caller may do, a bound on calls at
// once, validation, errors that leak nothing, and a record of what became of the call.
import { create, type DescMethod, type DescService, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { passingFailure } from "../database/errors.ts";
import { fail, failEnded, failForNow, failValidation, reasonOf } from "../errors.ts";
import { ADMIN_SCOPE, requiredScope, scopeMissing } from "../identity/scopes.ts";
import { type Log, logToStderr } from "../log.ts";
import { CallStats } from "../telemetry/call-stats.ts";
import { type Method, observed } from "../telemetry/observe.ts";
import { callersTrace } from "../telemetry/tracing.ts";
import { methodName, SCOPES_HEADER, VIA_HEADER } from "./call.ts";
import { blameClient, withReason } from "./connect-errors.ts";
import { headerOf } from "./lazy-context.ts";
import { findUnstorable } from "./unstorable.ts";
import { validator } from "./validator.ts";

/** A service whose methods are guarded: ready to be called in process or to be put on a port. */
export interface BoundService {
  readonly desc: DescService;
  readonly implementation: ServiceImpl<DescService>;
  /** What has become of the calls, method by method. */
  readonly calls: readonly CallStats[];
  /** What else is asked of calls at the edge; whoever composes the desk may add to it. */
  readonly conditions: Condition[];
}

/** Calls of one service at once; past it the next is refused at once, which is better than all of them being late. */
const MAX_CALLS = 2_000;

function assertValid<M extends DescMethod>(method: M, message: MessageShape<M["input"]>): void {
  const unstorable = findUnstorable(method.input, message);
  if (unstorable) throw failValidation([unstorable]);
  const result = validator.validate(method.input, message);
  if (result.kind === "valid") return;
  if (result.kind === "invalid") throw failValidation(result.violations);
  throw result.error;
}

async function* validated(method: DescMethod, messages: AsyncIterable<MessageShape<DescMethod["input"]>>) {
  for await (const message of messages) {
    assertValid(method, message);
    yield message;
  }
}

const UNEXPECTED = new Set([Code.Internal, Code.Unknown, Code.DataLoss]);

function publicError(error: unknown, method: DescMethod, context: HandlerContext, log: Log): ConnectError {
  blameClient(error);
  if (error instanceof ConnectError) {
    if (reasonOf(error) !== undefined) return error;
    if (!UNEXPECTED.has(error.code)) return withReason(error);
  }
  if (context.signal.aborted) return failEnded(context.signal);
  const trace = callersTrace(context.requestHeader);
  const passing = passingFailure(error);
  if (passing) {
    log("the database failed a call for now", { ...trace, method: methodName(method), error }, "warn");
    return passing;
  }
  const incident = crypto.randomUUID();
  log("call failed", { ...trace, incident, method: methodName(method), error });
  return fail(
    Code.Internal,
    "INTERNAL",
    `Something went wrong inside Deskwire. Try again; if it stays, give the operator the incident number ${incident}.`,
    { incident },
  );
}

let underWay = 0;

/** How many calls this process is answering at this moment, of all its services; streams, which last, are not counted. */
export const callsUnderWay = (): number => underWay;

/** Counts the calls of a service that are under way; streams, which last, are not counted. */
class Admission {
  readonly #max: number;
  #calls = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws ConnectError `resource_exhausted` (SERVICE_BUSY) when too many calls are under way */
  begin(): void {
    if (this.#calls >= this.#max) {
      throw failForNow(
        Code.ResourceExhausted,
        "SERVICE_BUSY",
        "Too many calls are under way, and this one was not begun. Try again in a second.",
        1_000,
      );
    }
    this.#calls++;
    underWay++;
  }

  end(): void {
    this.#calls--;
    underWay--;
  }
}

/** Something else that is asked of a call at the edge; throws where it is not met. */
type Condition = (method: DescMethod, context: HandlerContext) => void;

function assertScope(scope: string, held: string | null): void {
  if (held === null) return;
  const scopes = held.split(" ");
  if (!scopes.includes(scope) && !scopes.includes(ADMIN_SCOPE)) throw scopeMissing(scope);
}

/**
 * Asks for what a method takes, of callers at the edge. A service that calls in order to answer its own caller was asked
 * itself, for what the method that it answers takes: who may read a ticket is shown its customer too.
 */
function authorization(method: DescMethod, conditions: readonly Condition[]): (context: HandlerContext) => void {
  const scope = requiredScope(method);
  return (context) => {
    if (headerOf(context, VIA_HEADER) !== null) return;
    if (scope !== undefined) assertScope(scope, headerOf(context, SCOPES_HEADER));
    for (const condition of conditions) condition(method, context);
  };
}

function guard(
  method: DescMethod,
  call: Method,
  log: Log,
  admission: Admission,
  authorize: (context: HandlerContext) => void,
): Method {
  const input = (request: unknown): never => {
    if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
      return validated(method, request as AsyncIterable<MessageShape<DescMethod["input"]>>) as never;
    }
    assertValid(method, request as MessageShape<DescMethod["input"]>);
    return request as never;
  };
  if (method.methodKind === "unary" || method.methodKind === "client_streaming") {
    return async (request, context) => {
      try {
        authorize(context);
        admission.begin();
        try {
          return await call(input(request), context);
        } finally {
          admission.end();
        }
      } catch (error) {
        throw publicError(error, method, context, log);
      }
    };
  }
  return async function* (request, context) {
    try {
      authorize(context);
      yield* call(input(request), context) as AsyncIterable<unknown>;
    } catch (error) {
      throw publicError(error, method, context, log);
    }
  };
}

/**
 * Puts the guard before each method of an implementation. Before any code of the service runs, it refuses a caller without the
 * method's scope as `permission_denied` (SCOPE_MISSING), a request that breaks a rule of the proto as `invalid_argument`, and more
 * than `maxCalls` at once as `resource_exhausted` (SERVICE_BUSY). An unexpected error becomes `internal` with an incident number;
 * its cause is only in the log.
 */
export function bindService<S extends DescService>(
  desc: S,
  implementation: ServiceImpl<S>,
  log: Log = logToStderr,
  maxCalls: number = MAX_CALLS,
): BoundService {
  const admission = new Admission(maxCalls);
  const conditions: Condition[] = [];
  const methods = implementation as Record<string, Method>;
  const calls: CallStats[] = [];
  const guarded = desc.methods.map((method) => {
    const call = methods[method.localName];
    if (!call) throw new TypeError(`${desc.typeName} has no implementation of ${method.name}`);
    const stats = new CallStats(methodName(method));
    calls.push(stats);
    const authorize = authorization(method, conditions);
    const guarded = guard(method, call.bind(implementation), log, admission, authorize);
    return [method.localName, observed(method, guarded, stats, log)];
  });
  return { desc, calls, conditions, implementation: Object.fromEntries(guarded) as ServiceImpl<DescService> };
}

/** Plans the validation of each method's requests, one at a time: the first call of a method would wait for it. */
export function* planValidations(services: readonly BoundService[]): Generator<void> {
  for (const { desc } of services) {
    for (const method of desc.methods) yield void validator.validate(method.input, create(method.input));
  }
}
