// The contract in process, and as browsers, curl and programs of any language call it over Connect and gRPC-Web.
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { clientsOf } from "./case.ts";
import { overEachWay } from "./ways.ts";

overEachWay({
  "in process": ({ desk }) => clientsOf(desk.transport),
  "Connect with JSON over HTTP/1.1": ({ url }) =>
    clientsOf(createConnectTransport({ baseUrl: url, httpVersion: "1.1", useBinaryFormat: false })),
  "Connect, binary, over h2c": ({ url }) => clientsOf(createConnectTransport({ baseUrl: url, httpVersion: "2" })),
  "gRPC-Web": ({ url }) => clientsOf(createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" })),
});
