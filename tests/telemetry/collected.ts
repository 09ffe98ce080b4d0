// Spans as a collector sees them.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import { readConfig } from "../../runtime/config.ts";
import { startTracing } from "../../runtime/telemetry/start-tracing.ts";
import { type ReceivedSpan, receivedSpans } from "../../scripts/traces/otlp.ts";

/** A span, whichever way it was collected. */
export type Collected = Omit<ReceivedSpan, "start" | "end">;

const KINDS = ["INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const ERROR = 2;

/** Collects the spans of this process until it is disposed of. */
export async function collectHere(environment: Record<string, string> = {}) {
  const exporter = new InMemorySpanExporter();
  const session = await startTracing(readConfig(environment), "here", exporter);
  const spans = (): Collected[] =>
    exporter.getFinishedSpans().map((span) => ({
      ...{ service: "here", name: span.name, kind: KINDS[span.kind] ?? "", attributes: span.attributes },
      ...{
        traceId: span.spanContext().traceId,
        id: span.spanContext().spanId,
        parentId: span.parentSpanContext?.spanId,
      },
      failed: span.status.code === ERROR,
    }));
  return { spans, reset: () => exporter.reset(), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
}

/** A collector that takes OTLP over HTTP with JSON, as any collector does at port 4318. */
export async function startCollector() {
  const spans: Collected[] = [];
  const requests: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    requests.push({ path: request.url ?? "", headers: request.headers });
    spans.push(...receivedSpans(JSON.parse(body)));
    response.setHeader("content-type", "application/json").end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}`, spans, requests },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The way from a span up to the root of its trace, by name. */
export function pathTo(span: Collected, spans: readonly Collected[]): string[] {
  const parent = spans.find(({ id }) => id === span.parentId);
  return [...(parent ? pathTo(parent, spans) : []), span.name];
}
