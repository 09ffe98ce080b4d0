// Connections to other processes, as Connect opens and keeps them.
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * Opens and keeps a connection. Connect no longer listens to one that it is through with, which may still end with an error,
 * such as where the other side says goodbye (GOAWAY) at that moment: an error that nobody hears would end this process.
 */
export class Connections extends Http2SessionManager {
  readonly #heard = new WeakSet<ClientHttp2Session>();

  override async request(...call: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...call);
    const session = stream.session as ClientHttp2Session | undefined;
    if (session && !this.#heard.has(session)) {
      this.#heard.add(session);
      session.on("error", () => {});
    }
    return stream;
  }
}
