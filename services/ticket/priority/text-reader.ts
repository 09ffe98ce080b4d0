// What analytics makes of a customer's words. Advice alone: without it a ticket is as urgent as most.
import { type Client, createClient, type HandlerContext, type Transport } from "@connectrpc/connect";
import { type Analysis, Urgency } from "#gen/deskwire/analytics/v1/analysis_pb.js";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { type Ticket, TicketUrgency } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import type { Log } from "../../../runtime/log.ts";
import { BestEffort } from "./best-effort.ts";

/** As long as analytics gives a language model, see its llm/requests.ts. Nobody waits for it. */
const BATCH_TIMEOUT_MS = 30_000;

/** What a ticket keeps of an analysis. */
export type Reading = Required<Pick<Ticket, "urgency" | "sentimentScore">>;

const URGENCIES: Record<Urgency, TicketUrgency> = {
  [Urgency.UNSPECIFIED]: TicketUrgency.MEDIUM,
  [Urgency.LOW]: TicketUrgency.LOW,
  [Urgency.MEDIUM]: TicketUrgency.MEDIUM,
  [Urgency.HIGH]: TicketUrgency.HIGH,
};

function toReading({ urgency, sentiment }: Pick<Analysis, "urgency" | "sentiment">): Reading {
  return {
    urgency: URGENCIES[urgency?.urgency ?? Urgency.UNSPECIFIED],
    sentimentScore: Math.round((sentiment?.score ?? 0) * 1000) / 1000,
  };
}

/** The words that a ticket begins with. */
export const firstWords = ({ subject, description }: Pick<Ticket, "subject" | "description">) =>
  `${subject}\n${description}`;

/** Has analytics read texts. */
export class TextReader {
  readonly #analytics: Client<typeof AnalyticsService>;
  readonly #bestEffort: BestEffort;

  constructor(analytics: Transport, log: Log) {
    this.#analytics = createClient(AnalyticsService, analytics);
    this.#bestEffort = new BestEffort("analytics", log);
  }

  /** Reads one text while a write waits; undefined where that cannot be had at once. */
  async read(text: string, context: HandlerContext): Promise<Reading | undefined> {
    const answer = await this.#bestEffort.ask(context, (options) => this.#analytics.analyze({ text }, options));
    return answer?.analysis && toReading(answer.analysis);
  }

  /**
   * Reads texts while nobody waits.
   *
   * @throws ConnectError when analytics cannot be asked
   */
  async readAll(texts: readonly string[]): Promise<Reading[]> {
    const { analyses } = await this.#analytics.batchAnalyze({ texts: [...texts] }, { timeoutMs: BATCH_TIMEOUT_MS });
    return analyses.map(toReading);
  }
}
