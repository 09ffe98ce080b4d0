// A way to a server that can be cut: a TCP proxy on a port that stays while the server behind comes and goes.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "./random.ts";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/** An open way. */
export class Link implements AsyncDisposable {
  /** Where the server is; undefined while there is none. */
  target: number | undefined;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (near) => this.#join(near));
  }

  /** Opens a way to the port `target` of this machine. */
  static async open(target?: number): Promise<Link> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const link = new Link(server);
    link.target = target;
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #join(near: Socket): void {
    if (this.target === undefined) return void near.on("error", () => {}).destroy();
    const far = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
    const pair = { near, far };
    this.#pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      // Why it broke is the caller's to find out, not the way's.
      socket.on("error", () => {});
      socket.on("close", () => this.#part(pair));
    }
  }

  #part(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
  }

  /**
   * Cuts one connection: at once, or when the server next says something, so that what was done is not heard of. Returns
   * whether there was one.
   */
  cut(random: Random): boolean {
    const pairs = [...this.#pairs];
    if (pairs.length === 0) return false;
    const pair = random.pick(pairs);
    if (random.chance(0.5)) this.#part(pair);
    else pair.far.prependOnceListener("data", () => this.#part(pair));
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const pair of this.#pairs) this.#part(pair);
  }
}
