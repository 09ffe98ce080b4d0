// Calls to a name behind which several replicas are: they go to all of them, and past one that has gone.
import type { LookupAddress } from "node:dns";
import { Code, createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AnalyticsService } from "#gen/deskwire/analytics/v1/analytics_service_pb.js";
import { type RemoteTransport, remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { fail } from "../../runtime/errors.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";

// The whole of 127.0.0.0/8 is this machine on Linux; elsewhere only 127.0.0.1 is.
const ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];

const unused = () => {
  throw fail(Code.Unimplemented, "UNUSED", "Not called here.");
};

let port: number;
let listeners: Map<string, Listener>;
let dns: LookupAddress[] | Error;
let lookups: number;
let transport: RemoteTransport;
const answering = new Map<string, PromiseWithResolvers<void>>();

/** A replica whose answer names its address; a call of `wait` is answered once it is let go. */
async function replica(host: string): Promise<Listener> {
  const methods = Object.fromEntries(AnalyticsService.methods.map(({ localName }) => [localName, unused]));
  const service = bindService(AnalyticsService, {
    ...methods,
    async analyze({ text }: { text: string }) {
      if (text === "wait") await (answering.get(host) as PromiseWithResolvers<void>).promise;
      return { analysis: { engine: host } };
    },
  } as never);
  const limits = { allowedHosts: ["replicas.test"], allowedOrigins: [], log: () => {}, graceMs: 5_000 };
  const listener = await listen({ host, port, services: [service], ...limits });
  port = listener.port;
  listeners.set(host, listener);
  return listener;
}

const at = (...hosts: string[]): LookupAddress[] => hosts.map((address) => ({ address, family: 4 }));

async function ask(text = ""): Promise<string> {
  const client = createClient(AnalyticsService, transport);
  return (await client.analyze({ text })).analysis?.engine ?? "";
}

async function askOften(times: number): Promise<Record<string, number>> {
  const answers: string[] = [];
  for (let i = 0; i < times; i++) answers.push(await ask());
  return Object.fromEntries(
    Map.groupBy(answers, (host) => host)
      .entries()
      .map(([host, all]) => [host, all.length]),
  );
}

beforeEach(async () => {
  port = 0;
  lookups = 0;
  listeners = new Map();
  for (const host of ADDRESSES) {
    answering.set(host, Promise.withResolvers());
    await replica(host);
  }
  dns = at(...ADDRESSES);
  transport = remoteTransport(`http://replicas.test:${port}`, {
    freshMs: 0,
    resolve: async () => {
      lookups++;
      if (dns instanceof Error) throw dns;
      return dns;
    },
  });
});
afterEach(async () => {
  transport.close();
  for (const { resolve } of answering.values()) resolve();
  await Promise.all([...listeners.values()].map((listener) => listener.close()));
});

describe.runIf(process.platform === "linux")("a name with several addresses", () => {
  it("spreads calls evenly", async () => {
    expect(await askOften(30)).toEqual({ "127.0.0.1": 10, "127.0.0.2": 10, "127.0.0.3": 10 });
  });

  it("goes on without a replica that has died, and no call fails", async () => {
    await askOften(3);
    await listeners.get("127.0.0.2")?.close();
    const answers = await askOften(30);
    expect(Object.keys(answers).sort()).toEqual(["127.0.0.1", "127.0.0.3"]);
  });

  it("finds a replica that is new, and leaves one that DNS no longer names, whose calls may finish", async () => {
    dns = at("127.0.0.1");
    expect(await askOften(4)).toEqual({ "127.0.0.1": 4 });
    const waiting = ask("wait");
    dns = at("127.0.0.3");
    await expect.poll(() => ask()).toBe("127.0.0.3");
    expect(await askOften(4)).toEqual({ "127.0.0.3": 4 });
    answering.get("127.0.0.1")?.resolve();
    expect(await waiting).toBe("127.0.0.1");
  });

  it("answers many large requests at once", async () => {
    dns = at("127.0.0.1");
    // Together more than the ten megabytes that Node's HTTP/2 allows a connection by itself.
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask("x".repeat(100_000))));
    expect(new Set(answers)).toEqual(new Set(["127.0.0.1"]));
  });

  it("serves on with what it knows while DNS fails", async () => {
    await askOften(3);
    dns = new Error("SERVFAIL");
    expect(Object.keys(await askOften(6))).toHaveLength(3);
  });

  it("tries a name again that has no address yet", async () => {
    dns = new Error("ENOTFOUND");
    const answer = ask();
    await expect.poll(() => lookups).toBeGreaterThan(0);
    dns = at("127.0.0.1");
    expect(await answer).toBe("127.0.0.1");
  });

  it("says that a service cannot be reached when a name stays without address", async () => {
    dns = new Error("ENOTFOUND");
    await expect(ask()).rejects.toMatchObject({ code: Code.Unavailable });
  });
});
