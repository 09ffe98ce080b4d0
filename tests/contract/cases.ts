// The contract, case by case.
import type { Case } from "./case.ts";
import { analyticsCases } from "./cases/analytics.ts";
import { confinementCases } from "./cases/confinement.ts";
import { conversationCases } from "./cases/conversation.ts";
import { correctionCases } from "./cases/corrections.ts";
import { crmCases } from "./cases/crm.ts";
import { deadlineCases } from "./cases/deadlines.ts";
import { hostileCases } from "./cases/hostile.ts";
import { importCases } from "./cases/import.ts";
import { listTicketsCases } from "./cases/list-tickets.ts";
import { logCases } from "./cases/log.ts";
import { metricsCases } from "./cases/metrics.ts";
import { outgoingCases } from "./cases/outgoing.ts";
import { queueCases } from "./cases/queue.ts";
import { replayCases } from "./cases/replay.ts";
import { statusCases } from "./cases/status.ts";
import { supportCases } from "./cases/support.ts";
import { supportCustomerCases } from "./cases/support-customers.ts";
import { ticketCases } from "./cases/ticket.ts";

export const cases: readonly Case[] = [
  ...crmCases,
  ...ticketCases,
  ...statusCases,
  ...conversationCases,
  ...listTicketsCases,
  ...queueCases,
  ...logCases,
  ...importCases,
  ...analyticsCases,
  ...correctionCases,
  ...metricsCases,
  ...replayCases,
  ...supportCases,
  ...supportCustomerCases,
  ...confinementCases,
  ...outgoingCases,
  ...deadlineCases,
  ...hostileCases,
];
