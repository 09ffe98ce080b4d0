// How a server process tells its address, see server-process.ts.
import type { Server } from "node:http";
import type { Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";

/** Listens on a free port of loopback and prints the address. */
export function listenAndSayWhere(server: Server | Http2Server): void {
  server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
}
