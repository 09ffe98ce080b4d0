// EraseCustomer: what analytics holds about a customer goes; all totals stay.
import type { ServiceImpl } from "@connectrpc/connect";
import type { Knex } from "knex";
import { AnalyticsService, type EraseCustomerRequest } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { eraseAnswers } from "../../runtime/calls/idempotency.ts";
import { write } from "../../runtime/calls/write.ts";
import type { Database, Migration } from "../../runtime/database/database.ts";
import { eraseCorrections } from "./corrections/correction-store.ts";
import type { Teaching } from "./corrections/teaching.ts";
import { eraseModelAnswers } from "./llm/answer-store.ts";
import type { LlmReader } from "./llm/llm-reader.ts";
import { forgetCustomer } from "./metrics/fact-store.ts";
import type { ReadingCache } from "./reading/reading-cache.ts";
import { textHash } from "./reading/text-hash.ts";

/** Follows the tables of corrections and of a model's answers. */
export const erasureMigration: Migration = {
  name: "erasure",
  async up(trx) {
    await trx.schema.createTable("erased_customer", (table) => {
      table.text("customer_id").primary();
    });
    // Whoever erases a customer does not know which engine has read what.
    await trx.schema.alterTable("model_answer", (table) => {
      table.index("text_hash");
    });
  },
};

/** What the erasure stands on. */
export interface ErasureOptions {
  readonly database: Database;
  readonly teaching: Teaching;
  readonly cache: ReadingCache;
  /** The model that reads, where one does. */
  readonly llm: Pick<LlmReader, "answered"> | undefined;
  /** Milliseconds UTC. */
  readonly now: () => number;
}

async function erase(
  trx: Knex.Transaction,
  { dialect }: Database,
  { customerId, ticketIds }: EraseCustomerRequest,
  hashes: readonly string[],
) {
  const correctionCount = await eraseCorrections(trx, customerId, ticketIds);
  const modelAnswerCount = await eraseModelAnswers(trx, hashes);
  await forgetCustomer(trx, customerId);
  let answerCount = 0;
  for (const id of [customerId, ...ticketIds]) answerCount += await eraseAnswers(trx, dialect, id);
  return { correctionCount, modelAnswerCount, answerCount };
}

/** Makes the method. It is answered once this process reads as if the corrections had never been made. */
export function erasureMethods({
  database,
  teaching,
  cache,
  llm,
  now,
}: ErasureOptions): Pick<ServiceImpl<typeof AnalyticsService>, "eraseCustomer"> {
  return {
    async eraseCustomer(request, context) {
      const hashes = [...new Set(request.texts.map(textHash))];
      // An answer on its way would be kept afterwards.
      await llm?.answered(new Set(hashes));
      const call = { method: AnalyticsService.method.eraseCustomer, request, context, now: now() };
      const answer = await write(database, call, (trx) => erase(trx, database, request, hashes));
      cache.forget(hashes);
      await teaching.refresh();
      await database.scrub();
      return answer;
    },
  };
}
