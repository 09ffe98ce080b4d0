// Calls from one service to another in the same process, behind Connect's `Transport`: the other's methods, without serialising.
import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, type HandlerContext, type Transport } from "@connectrpc/connect";
import { fail, failEnded } from "../errors.ts";
import { methodName } from "./call.ts";
import { type GivenHeaders, plainHeaders } from "./headers.ts";
import { LazyContext } from "./lazy-context.ts";
import type { BoundService } from "./service.ts";

const never = new AbortController().signal;

function callContext(
  method: DescMethod,
  signal: () => AbortSignal,
  timeoutMs: number | undefined,
  header: GivenHeaders,
): HandlerContext {
  return new LazyContext({
    method,
    protocolName: "direct",
    // Nobody changes the headers of a request.
    headers: header instanceof Headers ? header : plainHeaders(header),
    signal,
    deadline: timeoutMs === undefined ? undefined : performance.now() + timeoutMs,
    url: `direct:/${methodName(method)}`,
  });
}

function deadlineSignal(signal: AbortSignal | undefined, timeoutMs: number | undefined): AbortSignal {
  if (timeoutMs === undefined || timeoutMs <= 0) return signal ?? never;
  const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

/**
 * How long a call may go on: until it is over, its caller ends it, or its time is up. By hand, since `AbortSignal.timeout`
 * cannot be taken back: each would go off for nobody, and make an error with its stack.
 */
class CallEnd {
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  #own: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(caller: AbortSignal | undefined, timeoutMs: number | undefined) {
    this.#caller = caller;
    caller?.addEventListener("abort", this);
    if (timeoutMs === undefined || timeoutMs <= 0) return;
    const late = () => this.#end(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
    this.#timer = setTimeout(late, Math.ceil(timeoutMs)).unref();
  }

  /** Made where the method asks for it. */
  get signal(): AbortSignal {
    if (this.#timer === undefined) return this.#caller ?? never;
    if (this.#own === undefined) {
      this.#own = new AbortController();
      if (this.#ended) this.#own.abort(this.#ended.reason);
    }
    return this.#own.signal;
  }

  /** Hears of the caller's signal. */
  handleEvent(): void {
    this.#end(this.#caller?.reason);
  }

  #end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#own?.abort(reason);
    this.#reject?.(failEnded(AbortSignal.abort(reason)));
  }

  /** Settles as `work` does, or rejects as soon as the call has ended, like a client whose server does not answer. */
  async race<T>(work: Promise<T>): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#reject = reject;
        work.then(resolve, reject);
      });
    } finally {
      clearTimeout(this.#timer);
      this.#caller?.removeEventListener("abort", this);
    }
  }
}

/** Settles as `work` does, or rejects as soon as the signal is aborted, like a client whose server does not answer. */
async function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    throw failEnded(signal);
  }
  if (signal === never) return work;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(failEnded(signal));
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Calls services of this process directly: the same guard as on a port, without serialising. Messages are handed over as
 * they are, so neither side may change one after it has passed it on.
 *
 * A method of a service that is not among `services` at the time of the call is `unimplemented`.
 */
export function directTransport(services: readonly BoundService[]): Transport {
  const find = (method: DescMethod) => {
    const service = services.find(({ desc }) => desc.typeName === method.parent.typeName);
    const call = (service?.implementation as Record<string, unknown> | undefined)?.[method.localName];
    if (typeof call === "function") return call as (request: unknown, context: HandlerContext) => never;
    throw fail(
      Code.Unimplemented,
      "METHOD_NOT_HERE",
      `${methodName(method)} is not served in this process. Start its service, or set its URL.`,
    );
  };
  return {
    async unary(method, signal, timeoutMs, header, input) {
      if (signal?.aborted) throw failEnded(signal);
      const call = find(method);
      const end = new CallEnd(signal, timeoutMs);
      const context = callContext(method, () => end.signal, timeoutMs, header);
      const answer = await end.race<MessageInitShape<typeof method.output>>(call(create(method.input, input), context));
      return {
        stream: false,
        service: method.parent,
        method,
        // Most callers look at neither.
        get header() {
          return context.responseHeader;
        },
        get trailer() {
          return context.responseTrailer;
        },
        message: create(method.output, answer),
      };
    },
    async stream(method, signal, timeoutMs, header, input) {
      const deadline = deadlineSignal(signal, timeoutMs);
      if (deadline.aborted) throw failEnded(deadline);
      const context = callContext(method, () => deadline, timeoutMs, header);
      return {
        stream: true,
        service: method.parent,
        method,
        header: context.responseHeader,
        trailer: context.responseTrailer,
        message: streamOf(method, find(method), input, context),
      };
    },
  };
}

async function* streamOf<M extends DescMethodStreaming>(
  method: M,
  call: (request: unknown, context: HandlerContext) => never,
  input: AsyncIterable<MessageInitShape<M["input"]>>,
  context: HandlerContext,
): AsyncGenerator<MessageShape<M["output"]>> {
  const { signal } = context;
  const requests = (async function* () {
    for await (const message of input) yield create(method.input, message as never);
  })();
  if (method.methodKind === "client_streaming") {
    const answer = await orStopped<MessageInitShape<M["output"]>>(call(requests, context), signal);
    yield create(method.output, answer as never) as MessageShape<M["output"]>;
    return;
  }
  const request = method.methodKind === "server_streaming" ? (await requests.next()).value : requests;
  const answers: AsyncIterator<MessageInitShape<M["output"]>> = (call(request, context) as AsyncIterable<never>)[
    Symbol.asyncIterator
  ]();
  try {
    while (true) {
      const next = await orStopped(answers.next(), signal);
      if (next.done) return;
      yield create(method.output, next.value as never) as MessageShape<M["output"]>;
    }
  } finally {
    // Not awaited: a generator that waits for its next event would never come back.
    answers.return?.().catch(() => {});
  }
}
