// The metrics service's rules.
import { create } from "@bufbuild/protobuf";
import { Code, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  type GetMetricsRequest,
  GetMetricsRequestSchema,
  MetricsService,
} from "#gen/deskwire/analytics/v1/metrics_service_pb.js";
import type { Bell } from "../../../runtime/background/bell.ts";
import { write } from "../../../runtime/calls/write.ts";
import { fail } from "../../../runtime/errors.ts";
import type { Log } from "../../../runtime/log.ts";
import { type AnsweringOptions, answer } from "./answer.ts";
import { rulesOf } from "./count-events.ts";
import { startOver } from "./cursor.ts";
import { progressOf } from "./progress.ts";
import { readQuestion } from "./question.ts";
import { watchMetrics } from "./watch.ts";

/** What the metrics service stands on. */
export interface MetricsServiceOptions extends AnsweringOptions {
  readonly bell: Bell;
  /** Ends the streams when the service closes. */
  readonly closing: AbortSignal;
  /** Milliseconds UTC. */
  readonly now: () => number;
  readonly log: Log;
}

/** Makes the metrics service over stored facts. */
export function metricsService(options: MetricsServiceOptions): ServiceImpl<typeof MetricsService> {
  const { database, policy, bell, closing, now, log } = options;
  const get = (request: GetMetricsRequest, signal: AbortSignal) =>
    answer(options, readQuestion(request, policy.timeZone, now()), signal);
  return {
    getMetrics: (request, context) => get(request, context.signal),

    async *watchMetrics({ question = create(GetMetricsRequestSchema), intervalSeconds }, context: HandlerContext) {
      const signal = AbortSignal.any([context.signal, closing]);
      const ask = () => get(question, signal);
      for await (const metrics of watchMetrics(ask, { bell, intervalSeconds, signal })) yield { metrics };
      if (closing.aborted) {
        throw fail(Code.Unavailable, "SHUTTING_DOWN", "Analytics shuts down. Watch again in a moment.");
      }
    },

    async rebuildMetrics(request, context) {
      const call = { method: MetricsService.method.rebuildMetrics, request, context, now: now() };
      const response = await write(database, call, async (trx) => ({
        progress: progressOf(await startOver(trx, database, rulesOf(policy))),
      }));
      log("metrics are counted anew", { reason: request.reason });
      bell.ring();
      return response;
    },
  };
}
