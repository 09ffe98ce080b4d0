// The rules of corrections: the methods of AnalyticsService that teach.
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { AnalyticsService, ListCorrectionsRequestSchema } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { write } from "../../../runtime/calls/write.ts";
import type { Database } from "../../../runtime/database/database.ts";
import { fail } from "../../../runtime/errors.ts";
import { countedPage } from "../../../runtime/messages/pagination.ts";
import {
  type CorrectionRow,
  correctionsMatching,
  insertCorrection,
  toCorrection,
  undoCorrection,
} from "./correction-store.ts";
import type { Teaching } from "./teaching.ts";

const LATEST_FIRST = [{ column: "id", direction: "desc" }] as const;

type CorrectionMethods = Pick<
  ServiceImpl<typeof AnalyticsService>,
  "correctAnalysis" | "listCorrections" | "undoCorrection"
>;

/** The methods that teach. A write is answered once this process reads by it. `now` tells the time in milliseconds UTC. */
export function correctionMethods(database: Database, teaching: Teaching, now: () => number): CorrectionMethods {
  return {
    async correctAnalysis(request, context) {
      const call = { method: AnalyticsService.method.correctAnalysis, request, context, now: now() };
      const answer = await write(database, call, async (trx) => ({
        correction: await insertCorrection(trx, request, call.now),
      }));
      await teaching.refresh();
      return answer;
    },
    async listCorrections(request) {
      const matching = correctionsMatching(database.knex, request);
      const scope = { schema: ListCorrectionsRequestSchema, request, order: LATEST_FIRST };
      const { rows, ...page } = await countedPage<CorrectionRow, typeof ListCorrectionsRequestSchema>(matching, scope);
      return { corrections: rows.map(toCorrection), ...page };
    },
    async undoCorrection(request, context) {
      const { correctionId, actor } = request;
      const call = { method: AnalyticsService.method.undoCorrection, request, context, now: now() };
      const answer = await write(database, call, async (trx) => {
        const correction = await undoCorrection(trx, correctionId, actor, call.now);
        if (correction) return { correction };
        throw fail(
          Code.NotFound,
          "CORRECTION_NOT_FOUND",
          `There is no correction ${correctionId}. ListCorrections shows those that there are.`,
          { correction_id: correctionId },
        );
      });
      await teaching.refresh();
      return answer;
    },
  };
}
