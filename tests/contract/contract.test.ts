// One table of cases, over every way to the services.

import type { Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, test } from "vitest";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { type Clients, clientsOf } from "./case.ts";
import { cases } from "./cases.ts";
import { grpcJsTransport } from "./grpc-js-transport.ts";

let desk: TestDesk;
/** The support service in a process of its own would reach the others like this. */
let supportAlone: TestDesk;
const urls = { desk: "", supportAlone: "" };
const opened: { close(): void }[] = [];

function grpcJs(): Transport {
  const transport = grpcJsTransport(new URL(urls.desk).host);
  opened.push(transport);
  return transport;
}

beforeAll(async () => {
  desk = await openTestDesk();
  urls.desk = (await desk.listen()).url;
  const environment = { CRM_URL: urls.desk, TICKET_URL: urls.desk, ANALYTICS_URL: urls.desk };
  supportAlone = await openTestDesk({ parts: ["support"], environment });
  urls.supportAlone = (await supportAlone.listen()).url;
});
afterAll(async () => {
  for (const transport of opened) transport.close();
  await supportAlone[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
});

const WAYS: Record<string, () => Clients> = {
  "in process": () => clientsOf(desk.transport),
  "Connect with JSON over HTTP/1.1": () =>
    clientsOf(createConnectTransport({ baseUrl: urls.desk, httpVersion: "1.1", useBinaryFormat: false })),
  "Connect, binary, over h2c": () => clientsOf(createConnectTransport({ baseUrl: urls.desk, httpVersion: "2" })),
  "gRPC-Web": () => clientsOf(createGrpcWebTransport({ baseUrl: urls.desk, httpVersion: "1.1" })),
  "gRPC by Connect": () => clientsOf(createGrpcTransport({ baseUrl: urls.desk })),
  "gRPC by @grpc/grpc-js": () => clientsOf(grpcJs()),
  "gRPC, the support service on a port of its own": () => ({
    ...clientsOf(createGrpcTransport({ baseUrl: urls.desk })),
    support: clientsOf(createGrpcTransport({ baseUrl: urls.supportAlone })).support,
  }),
};

describe.each(Object.entries(WAYS))("%s", (_, open) => {
  let clients: Clients;
  beforeAll(() => {
    clients = open();
  });
  for (const { name, run } of cases) test(name, () => run(clients));
});
