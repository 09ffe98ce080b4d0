// The contract over gRPC, by both clients that Node has, and with the support service in a process of its own.
import { createGrpcTransport } from "@connectrpc/connect-node";
import { openTestDesk } from "../support/desk.ts";
import { clientsOf } from "./case.ts";
import { grpcJsTransport } from "./grpc-js-transport.ts";
import { overEachWay } from "./ways.ts";

overEachWay({
  "gRPC by Connect": ({ url }) => clientsOf(createGrpcTransport({ baseUrl: url })),
  "gRPC by @grpc/grpc-js": ({ url, closing }) => {
    const transport = grpcJsTransport(new URL(url).host);
    closing.defer(() => transport.close());
    return clientsOf(transport);
  },
  "gRPC, the support service on a port of its own": async ({ url, closing }) => {
    // In a process of its own it would reach the others like this.
    const environment = { CRM_URL: url, TICKET_URL: url, ANALYTICS_URL: url };
    const alone = closing.use(await openTestDesk({ parts: ["support"], environment }));
    const { support } = clientsOf(createGrpcTransport({ baseUrl: (await alone.listen()).url }));
    return { ...clientsOf(createGrpcTransport({ baseUrl: url })), support };
  },
});
