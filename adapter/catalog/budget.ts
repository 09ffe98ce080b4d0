// Keeps a result under its budget: first the longest texts get shorter, then lists lose their tails. It stays what its schema says.
import type { Json, JsonObject } from "../catalog.ts";
import { count, listOf } from "./words.ts";

/** Bytes of UTF-8 that make a token, on the safe side: English JSON has about 4, Chinese text about 3. */
const BYTES_PER_TOKEN = 3.5;
/** What is shorter is an identifier, a name or a line, and keeps its meaning only as a whole. */
const SHORTEST_CUT = 240;
/** Room for the sentence that says what was cut. */
const ROOM_FOR_NOTE = 400;
/** What is left of every text where even one item of every list is too much: of shorter ones nothing is ever cut. */
export const LAST_RESORT = 40;

/** A text in a result that may be cut. */
export interface TextSlot {
  readonly holder: JsonObject | Json[];
  readonly key: string | number;
  readonly path: string;
  readonly text: string;
  /** The length is kept a multiple of this: 4 for base64, which then still is base64. */
  readonly unit: 1 | 4;
  /** Puts a text that people outside wrote back into its boundary. */
  readonly wrap?: ((text: string) => string) | undefined;
}

interface Slots {
  readonly items: Json[];
  readonly path: string;
  readonly size: number;
}

/** How many tokens a JSON value takes, estimated by its size in UTF-8. */
export function tokens(json: Json): number {
  return Math.ceil(bytesOf(json) / BYTES_PER_TOKEN);
}

function bytesOf(json: Json): number {
  return Buffer.byteLength(JSON.stringify(json));
}

/** The longest beginning of a text that takes at most `bytes` in JSON, not ending within a character. */
function beginning(text: string, bytes: number): string {
  let size = 0;
  let end = 0;
  for (const character of text) {
    size += Buffer.byteLength(JSON.stringify(character)) - 2;
    if (size > bytes) break;
    end += character.length;
  }
  // A mark or joiner without its base would change the character before.
  return text.slice(0, end).replace(/[\u200C\u200D]+$/u, "");
}

/** The size to which the largest must come down so that all together lose `over`, but never below `floor`. */
function level(sizes: readonly number[], over: number, floor: number): number {
  const sorted = sizes.toSorted((a, b) => b - a);
  let sum = 0;
  for (const [index, size] of sorted.entries()) {
    sum += size;
    const even = (sum - over) / (index + 1);
    if (even >= (sorted[index + 1] ?? 0)) return Math.max(even, floor);
  }
  return floor;
}

/** What of a result can be cut, collected while it is written. */
export class Excerpts {
  readonly #texts: TextSlot[] = [];
  readonly #lists: Slots[] = [];
  readonly #maps: { readonly entries: JsonObject; readonly path: string; readonly size: number }[] = [];
  readonly #cut = new Map<TextSlot, number>();
  readonly #beside: Json[] = [];

  text(slot: TextSlot): void {
    this.#texts.push(slot);
  }

  /** Counts something that is given beside the result, such as the text of a document. */
  beside(json: Json): void {
    this.#beside.push(json);
  }

  list(items: Json[], path: string): void {
    if (items.length > 0) this.#lists.push({ items, path, size: items.length });
  }

  map(entries: JsonObject, path: string): void {
    const size = Object.keys(entries).length;
    if (size > 0) this.#maps.push({ entries, path, size });
  }

  /** Whether a result, given as text, is within the budget as it is. */
  fits(text: string, maxTokens: number): boolean {
    const beside = this.#beside.length > 0 ? bytesOf(this.#beside) : 0;
    return Buffer.byteLength(text) + beside <= maxTokens * BYTES_PER_TOKEN;
  }

