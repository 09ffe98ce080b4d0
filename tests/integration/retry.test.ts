// Calls over gRPC to a server that fails now and then, behind a wire that breaks.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { remoteTransport } from "../../runtime/calls/remote-transport.ts";
import type { BoundService } from "../../runtime/calls/service.ts";
import { fail, failForNow, reasonOf } from "../../runtime/errors.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import type { ServiceModule } from "../../runtime/module.ts";
import { crmModule } from "../../services/crm/index.ts";
import { freePort } from "../support/processes.ts";

type Call = (request: never, context: never) => Promise<unknown>;

let crm: ServiceModule;
let listener: Listener;
let wire: Server;
let client: Client<typeof CrmService>;
let streams: Client<typeof TicketService>;
/** What the server does to the next calls instead of answering, and after having done what was asked. */
let failures: (Error | "cut" | "closed")[];
let calls: number;
let cut: (how: "cut" | "closed") => void;

beforeEach(async () => {
  failures = [];
  calls = 0;
  crm = await crmModule({
    database: { kind: "sqlite", file: ":memory:" },
    tickets: directTransport([]),
    log: () => {},
  });
  const [service] = crm.services as [BoundService];
  const entries = Object.entries(service.implementation as Record<string, Call>).map(([name, call]) => {
    const flaky: Call = async (request, context) => {
      calls++;
      const answer = await call(request, context);
      const failure = failures.shift();
      if (failure === "cut" || failure === "closed") cut(failure);
      else if (failure) throw failure;
      return answer;
    };
    return [name, flaky];
  });
  const breaking = {
    async importTickets(requests: AsyncIterable<unknown>) {
      for await (const _ of requests) cut(failures.shift() as "cut" | "closed");
    },
    async *watchEvents(_: unknown, { signal }: { readonly signal: AbortSignal }) {
      yield {};
      await once(signal, "abort");
    },
  };
  const bound = { calls: [], conditions: [] };
  listener = await listen({
    host: "127.0.0.1",
    port: 0,
    services: [
      { ...bound, desc: service.desc, implementation: Object.fromEntries(entries) },
      { ...bound, desc: TicketService, implementation: breaking as never },
    ],
    allowedHosts: [],
    allowedOrigins: [],
    log: () => {},
    graceMs: 100,
  });
  wire = createServer((socket) => {
    const server = connect(listener.port, "127.0.0.1");
    cut = (how) => {
      if (how === "cut") socket.resetAndDestroy();
      else socket.destroy();
      server.destroy();
    };
    socket
      .on("error", () => {})
      .pipe(server.on("error", () => {}))
      .pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(wire, "listening");
  const transport = remoteTransport(`http://127.0.0.1:${(wire.address() as AddressInfo).port}`);
  client = createClient(CrmService, transport);
  streams = createClient(TicketService, transport);
});
afterEach(async () => {
  wire.close();
  await listener.close();
  await crm.close();
});

const customer = (name: string) => ({ name, emails: [`${name}@example.com`] });
const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable("it succeeded"),
    (error: unknown) => error as ConnectError,
  );
const unavailable = () => new ConnectError("not now", Code.Unavailable);

describe("a remote call", () => {
  it("that reads is tried again until it succeeds", async () => {
    failures = [unavailable(), "cut", unavailable()];
    expect((await client.listCustomers({})).customers).toEqual([]);
    expect(calls).toBe(4);
  });

  it("that writes with a request id is tried again when the connection breaks, and is done once", async () => {
    failures = ["cut", "closed"];
    const { customer: created } = await client.createCustomer({ customer: customer("ada"), requestId: "once" });
    expect(created?.id).toBe("CUS-1001");
    expect(calls).toBe(3);
    expect((await client.listCustomers({})).totalSize).toBe(1);
  });

  it.each(["cut", "closed"] as const)("that writes without a request id is never tried again: %s", async (how) => {
    failures = [how];
    const error = await caught(client.createCustomer({ customer: customer("ada") }));
    expect(calls).toBe(1);
    expect(error.code).toBe(Code.Unavailable);
    expect(reasonOf(error)).toBe("CONNECTION_LOST");
  });

  it.each(["cut", "closed"] as const)("that streams says that the connection broke: %s", async (how) => {
    failures = [how];
    const sent = (async function* () {
      yield { row: { description: "d" } };
      await once(new EventTarget(), "never");
    })();
    const receive = async () => {
      for await (const _ of streams.watchEvents({}, { timeoutMs: 0 })) cut(how);
    };
    for (const work of [receive, () => streams.importTickets(sent)]) {
      const error = await caught(work());
      expect([error.code, reasonOf(error)]).toEqual([Code.Unavailable, "CONNECTION_LOST"]);
    }
  });

  it("is not tried again for what trying cannot help", async () => {
    failures = [fail(Code.Unavailable, "SERVICE_UNAVAILABLE", "It has tried itself.")];
    expect(reasonOf(await caught(client.listCustomers({})))).toBe("SERVICE_UNAVAILABLE");
    failures = [fail(Code.Aborted, "ETAG_MISMATCH", "Decide anew.")];
    expect(reasonOf(await caught(client.listCustomers({})))).toBe("ETAG_MISMATCH");
    expect(calls).toBe(2);
  });

  it("waits as long as the server asks for", async () => {
    failures = [failForNow(Code.Unavailable, "BUSY", "Later.", 300)];
    const begin = performance.now();
    await client.listCustomers({});
    // Timers count whole milliseconds.
    expect(performance.now() - begin).toBeGreaterThan(298);
    expect(calls).toBe(2);
  });

  it("is given up after four tries, and at once where the next would come after the deadline", async () => {
    failures = Array.from({ length: 10 }, unavailable);
    expect((await caught(client.listCustomers({}))).code).toBe(Code.Unavailable);
    expect(calls).toBe(4);
    failures = [failForNow(Code.Unavailable, "BUSY", "Later.", 60_000)];
    // Had it waited, its deadline would have come first.
    expect(reasonOf(await caught(client.listCustomers({}, { timeoutMs: 20_000 })))).toBe("BUSY");
  });

  it("ends when its caller hangs up while it waits", async () => {
    failures = [failForNow(Code.Unavailable, "BUSY", "Later.", 10_000)];
    const hangUp = new AbortController();
    const ended = caught(client.listCustomers({}, { signal: hangUp.signal }));
    await expect.poll(() => failures).toEqual([]);
    hangUp.abort();
    await ended;
    expect(calls).toBe(1);
  });

  it("to a server that is not there is tried again, then is unavailable; after many failures it is tried once", async () => {
    const absent = createClient(CrmService, remoteTransport(`http://127.0.0.1:${await freePort()}`));
    expect((await caught(absent.listCustomers({}))).code).toBe(Code.Unavailable);
    failures = Array.from({ length: 40 }, unavailable);
    for (let index = 0; index < 8; index++) await caught(client.listCustomers({}));
    expect(calls).toBeLessThan(18);
    failures = [];
    await client.listCustomers({});
  });
});
