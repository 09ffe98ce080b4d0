// How quickly events are counted.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { type TicketEvent, TicketEventSchema, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { MessageVisibility } from "#gen/deskwire/ticket/v1/message_pb.js";
import type { Database } from "../../runtime/database/database.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import type { Engine } from "../../services/analytics/engine/engine.ts";
import { localEngine } from "../../services/analytics/engine/local-engine.ts";
import { countEvents, prepare } from "../../services/analytics/metrics/count-events.ts";
import { START } from "./facts.ts";
import type { Counted } from "./report.ts";

const BATCH = 500;

const text = (value: string) => ({ kind: { case: "stringValue" as const, value } });
const OPENING =
  "I was charged twice for my order last week and nobody answers my mails. Please correct the invoice soon.";

/** Events of tickets that are opened and answered, in turns. */
function* log(count: number): Generator<TicketEvent> {
  for (let position = 1; position <= count; position++) {
    const ticket = 1001 + Math.floor((position - 1) / 4);
    const step = (position - 1) % 4;
    const common = {
      ...{ position: BigInt(position), ticketId: `TKT-${ticket}`, customerId: `CUS-${1001 + (ticket % 1000)}` },
      createTime: timestampFromMs(START + position * 1000),
    };
    const change = (field: string, value: string) => ({ field, after: text(value) });
    const created = [
      change("subject", "Charged twice"),
      change("description", OPENING),
      change("status", "TICKET_STATUS_OPEN"),
    ];
    const message = (kind: ActorKind) => ({
      ...{
        author: { kind },
        visibility: MessageVisibility.PUBLIC,
        body: kind === ActorKind.CUSTOMER ? "Thanks!" : "Done.",
      },
    });
    const events: MessageInitShape<typeof TicketEventSchema>[] = [
      { type: TicketEventType.CREATED, changes: created },
      { type: TicketEventType.MESSAGE_ADDED, message: message(ActorKind.AGENT) },
      { type: TicketEventType.MESSAGE_ADDED, message: message(ActorKind.CUSTOMER) },
      { type: TicketEventType.STATUS_CHANGED, changes: [change("status", "TICKET_STATUS_RESOLVED")] },
    ];
    yield create(TicketEventSchema, { ...common, ...events[step] } as never);
  }
}

/** Counts so many events. */
export async function countLog(database: Database, events: number, engine: Engine): Promise<Counted> {
  const options = { database, policy: readPolicy(), engine: () => engine };
  await prepare(options);
  const [began, used] = [performance.now(), process.cpuUsage()];
  let batch: TicketEvent[] = [];
  for (const event of log(events)) {
    batch.push(event);
    if (batch.length < BATCH) continue;
    await countEvents(options, batch);
    batch = [];
  }
  await countEvents(options, batch);
  const { user, system } = process.cpuUsage(used);
  const [aSecond, aCpuSecond] = [performance.now() - began, (user + system) / 1000].map((ms) =>
    Math.round((events / ms) * 1000),
  ) as [number, number];
  return { engine: engine.name, aSecond, aCpuSecond };
}

/** Reads nothing, so that it shows what counting costs besides reading. */
export const mute: Engine = (() => {
  const reading = localEngine.analyze("");
  return { name: "none", analyze: () => reading };
})();
