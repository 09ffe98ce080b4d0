// The texts of tickets that analytics may have read, so that it can forget what it made of them.
import type { TicketEvent } from "#gen/deskwire/ticket/v1/event_pb.js";

/** Bounds on what is sent at once, well below what a call may hold. */
const MOST_TEXTS = 1_000;
const MOST_CHARACTERS = 500_000;

/** The values that a field of a ticket has had. */
function valuesOf(events: readonly TicketEvent[], field: string): Set<string> {
  const changes = events.flatMap((event) => event.changes.filter((change) => change.field === field));
  const kinds = changes.flatMap(({ before, after }) => [before?.kind, after?.kind]);
  return new Set(kinds.map((kind) => (kind?.case === "stringValue" ? kind.value : "")));
}

/** What may have been analyzed of one ticket, by its events: what it began with under each of its subjects, and its messages. */
export function analyzedTexts(events: readonly TicketEvent[]): Set<string> {
  const texts = new Set(events.flatMap(({ message }) => (message ? [message.body] : [])));
  const descriptions = valuesOf(events, "description").add("");
  for (const subject of valuesOf(events, "subject")) {
    for (const description of descriptions) texts.add(`${subject}\n${description}`).add(description).add(subject);
  }
  texts.delete("");
  return texts;
}

/** Texts in portions that one call can hold. */
export function* portions(texts: Iterable<string>): Generator<string[]> {
  let portion: string[] = [];
  let characters = 0;
  for (const text of texts) {
    if (portion.length === MOST_TEXTS || (portion.length > 0 && characters + text.length > MOST_CHARACTERS)) {
      yield portion;
      portion = [];
      characters = 0;
    }
    portion.push(text);
    characters += text.length;
  }
  yield portion;
}
