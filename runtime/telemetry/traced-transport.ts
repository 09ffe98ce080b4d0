// Calls to other processes as spans, and their trace context on the wire.
import type { DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { methodName } from "../calls/call.ts";
import { isTracing, propagate, type SpanStart, traced } from "./tracing.ts";

/**
 * Makes a span of each unary call (OpenTelemetry, RPC client spans); tries of the same call are one. Streams, which outlast
 * every question, carry the context and have none.
 */
export function tracedTransport(transport: Transport, url: string): Transport {
  const { hostname, port, protocol } = new URL(url);
  const usualPort = protocol === "https:" ? 443 : 80;
  const spanOf = (method: DescMethod): SpanStart => ({
    name: methodName(method),
    kind: "CLIENT",
    attributes: {
      ...{ "rpc.system.name": "grpc", "rpc.method": methodName(method), "rpc.response.status_code": "OK" },
      ...{ "server.address": hostname, "server.port": Number(port || usualPort) },
    },
  });
  const carrying = (header: ConstructorParameters<typeof Headers>[0]): Headers => {
    const headers = new Headers(header);
    propagate(headers);
    return headers;
  };
  return {
    unary(method, signal, timeoutMs, header, input, contextValues) {
      if (!isTracing()) return transport.unary(method, signal, timeoutMs, header, input, contextValues);
      const call = () => transport.unary(method, signal, timeoutMs, carrying(header), input, contextValues);
      return traced(() => spanOf(method), call);
    },
    stream: (...call) => transport.stream(...call),
  };
}
