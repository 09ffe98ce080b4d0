// Spans (OpenTelemetry), behind one seam: while nobody collects traces, a call pays one comparison and no package is loaded.

import { ConnectError } from "@connectrpc/connect";
import type { Attributes, Context, Span, SpanKind, TextMapPropagator, Tracer } from "@opentelemetry/api";
import { codeName } from "../errors.ts";
import { errorType } from "./safe-error.ts";

/** What spans are made with, once tracing has begun (`startTracing`). */
export interface Tracing {
  readonly api: typeof import("@opentelemetry/api");
  readonly tracer: Tracer;
  readonly propagator: TextMapPropagator;
}

/** What a span begins with. Names and attributes follow the OpenTelemetry semantic conventions, and hold no customer text. */
export interface SpanStart {
  readonly name: string;
  readonly kind: keyof typeof SpanKind;
  readonly attributes: Attributes;
  /** Where the caller's trace context is (W3C Trace Context). Absent: the span under way here is the parent. */
  readonly headers?: Headers | undefined;
  /** Whether it begins a trace where there is none; those of kind SERVER do. */
  readonly begins?: boolean;
}

let tracing: Tracing | undefined;

/** Begins or ends tracing in this process. */
export function setTracing(next: Tracing | undefined): void {
  tracing = next;
}

/** Whether spans are made. */
export const isTracing = (): boolean => tracing !== undefined;

const fromHeaders = {
  get: (headers: Headers, name: string) => headers.get(name) ?? undefined,
  keys: (headers: Headers) => [...headers.keys()],
};
const intoHeaders = { set: (headers: Headers, name: string, value: string) => headers.set(name, value) };

function parentOf({ api, propagator }: Tracing, headers: Headers | undefined): Context {
  return headers ? propagator.extract(api.ROOT_CONTEXT, headers, fromHeaders) : api.context.active();
}

function begin(by: Tracing, { name, kind, attributes, headers }: SpanStart) {
  const parent = parentOf(by, headers);
  const span = by.tracer.startSpan(name, { kind: by.api.SpanKind[kind], attributes }, parent);
  return { span, context: by.api.trace.setSpan(parent, span) };
}

// SpanStatusCode.ERROR; the package is not loaded for one number.
const ERROR = 2;

/** Marks a span as failed, by the kind of error that is given (`error.type`). */
export function markFailed(span: Span, type: string): void {
  span.setStatus({ code: ERROR }).setAttribute("error.type", type);
}

/** Marks a span as failed: by the reason and code of the error, never by its message. */
export function failSpan(span: Span, error: unknown): void {
  markFailed(span, errorType(error));
  if (error instanceof ConnectError) span.setAttribute("rpc.response.status_code", codeName(error.code).toUpperCase());
}

async function inSpan<T>(by: Tracing, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T> {
  const { span, context } = begin(by, start);
  try {
    return await by.api.context.with(context, () => work(span));
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** What a process does of its own accord, such as looking for news, would be traces without end: they begin where calls come in. */
function belongsToTrace({ api }: Tracing, { kind, begins }: SpanStart): boolean {
  return kind === "SERVER" || begins === true || api.trace.getSpan(api.context.active()) !== undefined;
}

/** Does work in a span, which ends with it; what is called meanwhile becomes its child. The span is absent where there is no trace. */
export function traced<T>(start: () => SpanStart, work: (span?: Span) => Promise<T>): Promise<T> {
  if (tracing === undefined) return work();
  const known = start();
  return belongsToTrace(tracing, known) ? inSpan(tracing, known, work) : work();
}

/** Begins a span that is nobody's parent, such as a stream or a query; undefined where there is no trace. The caller ends it. */
export function beginSpan(start: () => SpanStart): Span | undefined {
  if (tracing === undefined) return undefined;
  const known = start();
  return belongsToTrace(tracing, known) ? begin(tracing, known).span : undefined;
}

/** The span under way here. */
function activeSpan(): Span | undefined {
  return tracing?.api.trace.getSpan(tracing.api.context.active());
}

/** Puts the span under way here into headers, in the place of what they said (W3C Trace Context). */
export function propagate(headers: Headers): void {
  if (tracing && activeSpan()) tracing.propagator.inject(tracing.api.context.active(), headers, intoHeaders);
}

/** Does what is passed to it as if it were done here and now, so that work done later on stays in its trace. */
export function sameTrace(): <T>(work: () => T) => T {
  if (tracing === undefined) return (work) => work();
  const { context } = tracing.api;
  const here = context.active();
  return (work) => context.with(here, work);
}

/** The trace that a caller's headers name, for log lines outside of any span; within one they have its ids. */
export function callersTrace(headers: Headers): { trace_id?: string } {
  const traceId = activeSpan() ? undefined : /^[\da-f]{2}-([\da-f]{32})-/.exec(headers.get("traceparent") ?? "")?.[1];
  return traceId === undefined ? {} : { trace_id: traceId };
}

/** The ids of the span under way here, as log lines have them. */
export function traceIds(): { trace_id: string; span_id: string } | undefined {
  const span = activeSpan()?.spanContext();
  return span && { trace_id: span.traceId, span_id: span.spanId };
}
