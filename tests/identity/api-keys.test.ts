// API keys on every way in: who is let in, what each key opens, and when it stops to.
import { Code, type ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { ServerReflection } from "#gen/grpc/reflection/v1/reflection_pb.js";
import { Health } from "#gen/health/v1/health_pb.js";
import { authenticated } from "../../runtime/calls/remote-transport.ts";
import { metadataOf, reasonOf } from "../../runtime/errors.ts";
import { hashOf, isApiKey, newApiKey } from "../../runtime/identity/api-key.ts";
import { KeyRing } from "../../runtime/identity/key-ring.ts";
import { grpcJsTransport } from "../contract/grpc-js-transport.ts";
import { bearer } from "../mcp/protected-desk.ts";
import { connect, eras } from "../mcp/servers.ts";
import { DIALECTS } from "../support/databases.ts";
import { silent } from "../support/desk.ts";
import { eventually } from "../support/processes.ts";
import { type GuardedDesk, guardedDesk, withHeaders } from "./guarded-desk.ts";

describe("a key", () => {
  test("has a prefix, 256 random bits and a checksum that knows a slip of the finger", () => {
    const key = newApiKey();
    expect(key).toMatch(/^dk_[0-9A-Za-z]{49}$/);
    expect(isApiKey(key)).toBe(true);
    expect(newApiKey()).not.toBe(key);
    const other = key[20] === "x" ? "y" : "x";
    expect(isApiKey(key.slice(0, 20) + other + key.slice(21))).toBe(false);
    for (const wrong of [key.slice(0, -1), `${key}0`, key.replace("dk_", "sk_"), ""])
      expect(isApiKey(wrong)).toBe(false);
  });
});

describe.each(DIALECTS)("a desk with keys, on %s", (dialect) => {
  let desk: GuardedDesk;
  let reader: string;
  let writer: string;
  beforeAll(async () => {
    desk = await guardedDesk({ dialect });
    [reader, writer] = await Promise.all([desk.key("tickets:read"), desk.key("tickets:write", "customers:write")]);
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  const errorOf = (work: Promise<unknown>) =>
    work.then(
      () => expect.fail("it was let in"),
      (error: ConnectError) => error,
    );
  const list = "deskwire.ticket.v1.TicketService/ListTickets";
  const post = (headers: Record<string, string>, method = list, body = "{}") =>
    fetch(`${desk.url}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });

  test("keeps no key, only its hash", async () => {
    const rows = await desk.keys.list();
    expect(rows.map(({ hash }) => hash)).toContain(hashOf(reader));
    expect(JSON.stringify(rows)).not.toContain(reader.slice(0, 20));
  });

  const ways = {
    gRPC: () => desk.transport(),
    "gRPC by grpc-js": () => grpcJsTransport(new URL(desk.url).host),
    "gRPC-Web": () => createGrpcWebTransport({ baseUrl: desk.url, httpVersion: "2" }),
    "Connect over HTTP/1.1": () => createConnectTransport({ baseUrl: desk.url, httpVersion: "1.1", useHttpGet: true }),
  };

  describe.each(Object.entries(ways))("over %s", (_, open) => {
    const way = (headers: Record<string, string>) => authenticated(open(), withHeaders(headers));

    test("lets a key in as x-api-key and as bearer token, and nobody without one", async () => {
      for (const headers of [{ "x-api-key": reader }, bearer(reader)]) {
        expect((await createClient(TicketService, way(headers)).listTickets({})).tickets).toBeDefined();
      }
      const missing = await errorOf(createClient(TicketService, way({})).listTickets({}));
      expect([missing.code, reasonOf(missing)]).toEqual([Code.Unauthenticated, "CREDENTIALS_MISSING"]);
      expect(missing.rawMessage).toContain("npm run keys");
      for (const wrong of [newApiKey(), `${reader}x`, "secret"]) {
        const refused = await errorOf(createClient(TicketService, way({ "x-api-key": wrong })).listTickets({}));
        expect([refused.code, reasonOf(refused)]).toEqual([Code.Unauthenticated, "KEY_INVALID"]);
        expect(refused.rawMessage).not.toContain(wrong);
      }
    });

    test("opens the methods of a key's scopes alone, and names the one that is missing", async () => {
      const crm = createClient(CrmService, way({ "x-api-key": reader }));
      const refused = await errorOf(crm.listCustomers({}));
      expect([refused.code, reasonOf(refused)]).toEqual([Code.PermissionDenied, "SCOPE_MISSING"]);
      expect(metadataOf(refused)).toEqual({ scope: "customers:read" });
      const tickets = createClient(TicketService, way({ "x-api-key": writer }));
      expect(metadataOf(await errorOf(tickets.getTicket({ ticketId: "TKT-1001" })))).toEqual({ scope: "tickets:read" });
      expect(
        (await createClient(CrmService, way({ "x-api-key": writer })).createCustomer({ customer: { name: "Ada" } }))
          .customer?.id,
      ).toMatch(/^CUS-/);
    });
  });

  test("says over HTTP what it wants: 401 and 403 with WWW-Authenticate", async () => {
    const missing = await post({});
    expect([missing.status, missing.headers.get("www-authenticate")]).toEqual([
      401,
      expect.stringMatching(/^Bearer realm="deskwire", scope="/),
    ]);
    const wrong = await post({ "x-api-key": newApiKey() });
    expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    const denied = await post({ "x-api-key": reader }, "deskwire.crm.v1.CrmService/ListCustomers");
    expect([denied.status, denied.headers.get("www-authenticate")]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="customers:read"',
    ]);
    const typo = (await (await post({ "x-api-key": `${reader.slice(0, -1)}!` })).json()) as { message: string };
    expect(typo.message).toContain("mistyped");
  });

  test("shows who reads a ticket its customer, though the key does not open the CRM", async () => {
    const { customer } = await createClient(CrmService, desk.transport({ "x-api-key": writer })).createCustomer({
      customer: { name: "Grace" },
    });
    const { ticket } = await createClient(TicketService, desk.transport({ "x-api-key": writer })).createTicket({
      ticket: { customerId: customer?.id ?? "", subject: "Broken" },
    });
    const support = createClient(SupportService, desk.transport({ "x-api-key": reader }));
    const handled = await support.handleTicket({ ticketId: ticket?.id ?? "" });
    expect(handled.customer?.name).toBe("Grace");
    const answer = { ticketId: ticket?.id ?? "", response: "Hello" };
    expect(metadataOf(await errorOf(support.respondToTicket(answer)))).toEqual({ scope: "tickets:reply" });
    // A key that answers needs nothing else, though the support service asks the ticket service for more.
    const replier = createClient(SupportService, desk.transport({ "x-api-key": await desk.key("tickets:reply") }));
    await eventually(async () => (await replier.respondToTicket({ ...answer, updateStatus: 3 })).success);
  });

  test("answers health to everybody, and describes itself to whoever has a key", async () => {
    expect((await createClient(Health, desk.transport()).check({})).status).toBe(1);
    expect((await fetch(`${desk.url}/readyz`)).status).toBe(200);
    const ask = async (headers: Record<string, string>) => {
      const reflection = createClient(ServerReflection, desk.transport(headers));
      const questions = (async function* () {
        yield { messageRequest: { case: "listServices" as const, value: "" } };
      })();
      const answers = [];
      for await (const answer of reflection.serverReflectionInfo(questions)) answers.push(answer);
      return answers;
    };
    expect(await ask({ "x-api-key": reader })).toHaveLength(1);
    expect(reasonOf(await errorOf(ask({})))).toBe("CREDENTIALS_MISSING");
  });

  test("believes nobody what only the desk may say of a caller", async () => {
    const forged = {
      "deskwire-principal": "key:first",
      "deskwire-scopes": "tickets:read customers:read admin",
      "deskwire-via": "deskwire.support.v1.SupportService/HandleTicket",
      "deskwire-tool": "handle_ticket",
      "deskwire-service-token": "eyJhbGciOiJub25lIn0.e30.",
    };
    const crm = createClient(CrmService, desk.transport({ "x-api-key": reader, ...forged }));
    expect(reasonOf(await errorOf(crm.listCustomers({})))).toBe("SCOPE_MISSING");
    expect(reasonOf(await errorOf(createClient(CrmService, desk.transport(forged)).listCustomers({})))).toBe(
      "CREDENTIALS_MISSING",
    );
    expect((await post({ "x-api-key": reader, ...forged }, "deskwire.crm.v1.CrmService/ListCustomers")).status).toBe(
      403,
    );
  });

  test("admin opens everything, webhooks among it; the key of the environment everything else", async () => {
    const webhooks = "deskwire.ticket.v1.WebhookService/ListWebhooks";
    const admin = await desk.key("admin");
    await eventually(async () => (await post({ "x-api-key": admin }, webhooks)).status === 200);
    const mine = "correct horse battery staple".replaceAll(" ", "-");
    await using other = await guardedDesk({ dialect, open: true, environment: { MCP_API_KEY: mine } });
    const ask = (method: string, headers = {}) =>
      fetch(`${other.url}/${method}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      });
    expect((await ask(list)).status).toBe(401);
    expect((await ask(list, { "x-api-key": mine })).status).toBe(200);
    expect((await ask(list, bearer(mine))).status).toBe(200);
    expect((await ask(webhooks, { "x-api-key": mine })).status).toBe(403);
  });

  test("a key opens within seconds of being made, and stops within seconds of being revoked", async () => {
    const key = await desk.keys.create({ name: "short-lived", scopes: ["tickets:read"] });
    await eventually(async () => (await post({ "x-api-key": key })).status === 200);
    await desk.keys.revoke("short-lived");
    await eventually(async () => (await post({ "x-api-key": key })).status === 401);
  });

  test("a key stops at its end", async () => {
    let now = Date.now();
    const ring = new KeyRing({ open: async () => desk.keys, log: silent, now: () => now });
    const key = await desk.keys.create({ name: "expiring", scopes: ["admin"], expireTime: now + 1_000 });
    expect(await ring.find(key)).toMatchObject({ name: "expiring", scopes: undefined });
    now += 1_000;
    expect(await ring.find(key)).toBeUndefined();
  });

  test("a rotated key and its successor both open for a while", async () => {
    const before = await desk.keys.create({ name: "rotating", scopes: ["tickets:read"] });
    const after = await desk.keys.rotate("rotating", 3_600_000, undefined);
    for (const key of [before, after]) await eventually(async () => (await post({ "x-api-key": key })).status === 200);
    expect((await desk.keys.list()).filter(({ name }) => name === "rotating").map(({ scopes }) => scopes)).toEqual([
      "tickets:read",
      "tickets:read",
    ]);
  });

  describe.each(eras)("an MCP client of %s", (era) => {
    test("sees and calls the tools of its key, by either header", async () => {
      for (const headers of [{ "x-api-key": reader }, bearer(reader)]) {
        await using client = await connect(desk.mcp, era, headers);
        const { tools } = await client.sdk.listTools();
        expect(tools.map(({ name }) => name)).toEqual(["handle_ticket", "search_tickets", "list_conversation"]);
        expect((await client.call("search_tickets")).isError).toBeUndefined();
        await expect(client.call("respond_to_ticket", { ticket_id: "TKT-1001", response: "Hi" })).rejects.toMatchObject(
          {
            code: -32602,
          },
        );
      }
    });

    test("is refused without a key", async () => {
      await expect(connect(desk.mcp, era)).rejects.toThrow();
      await expect(connect(desk.mcp, era, { "x-api-key": newApiKey() })).rejects.toThrow();
    });
  });
});

describe("an open desk on loopback", () => {
  test("takes everybody for local until the first key is made, and then nobody without one", async () => {
    await using desk = await guardedDesk({ open: true });
    const ask = (headers: Record<string, string> = {}) =>
      fetch(`${desk.url}/deskwire.ticket.v1.TicketService/ListTickets`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      });
    expect((await ask()).status).toBe(200);
    expect((await ask({ "x-api-key": "your_claude_api_key" })).status).toBe(200);
    // What shows a key of a desk is held to it.
    expect((await ask({ "x-api-key": newApiKey() })).status).toBe(401);
    const key = await desk.key("tickets:read");
    await eventually(async () => (await ask()).status === 401);
    expect((await ask({ "x-api-key": key })).status).toBe(200);
    // A key that has run out does not open the desk again.
    const [{ name } = expect.fail()] = await desk.keys.list();
    await desk.keys.revoke(name);
    await eventually(async () => (await ask({ "x-api-key": key })).status === 401);
    expect((await ask()).status).toBe(401);
  });
});
