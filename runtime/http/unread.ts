// Answers that clients do not read: a bound for all connections of a port together.
import { constants, type ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

/** What holds an answer until its client has read it. */
interface Answer {
  readonly writableLength: number;
}

type Connection = Socket | ServerHttp2Session;

/** Told of a client that was cut off, and of how many bytes it had left unread. */
export type OnUnread = (peer: string | undefined, bytes: number) => void;

/** How often it is counted. No more is answered in between than the process can make in that time. */
const EVERY_MS = 50;

/**
 * Cuts the connections with the most unread bytes as soon as all of them together hold more than may be. A client may open as many
 * connections as a port takes, and never read from one: without this, each could hold an answer for each of its streams.
 */
export class UnreadAnswers {
  readonly #maxBytes: number;
  readonly #onUnread: OnUnread;
  readonly #open = new Map<Answer, Connection>();
  #next: NodeJS.Timeout | undefined;

  constructor(maxBytes: number, onUnread: OnUnread) {
    this.#maxBytes = maxBytes;
    this.#onUnread = onUnread;
  }

  began(answer: Answer, connection: Connection): void {
    this.#open.set(answer, connection);
    this.#next ??= setTimeout(() => this.#look(), EVERY_MS).unref();
  }

  ended(answer: Answer): void {
    this.#open.delete(answer);
  }

  #look(): void {
    this.#next = this.#open.size > 0 ? setTimeout(() => this.#look(), EVERY_MS).unref() : undefined;
    const held = new Map<Connection, number>();
    let total = 0;
    for (const [{ writableLength }, connection] of this.#open) {
      if (writableLength === 0) continue;
      held.set(connection, (held.get(connection) ?? 0) + writableLength);
      total += writableLength;
    }
    if (total <= this.#maxBytes) return;
    for (const [connection, bytes] of [...held].sort(([, a], [, b]) => b - a)) {
      this.#cut(connection, bytes);
      total -= bytes;
      if (total <= this.#maxBytes) return;
    }
  }

  #cut(connection: Connection, bytes: number): void {
    const overHttp2 = "goaway" in connection;
    this.#onUnread((overHttp2 ? connection.socket : connection)?.remoteAddress, bytes);
    const reason = new Error("The client does not read its answers.");
    if (overHttp2) connection.destroy(reason, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    else connection.destroy();
  }
}
