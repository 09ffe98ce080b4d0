// The OpenTelemetry SDK, loaded only where an endpoint is set: it takes a third of a second.

import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Config } from "../config.ts";
import { setTracing } from "./tracing.ts";

/** Traces of this process. Disposing sends what has been recorded, within five seconds. */
export type TracingSession = AsyncDisposable;

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

async function collect(config: TracingConfig, service: string, exporter?: SpanExporter): Promise<TracingSession> {
  const [api, sdk, hooks, core, resources] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/context-async-hooks"),
    import("@opentelemetry/core"),
    import("@opentelemetry/resources"),
  ]);
  // The package reads OTEL_RESOURCE_ATTRIBUTES itself.
  const detected = resources.detectResources({ detectors: [resources.envDetector] });
  const named = resources.resourceFromAttributes({ "service.name": service });
  const provider = new sdk.TracerProvider({
    resource: resources.defaultResource().merge(detected).merge(named),
    sampler: await sampler(config),
    spanLimits: { attributeValueLengthLimit: MAX_VALUE },
    spanProcessors: [exporter ? new sdk.SimpleSpanProcessor({ exporter }) : await otlpProcessor(config)],
  });
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(provider);
  setTracing({ api, tracer: provider.getTracer("deskwire"), propagator: new core.W3CTraceContextPropagator() });
  return {
    async [Symbol.asyncDispose]() {
      setTracing(undefined);
      api.trace.disable();
      api.context.disable();
      // What cannot be sent at the end is lost, and keeps no process from ending.
      const late = new Promise((resolve) => setTimeout(resolve, FLUSH_MS).unref());
      await Promise.race([provider.shutdown().catch(() => {}), late]);
    },
  };
}

/**
 * Begins to collect traces where a collector is set, and sends them by OTLP over HTTP with JSON. Spans are made by Deskwire's
 * own code, and by libraries that use the OpenTelemetry API, such as the model's SDK.
 *
 * @param service names this process (`service.name`)
 * @param exporter takes spans as they end, in the place of a collector; for tests
 */
export async function startTracing(
  config: TracingConfig,
  service: string,
  exporter?: SpanExporter,
): Promise<TracingSession> {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT || exporter) return collect(config, service, exporter);
  return { async [Symbol.asyncDispose]() {} };
}
