// Tokens of an issuer on the ways in beside MCP: the services take them as /mcp does.
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { authenticated } from "../../runtime/calls/remote-transport.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { grpcJsTransport } from "../contract/grpc-js-transport.ts";
import { type Issuer, startIssuer } from "../mcp/issuer.ts";
import { AUDIENCE, bearer } from "../mcp/protected-desk.ts";
import { type GuardedDesk, guardedDesk, withHeaders } from "./guarded-desk.ts";

let issuer: Issuer;
let desk: GuardedDesk;
beforeAll(async () => {
  issuer = await startIssuer();
  const environment = { MCP_ISSUER: issuer.url, MCP_AUDIENCE: AUDIENCE };
  desk = await guardedDesk({ environment, open: true });
});
afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

const token = (claims: Readonly<Record<string, unknown>>) => issuer.sign({ sub: "alice", aud: AUDIENCE, ...claims });
const refusal = (work: Promise<unknown>) => work.then(() => expect.fail("it was let in"), reasonOf);

const WAYS = {
  gRPC: () => desk.transport(),
  "gRPC by grpc-js": () => grpcJsTransport(new URL(desk.url).host),
  "gRPC-Web": () => createGrpcWebTransport({ baseUrl: desk.url, httpVersion: "2" }),
  "Connect over HTTP/1.1": () => createConnectTransport({ baseUrl: desk.url, httpVersion: "1.1" }),
};

describe.each(Object.entries(WAYS))("over %s", (_, open) => {
  const clients = (headers: Record<string, string>) => {
    const transport = authenticated(open(), withHeaders(headers));
    return { tickets: createClient(TicketService, transport), crm: createClient(CrmService, transport) };
  };

  test("a token opens what its scopes name, and the log says whose it was", async () => {
    const { tickets, crm } = clients(bearer(await token({ scope: "tickets:read tickets:write customers:write" })));
    const { customer } = await crm.createCustomer({ customer: { name: "Ada" } });
    const { ticket } = await tickets.createTicket({ ticket: { customerId: customer?.id ?? "", subject: "Hello" } });
    const { events } = await tickets.listEvents({});
    expect(events.at(-1)).toMatchObject({ ticketId: ticket?.id, principal: `${issuer.url}#alice` });
    expect(await refusal(tickets.respondToTicket({ ticketId: ticket?.id ?? "", response: "Hi." }))).toBe(
      "SCOPE_MISSING",
    );
  });

  test("what is no good token of the issuer opens nothing", async () => {
    const wrong = [{ aud: "https://elsewhere.example" }, { exp: 1 }, { iss: "https://elsewhere.example" }];
    for (const claims of wrong) {
      const { tickets } = clients(bearer(await token({ scope: "tickets:read", ...claims })));
      expect(await refusal(tickets.listTickets({})), JSON.stringify(claims)).toMatch(/^TOKEN_(INVALID|EXPIRED)$/);
    }
    expect(await refusal(clients({}).tickets.listTickets({}))).toBe("CREDENTIALS_MISSING");
  });
});
