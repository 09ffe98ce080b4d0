// Unary calls that a port serves by itself, without the layers that streaming and three protocols need: the methods there are, and
// how long each call of one goes on.
import type { DescMethod, MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { failCanceled } from "../errors.ts";
import type { BoundService } from "./service.ts";

/** Bounds, as for every other way in. */
export interface UnaryOptions {
  readonly maxMessageBytes: number;
  readonly maxTimeoutMs: number;
  /** Aborted when calls under way have to end, because the server does. */
  readonly shutdown: AbortSignal;
}

/** A method, ready to be called. */
export interface UnaryMethod {
  readonly method: DescMethod;
  readonly path: string;
  call(request: unknown, context: HandlerContext): Promise<MessageInitShape<DescMethod["output"]>>;
}

/** The unary methods of services, by their paths. */
export function unaryMethods(services: readonly BoundService[]): ReadonlyMap<string, UnaryMethod> {
  const methods = new Map<string, UnaryMethod>();
  for (const { desc, implementation } of services) {
    for (const method of desc.methods) {
      if (method.methodKind !== "unary") continue;
      const path = `/${desc.typeName}/${method.name}`;
      methods.set(path, { method, path, call: (implementation as Record<string, never>)[method.localName] as never });
    }
  }
  return methods;
}

/** The calls of a port that are under way. */
export class OpenCalls {
  readonly shutdown: AbortSignal;
  readonly #open = new Set<CallLife>();

  constructor(shutdown: AbortSignal) {
    this.shutdown = shutdown;
    shutdown.addEventListener("abort", () => {
      for (const life of this.#open) life.shutDown(shutdown.reason);
    });
  }

  add(life: CallLife): void {
    this.#open.add(life);
  }

  delete(life: CallLife): void {
    this.#open.delete(life);
  }
}

/** How long a call goes on: until it is answered, its caller ends it, or its time is up. What few methods ask for is made then. */
export class CallLife {
  /** On the clock of `performance.now()`; undefined where there is no deadline. */
  readonly deadline: number | undefined;
  readonly #calls: OpenCalls;
  readonly #timeoutMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  #endReason: unknown;
  #over = false;

  constructor(calls: OpenCalls, timeoutMs: number | undefined) {
    this.#calls = calls;
    this.#timeoutMs = timeoutMs;
    this.deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    calls.add(this);
  }

  /** Whether the call has been answered, or nobody waits for its answer. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Calls back when the deadline has passed before the call is over. */
  whenLate(late: () => void): void {
    if (this.#timeoutMs !== undefined) this.#timer = setTimeout(late, this.#timeoutMs);
  }

  /** Ends the call for the method: with no reason it has answered, else nobody waits for its answer. */
  end(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#endReason = reason;
    this.#calls.delete(this);
    clearTimeout(this.#timer);
    if (reason !== undefined) this.#controller?.abort(reason);
  }

  /** Its caller has gone, unless it is over. */
  hangUp(): void {
    if (!this.#over) this.end(failCanceled());
  }

  /** Aborted when the call is over without an answer, or the server ends. */
  signal(): AbortSignal {
    this.#controller ??= new AbortController();
    const { shutdown } = this.#calls;
    const reason = this.#endReason ?? (shutdown.aborted ? shutdown.reason : undefined);
    if (reason !== undefined) this.#controller.abort(reason);
    return this.#controller.signal;
  }

  /** Ends the call because the server ends. */
  shutDown(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}