  /**
   * Shortens `result` in place until it and `reserved` tokens beside it take at most `maxTokens`, and says what was cut.
   * What people outside wrote goes first, longest first, then other long texts, then the tails of lists and maps.
   */
  fit(result: JsonObject, maxTokens: number, reserved = 0): string {
    const budget = (maxTokens - reserved) * BYTES_PER_TOKEN;
    const all = [result, ...this.#beside];
    const over = () => bytesOf(all) + ROOM_FOR_NOTE - budget;
    const outside = this.#texts.filter(({ wrap }) => wrap);
    const inside = this.#texts.filter(({ wrap }) => !wrap);
    this.#shorten(outside, over, SHORTEST_CUT);
    this.#shorten(inside, over, SHORTEST_CUT);
    this.#dropTails(over, 1);
    this.#dropEntries(over);
    this.#shorten(this.#texts, over, LAST_RESORT);
    this.#dropTails(over, 0);
    return this.#note(maxTokens);
  }

  #shorten(slots: readonly TextSlot[], over: () => number, floor: number): void {
    const excess = over();
    if (excess <= 0) return;
    const sizes = slots.map(({ holder, key }) => bytesOf((holder as JsonObject)[key] ?? null));
    const limit = level(sizes, excess, floor);
    for (const [index, slot] of slots.entries()) if ((sizes[index] ?? 0) > limit) this.#cutTo(slot, limit);
  }

  #cutTo(slot: TextSlot, limit: number): void {
    const { text, unit, wrap } = slot;
    const all = count([...text].length);
    const written = (part: string, shown: string) => {
      const marked = unit === 4 ? part : `${part}… [cut: ${shown} of ${all} characters]`;
      return wrap ? wrap(marked) : marked;
    };
    const room = Math.max(0, limit - bytesOf(written("", all)));
    const part = beginning(text, room);
    const kept = unit === 4 ? part.slice(0, part.length - (part.length % 4)) : part;
    if (kept.length >= text.length) return;
    (slot.holder as JsonObject)[slot.key] = written(kept, count([...kept].length));
    this.#cut.set(slot, kept.length);
  }

  #dropTails(over: () => number, least: number): void {
    for (let excess = over(); excess > 0; excess = over()) {
      const longest = this.#lists
        .filter(({ items }) => items.length > least)
        .map((list) => ({ list, bytes: bytesOf(list.items) }))
        .toSorted((a, b) => b.bytes - a.bytes)[0];
      if (!longest) return;
      const { items } = longest.list;
      let freed = 0;
      while (items.length > least && freed < excess) freed += bytesOf(items.pop() ?? null) + 1;
    }
  }

  #dropEntries(over: () => number): void {
    for (const { entries } of this.#maps.toSorted((a, b) => bytesOf(b.entries) - bytesOf(a.entries))) {
      const names = Object.keys(entries);
      let excess = over();
      while (excess > 0 && names.length > 1) {
        const name = names.pop() as string;
        excess -= bytesOf(entries[name] ?? null) + bytesOf(name) + 2;
        delete entries[name];
      }
    }
  }

  #note(maxTokens: number): string {
    const cut = [...this.#cut.keys()].toSorted((a, b) => b.text.length - a.text.length);
    const shortened = cut[0] && `${count(cut.length)} long ${cut.length === 1 ? "text" : "texts"} (${listed(cut)})`;
    const lists = this.#lists
      .filter(({ items, size }) => items.length < size)
      .map(({ items, path, size }) => `${path} to the first ${count(items.length)} of ${count(size)}`);
    const maps = this.#maps
      .map(({ entries, path, size }) => ({ path, size, left: Object.keys(entries).length }))
      .filter(({ left, size }) => left < size)
      .map(({ left, path, size }) => `${path} to ${count(left)} of ${count(size)} entries`);
    const parts = [...(shortened ? [shortened] : []), ...lists.slice(0, 3), ...maps.slice(0, 3)];
    return `Cut to stay under ${count(maxTokens)} tokens: ${listOf(parts, "and")}. Ask for less at a time to see the rest.`;
  }
}

function listed(slots: readonly TextSlot[]): string {
  const names = slots.slice(0, 2).map(({ path }) => path);
  return slots.length > names.length ? `${names.join(", ")}, …` : names.join(", ");
}
