// Forgets the gateway's runs that are about a customer who was erased: told by the ticket service's log, wherever the gateway runs.
import { createClient, type Transport } from "@connectrpc/connect";
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { RunStore } from "../gateway/runs/store.ts";
import { keepDoing } from "../runtime/background/keep-doing.ts";
import { pause } from "../runtime/background/pause.ts";
import type { Log } from "../runtime/log.ts";

/** Customers are erased once in a while: a stream of the log would look after every write instead. */
const LOOK_MS = 1_000;

/** Looks every second until `signal` is aborted; what happens while the ticket service cannot be reached is found later. */
export async function forgetErasedRuns(
  store: RunStore,
  transport: Transport,
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  const tickets = createClient(TicketService, transport);
  const types = [TicketEventType.CUSTOMER_ERASED];
  async function look(): Promise<void> {
    const afterPosition = BigInt(await store.erasedUpTo());
    const { events } = await tickets.listEvents({ afterPosition, types }, { signal });
    for (const { ticketId, customerId, position } of events) {
      await store.eraseAbout([ticketId, customerId], Number(position));
    }
    if (events.length === 0) await pause(LOOK_MS, signal);
  }
  await keepDoing(look, signal, (error, isFirst) => {
    if (isFirst) log("runs of erased customers wait to be forgotten", { error }, "warn");
  });
}
