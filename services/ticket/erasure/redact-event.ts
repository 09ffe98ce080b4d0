// What of an event is a text: which of them an erased customer's tickets may still get, and what is left of the others.
import { TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";

/** What stands in place of a text that must not be empty. */
export const ERASED = "(erased)";

/** Fields of a ticket that people write into. */
const TEXTS = new Set(["subject", "description", "custom_fields", "external_id"]);
const CUSTOMER = "ACTOR_KIND_CUSTOMER";

/** What of an event may come with a text. */
interface Bringing {
  readonly type?: TicketEventType | undefined;
  readonly message?: object | undefined;
  readonly customerNote?: string | undefined;
  readonly changes?: readonly { readonly field: string }[];
}

/** Whether an event comes with a text, in itself or, as a held draft, beside it. */
export function bringsText({ type, message, customerNote, changes }: Bringing): boolean {
  if (type === TicketEventType.CREATED || type === TicketEventType.APPROVAL_REQUESTED) return true;
  return message !== undefined || !!customerNote || (changes ?? []).some(({ field }) => TEXTS.has(field));
}

/** An event, or a part of one, in ProtoJSON. */
type Json = Record<string, unknown>;

/** Who did it; of customers the identifier alone, whatever the caller called them. */
function redactActor(actor: Json | undefined, customerId: string): Json | undefined {
  return actor?.kind === CUSTOMER ? { kind: CUSTOMER, id: customerId } : actor;
}

function redactMessage(message: Json, customerId: string): Json {
  const { body: _, author, ...rest } = message;
  return { ...rest, ...(author ? { author: redactActor(author as Json, customerId) } : {}) };
}

/**
 * Takes the texts out of an event as the log stores it, and leaves everything else in the very form that it had.
 *
 * @param stored the TicketEvent in ProtoJSON
 * @param customerId the customer who is erased
 */
export function redactEvent(stored: string, customerId: string): string {
  const event = JSON.parse(stored) as Json;
  const { customerNote: _, ...rest } = event;
  const changes = event.changes as { field: string }[] | undefined;
  return JSON.stringify({
    ...rest,
    ...(event.actor ? { actor: redactActor(event.actor as Json, customerId) } : {}),
    ...(event.message ? { message: redactMessage(event.message as Json, customerId) } : {}),
    ...(changes && { changes: changes.map((change) => (TEXTS.has(change.field) ? { field: change.field } : change)) }),
  });
}
