// A lean HTTP/1.1 client for load: one connection a caller, nothing but what the servers here answer with.
import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const CHUNKED_END = Buffer.from("0\r\n\r\n");

/** A request as bytes, made once and sent often. */
export function httpRequest(url: URL, body: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const all = {
    host: url.host,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${url.pathname} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

/** One connection, on which one request at a time is sent; another where the server has closed it, idle between its turns. */
export class Http1Connection {
  readonly #url: URL;
  #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<string> | undefined;
  #headEnd = -1;
  #length = -1;

  /** Opens connections that are closed with `resources`. */
  static open(resources: AsyncDisposableStack, url: URL, count: number): Http1Connection[] {
    const connections = Array.from({ length: count }, () => new Http1Connection(url));
    resources.defer(() => connections.forEach((connection) => void connection.close()));
    return connections;
  }

  constructor(url: URL) {
    this.#url = url;
    this.#socket = this.#connect();
  }

  #connect(): Socket {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port), noDelay: true });
    const fail = (error: Error) => this.#waiting?.reject(error);
    socket.on("data", (data) => this.#take(data));
    return socket.on("error", fail).on("close", () => fail(new Error("The server closed the connection.")));
  }

  /**
   * Sends a request and resolves with the body of the answer.
   *
   * @throws an Error for a status other than 200, or where the server closes the connection instead
   */
  send(request: Buffer): Promise<string> {
    if (this.#socket.destroyed) this.#socket = this.#connect();
    this.#waiting = Promise.withResolvers();
    this.#received = Buffer.alloc(0);
    this.#headEnd = -1;
    this.#socket.write(request);
    return this.#waiting.promise;
  }

  #take(data: Buffer): void {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    if (this.#headEnd < 0) {
      this.#headEnd = this.#received.indexOf(HEAD_END);
      if (this.#headEnd < 0) return;
      const head = this.#received.toString("latin1", 0, this.#headEnd);
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      this.#length = length === undefined ? -1 : Number(length);
    }
    const bodyStart = this.#headEnd + HEAD_END.length;
    const whole =
      this.#length >= 0
        ? this.#received.length >= bodyStart + this.#length
        : this.#received.subarray(-CHUNKED_END.length).equals(CHUNKED_END);
    if (!whole) return;
    const body = this.#received.toString("utf8", bodyStart);
    if (this.#received.toString("latin1", 9, 12) === "200") this.#waiting?.resolve(body);
    else this.#waiting?.reject(new Error(this.#received.toString("utf8").slice(0, 1_000)));
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}
