// A service that does nothing, and a tool that does nothing: what is left is the way there and back.
import { create } from "@bufbuild/protobuf";
import { AnalyticsService, AnalyzeResponseSchema } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import type { Catalog } from "../../adapter/catalog.ts";
import { type BoundService, bindService } from "../../runtime/calls/service.ts";
import { CallStats } from "../../runtime/telemetry/call-stats.ts";

const NOTHING = create(AnalyzeResponseSchema, { analysis: { engine: "none" } });

/** AnalyticsService with an Analyze that answers at once; its other methods are not for calling. */
export function noOpService(): BoundService {
  const entries = AnalyticsService.methods.map(({ localName }) => [localName, async () => NOTHING]);
  return bindService(AnalyticsService, Object.fromEntries(entries));
}

/** One tool that answers with what it was given. */
export const noOpCatalog: Catalog = {
  instructions: "Nothing to do.",
  resources: [],
  prompts: [],
  tools: [
    {
      name: "echo",
      definition: {
        name: "echo",
        title: "Echo",
        description: "Answers with what it was given.",
        inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        outputSchema: { type: "object", properties: { text: { type: "string" } } },
        annotations: {
          title: "Echo",
          readOnlyHint: true,
          destructiveHint: false,
          idempotentHint: true,
          openWorldHint: false,
        },
      },
      calls: new CallStats("echo"),
      async call(args) {
        const value = { text: (args as { text: string }).text };
        return { content: [{ type: "text", text: JSON.stringify(value) }], structuredContent: value };
      },
    },
  ],
};
