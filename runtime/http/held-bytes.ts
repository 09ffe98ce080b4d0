// What a port holds for clients that do not go on, answers that are not read and requests that are not finished: a bound for all
// connections together.
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";

type Connection = Socket | ServerHttp2Session;

/** Told of a client that was cut off, and of how many bytes were held for it. */
export type OnCut = (peer: string | undefined, bytes: number) => void;

interface Exchange {
  readonly connection: Connection;
  readonly held: number;
}

/** How often it is counted. No more comes or is answered in between than the process can make in that time. */
const EVERY_MS = 50;
/** A longer request has been read in parts, since no message is longer: a stream of them, of which one may be unfinished. */
const MOST_OF_A_REQUEST = 4 * 1024 * 1024;

class Http1Exchange implements Exchange {
  readonly connection: Socket;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #readBefore: number;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.connection = request.socket;
    this.#request = request;
    this.#response = response;
    this.#readBefore = request.socket.bytesRead;
  }

  get held(): number {
    const received = this.#request.complete ? 0 : this.connection.bytesRead - this.#readBefore;
    return this.#response.writableLength + Math.min(received, MOST_OF_A_REQUEST);
  }
}

class Http2Exchange implements Exchange {
  readonly connection: ServerHttp2Session;
  readonly #stream: ServerHttp2Stream;
  #received = 0;

  constructor(stream: ServerHttp2Stream, session: ServerHttp2Session) {
    this.connection = session;
    this.#stream = stream;
    // Whoever listens for data instead would have it flow, before anybody is there to take it.
    const { push } = stream;
    stream.push = (chunk: Buffer | null, encoding) => {
      this.#received = chunk === null ? 0 : this.#received + chunk.length;
      return push.call(stream, chunk, encoding);
    };
  }

  get held(): number {
    return this.#stream.writableLength + Math.min(this.#received, MOST_OF_A_REQUEST);
  }
}

/**
 * Cuts the connections for which the most is held as soon as all of them together hold more than may be. A client may open as many
 * connections as a port takes, and never read from one, nor end what it sends: without this, each could hold a message for each of
 * its streams.
 */
export class HeldBytes {
  readonly #maxBytes: number;
  readonly #onCut: OnCut;
  readonly #open = new Set<Exchange>();
  #next: NodeJS.Timeout | undefined;

  constructor(maxBytes: number, onCut: OnCut) {
    this.#maxBytes = maxBytes;
    this.#onCut = onCut;
  }

  /** Counts an exchange from now on; returns what ends that. */
  http1(request: IncomingMessage, response: ServerResponse): () => void {
    return this.#began(new Http1Exchange(request, response));
  }

  /** As `http1`. */
  http2(stream: ServerHttp2Stream, session: ServerHttp2Session): () => void {
    return this.#began(new Http2Exchange(stream, session));
  }

  #began(exchange: Exchange): () => void {
    this.#open.add(exchange);
    this.#next ??= setTimeout(() => this.#look(), EVERY_MS).unref();
    return () => this.#open.delete(exchange);
  }

  #look(): void {
    this.#next = this.#open.size > 0 ? setTimeout(() => this.#look(), EVERY_MS).unref() : undefined;
    const byConnection = new Map<Connection, number>();
    let total = 0;
    for (const { connection, held } of this.#open) {
      if (held === 0) continue;
      byConnection.set(connection, (byConnection.get(connection) ?? 0) + held);
      total += held;
    }
    if (total <= this.#maxBytes) return;
    for (const [connection, bytes] of [...byConnection].sort(([, a], [, b]) => b - a)) {
      this.#cut(connection, bytes);
      total -= bytes;
      if (total <= this.#maxBytes) return;
    }
  }

  #cut(connection: Connection, bytes: number): void {
    const overHttp2 = "goaway" in connection;
    this.#onCut((overHttp2 ? connection.socket : connection)?.remoteAddress, bytes);
    const reason = new Error("Too much is held for this client, and it does not go on.");
    if (overHttp2) connection.destroy(reason, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    else connection.destroy();
  }
}
