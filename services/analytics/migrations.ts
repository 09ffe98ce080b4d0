// The schema of analytics, step by step.
import { requestLogMigration } from "../../runtime/calls/idempotency.ts";
import type { Migration } from "../../runtime/database/database.ts";
import { correctionsMigration } from "./corrections/migration.ts";
import { erasureMigration } from "./erasure.ts";
import { answersMigration } from "./llm/answer-store.ts";
import { metricsBlocksMigration, metricsMigration } from "./metrics/migration.ts";

/** All steps, in their order. */
export const migrations: readonly Migration[] = [
  requestLogMigration,
  correctionsMigration,
  metricsMigration,
  answersMigration,
  erasureMigration,
  metricsBlocksMigration,
];
