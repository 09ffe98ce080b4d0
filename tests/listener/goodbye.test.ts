// What a client does with a connection whose server says goodbye.
import { once } from "node:events";
import { type ClientHttp2Session, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { Connections } from "../../runtime/grpc/connections.ts";

test("a goodbye in the moment in which the client closes the connection too ends no process", async () => {
  const server = createServer().on("stream", (stream) => stream.respond({ ":status": 200 }, { endStream: true }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const connections = new Connections(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const stream = await connections.request("GET", "/", {}, {});
  const session = stream.session as ClientHttp2Session;
  await once(stream.end().resume(), "close");
  // Not once() of node:events, which would hear the error itself.
  const closed = new Promise((resolve) => session.once("close", resolve));
  // Connect's own listener destroys a connection with an error, which is told of when its socket has closed.
  session.emit("goaway", 0, 0, Buffer.alloc(0));
  connections.abort();
  await closed;
  expect(session.destroyed).toBe(true);
  server.close();
});
