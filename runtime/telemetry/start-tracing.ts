// The OpenTelemetry SDK, loaded only where an endpoint is set: it takes a third of a second.

import type { SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { Config } from "../config.ts";
import { setTracing } from "./tracing.ts";

/** Traces of this process, while they are collected. */
export interface TracingSession {
  /** Sends what has been recorded; resolves when it has been taken, or after five seconds. */
  close(): Promise<void>;
}

/** The variables that say where traces go, and how many. */
export type TracingConfig = Pick<
  Config,
  "OTEL_EXPORTER_OTLP_ENDPOINT" | "OTEL_EXPORTER_OTLP_HEADERS" | "OTEL_TRACES_SAMPLER" | "OTEL_TRACES_SAMPLER_ARG"
>;

/** Longest value of an attribute: the text of a query with many rows is long. */
const MAX_VALUE = 2_000;
const FLUSH_MS = 5_000;

async function sampler({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: share }: TracingConfig) {
  const sdk = await import("@opentelemetry/sdk-trace");
  const roots = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(share),
  };
  const root = roots[name.replace("parentbased_", "") as keyof typeof roots]();
  return name.startsWith("parentbased_") ? new sdk.ParentBasedSampler({ root }) : root;
}

async function otlpProcessor({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS }: TracingConfig) {
  const [{ BatchSpanProcessor }, { OTLPTraceExporter }] = await Promise.all([
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-http"),
  ]);
  const url = `${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`;
  return new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url, headers: OTEL_EXPORTER_OTLP_HEADERS }) });
}

/**
 * Begins to collect traces, and sends them by OTLP over HTTP with JSON. Spans are made by this desk's own code alone, and by
 * libraries that use the OpenTelemetry API, such as the model's SDK.
 *
 * @param service names this process (`service.name`)
 * @param exporter takes spans as they end, in place of OTLP; for tests
 */
export async function startTracing(
  config: TracingConfig,
  service: string,
  exporter?: SpanExporter,
): Promise<TracingSession> {
  const [api, sdk, hooks, core, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/context-async-hooks"),
    import("@opentelemetry/core"),
    import("@opentelemetry/resources"),
  ]);
  const processor: SpanProcessor = exporter ? new sdk.SimpleSpanProcessor({ exporter }) : await otlpProcessor(config);
  // OTEL_RESOURCE_ATTRIBUTES is read by the package.
  const resource = resources
    .defaultResource()
    .merge(resources.detectResources({ detectors: [resources.envDetector] }))
    .merge(resources.resourceFromAttributes({ "service.name": service }));
  const provider = new sdk.TracerProvider({
    resource,
    sampler: await sampler(config),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE },
    spanProcessors: [processor],
  });
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(provider);
  setTracing({ api, tracer: provider.getTracer("deskwire"), propagator: new core.W3CTraceContextPropagator() });
  return {
    async close() {
      setTracing(undefined);
      api.trace.disable();
      api.context.disable();
      await Promise.race([
        // Spans that cannot be sent at the end are lost; that keeps no process from ending.
        provider.shutdown().catch(() => {}),
        new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref()),
      ]);
    },
  };
}
