// The desk's own port with nothing behind it: what a call costs before anybody works.
import { create, toBinary } from "@bufbuild/protobuf";
import { AnalyticsService, AnalyzeRequestSchema } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { Http1Connection, httpRequest } from "../lib/http1.ts";
import { grpcFrame, openSession, send } from "../lib/http2.ts";
import type { Variant } from "../lib/interleave.ts";
import { type Era, mcpCallers } from "../lib/mcp.ts";
import { startServer } from "../lib/server-process.ts";

/** The text that every call carries. */
export const TEXT = "I was charged twice this month. Please refund the second payment.";

const PATH = `/${AnalyticsService.typeName}/Analyze`;

/** Starts a no-op server; its variants share it. */
export async function noOpServer(resources: AsyncDisposableStack) {
  const { url, pid } = await startServer(resources, "no-op.ts");
  const pids = [pid];
  return {
    async grpc(name: string): Promise<Variant> {
      const session = await openSession(resources, url);
      const headers = { ":path": PATH, "content-type": "application/grpc", te: "trailers", "grpc-timeout": "5S" };
      const message = create(AnalyzeRequestSchema, { text: TEXT });
      const call = () => send(session, headers, grpcFrame(toBinary(AnalyzeRequestSchema, message)));
      return { name, pids, callers: async (count) => Array.from({ length: count }, () => call) };
    },
    connectJson(name: string): Variant {
      const request = httpRequest(new URL(PATH, url), JSON.stringify({ text: TEXT }));
      return {
        name,
        pids,
        callers: async (count) =>
          Http1Connection.open(resources, url, count).map((connection) => () => connection.send(request)),
      };
    },
    mcp(name: string, era: Era): Variant {
      const endpoint = { url: new URL("/mcp", url), era, tool: "echo" };
      return { name, pids, callers: (count) => mcpCallers(resources, endpoint, count, () => ({ text: TEXT })) };
    },
  };
}
