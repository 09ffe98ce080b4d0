// Who may call: tokens of a real issuer, clients of every era, and what the services get to know of the caller.

import type { DescService } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { discoverOAuthProtectedResourceMetadata, extractWWWAuthenticateParams } from "@modelcontextprotocol/client";
import { generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { scopesOf } from "../../adapter/server/view.ts";
import { PRINCIPAL_HEADER } from "../../runtime/calls/call.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { type RemoteTransport, remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { PARTS, readConfig } from "../../runtime/config.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { type Listener, listen } from "../../runtime/http/listener.ts";
import { loadDescriptors, supportCatalog } from "../../services/desk.ts";
import { openTestDesk, silent, type TestDesk } from "../support/desk.ts";
import { fixtureCatalog } from "./fixture-catalog.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { AUDIENCE, ask, bearer, HEADERS, type ProtectedEndpoint, protect } from "./protected-desk.ts";
import { connect, eras } from "./servers.ts";

const ALL = scopesOf(supportCatalog(loadDescriptors(), directTransport([]), readConfig({}))).join(" ");
const METADATA = "https://desk.example/.well-known/oauth-protected-resource/mcp";

let issuer: Issuer;
let desk: TestDesk;
let endpoint: ProtectedEndpoint;

beforeAll(async () => {
  [issuer, desk] = await Promise.all([startIssuer(), openTestDesk({ parts: PARTS })]);
  endpoint = await protect(desk.desk.catalog ?? expect.fail(), issuer);
});
afterAll(async () => {
  await endpoint[Symbol.asyncDispose]();
  await desk[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
});

const tokenOf = (sub: string, scope = ALL) => issuer.sign({ sub, scope, aud: AUDIENCE });

describe("without a good token", () => {
  test("a client learns where to get one", async () => {
    const { response, status, message } = await ask(endpoint.url);
    expect(status).toBe(401);
    expect(message).toContain(issuer.url);
    expect(response.headers.get("www-authenticate")).toBe(`Bearer resource_metadata="${METADATA}", scope="${ALL}"`);
    expect(extractWWWAuthenticateParams(response).resourceMetadataUrl?.href).toBe(METADATA);
  });

  test("the metadata is served at the path of the resource and at the root", async () => {
    const expected = {
      resource: AUDIENCE,
      authorization_servers: [issuer.url],
      scopes_supported: ALL.split(" "),
      bearer_methods_supported: ["header"],
    };
    expect(await discoverOAuthProtectedResourceMetadata(endpoint.url)).toEqual(expected);
    const root = `${endpoint.origin}/.well-known/oauth-protected-resource`;
    expect(await (await fetch(root)).json()).toEqual(expected);
    expect((await fetch(root, { method: "POST" })).status).toBe(405);
  });

  test.each(eras)("a client of %s is refused", async (era) => {
    await expect(connect(endpoint.url, era)).rejects.toThrow();
    const stale = await issuer.sign({ sub: "alice", aud: AUDIENCE, scope: ALL, exp: 1 });
    await expect(connect(endpoint.url, era, bearer(stale))).rejects.toThrow();
  });

  test("neither another scheme, nor a token in the address, nor garbage is a token", async () => {
    const token = await tokenOf("alice");
    for (const authorization of [`Basic ${token}`, token, "Bearer", "Bearer "])
      expect((await ask(endpoint.url, { authorization })).status).toBe(401);
    expect((await ask(new URL(`?access_token=${token}`, endpoint.url))).status).toBe(401);
    expect((await ask(endpoint.url, bearer("garbage"))).status).toBe(401);
    expect((await ask(endpoint.url, { authorization: `bearer ${token}` })).status).toBe(400);
  });

  const minutes = (count: number) => Math.floor(Date.now() / 1000) + count * 60;
  const good = () => ({ sub: "alice", aud: AUDIENCE, scope: ALL });
  const unsecured = () => new UnsecuredJWT({ ...good() }).setIssuer(issuer.url).setExpirationTime("10m").encode();
  async function forged(): Promise<string> {
    const { privateKey } = await generateKeyPair("ES256");
    const token = new SignJWT(good()).setIssuer(issuer.url).setExpirationTime("10m");
    return token.setProtectedHeader({ alg: "ES256", kid: "key-1" }).sign(privateKey);
  }
  test.each<[string, string, () => string | Promise<string>]>([
    ["for another audience", '"aud"', () => issuer.sign({ ...good(), aud: "https://other.example/mcp" })],
    ["for no audience", '"aud"', () => issuer.sign({ ...good(), aud: undefined })],
    ["of another issuer", '"iss"', () => issuer.sign({ ...good(), iss: "https://other.example" })],
    ["that has expired", '"exp"', () => issuer.sign({ ...good(), exp: minutes(-1) })],
    ["that never expires", '"exp"', () => issuer.sign({ ...good(), exp: undefined })],
    ["that is not valid yet", '"nbf"', () => issuer.sign({ ...good(), nbf: minutes(1) })],
    ["without a subject", '"sub"', () => issuer.sign({ ...good(), sub: undefined })],
    ["with an empty subject", '"sub"', () => issuer.sign({ ...good(), sub: "" })],
    ["with a subject as long as a novel", '"sub"', () => issuer.sign({ ...good(), sub: "a".repeat(1_000) })],
    ["with half a character for a subject", '"sub"', () => issuer.sign({ ...good(), sub: "\ud800" })],
    ["without a signature (alg none)", '"alg"', unsecured],
    ["signed with the public key as a secret (HS256)", '"alg"', () => issuer.sign(good(), { alg: "HS256" })],
    ["signed by another key under the issuer's name for its own", "signature", forged],
  ])("a token %s is refused for its %s", async (_, why, make) => {
    const token = await make();
    const { response, status, message } = await ask(endpoint.url, bearer(token));
    expect(status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain(
      `resource_metadata="${METADATA}", error="invalid_token"`,
    );
    expect(message).toContain(why);
    expect(message).not.toContain(token);
  });

  test("a few seconds between two clocks do not matter", async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await issuer.sign({ ...good(), exp: now - 5, nbf: now + 5 });
    expect((await ask(endpoint.url, bearer(token))).status).toBe(400);
  });

  test("a token that opens nothing is refused for its scopes, with those there are", async () => {
    for (const scope of ["", "openid profile", undefined]) {
      const { response, status } = await ask(endpoint.url, bearer(await issuer.sign({ ...good(), scope })));
      expect(status).toBe(403);
      expect(extractWWWAuthenticateParams(response)).toMatchObject({ error: "insufficient_scope", scope: ALL });
    }
  });
});

describe.each(eras)("with a token, a client of %s", (era) => {
  const as = async (sub: string, scope = ALL) => connect(endpoint.url, era, bearer(await tokenOf(sub, scope)));

  test("sees and calls the tools of its scopes alone", async () => {
    await using reader = await as("alice", "tickets:read");
    const { tools } = await reader.sdk.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["handle_ticket", "search_tickets", "list_conversation"]);
    expect((await reader.call("search_tickets")).isError).toBeUndefined();
    const args = { ticket_id: "TKT-1001", response: "Hello" };
    const refused = await reader.call("respond_to_ticket", args).catch((error) => error);
    expect(refused).toMatchObject({ code: -32602 });
    expect(refused.message).toContain("Unknown tool");
    await using everything = await as("alice");
    expect((await everything.sdk.listTools()).tools.length).toBe(desk.desk.catalog?.tools.length);
  });

  test("never meets another principal's request ids, and meets its own", async () => {
    const crm = createClient(CrmService, desk.transport);
    const tickets = createClient(TicketService, desk.transport);
    const { customer } = await crm.createCustomer({ customer: { name: "Ada" } });
    const { ticket } = await tickets.createTicket({
      ticket: { customerId: customer?.id ?? "", subject: "Where is it?" },
    });
    const ticketId = ticket?.id ?? "";
    await using alice = await as("alice");
    await using bob = await as("bob");
    const args = (body: string) => ({ ticket_id: ticketId, body, request_id: `the-same-request-id-${era}` });
    for (const [client, body] of [
      [alice, "Hers"],
      [bob, "His"],
      [alice, "Hers"],
      [bob, "His"],
    ] as const)
      expect((await client.call("add_internal_note", args(body))).isError).toBeUndefined();
    const { messages } = await tickets.listTicketMessages({ ticketId });
    expect(messages.map(({ body }) => body).sort()).toEqual(["Hers", "His"]);
    expect((await alice.call("add_internal_note", args("His"))).structuredContent).toMatchObject({
      error: { reason: "REQUEST_ID_REUSED" },
    });
    // Nor that of somebody who reaches the service without the adapter and says nothing, or too much.
    const direct = { ticketId, body: "Nobody's", requestId: `the-same-request-id-${era}` };
    await tickets.addInternalNote(direct);
    const headers = { [PRINCIPAL_HEADER]: "x".repeat(1_001) };
    const refused = await tickets.addInternalNote(direct, { headers }).catch(reasonOf);
    expect(refused).toBe("PRINCIPAL_TOO_LONG");
  });
});

test("a session is nobody's but its owner's, whatever token comes with it", async () => {
  const open = async (headers: Record<string, string>, method: string, params = {}) =>
    fetch(endpoint.url, {
      method: "POST",
      headers: { ...HEADERS, ...headers },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
  const clientInfo = { name: "raw", version: "1" };
  const alice = bearer(await tokenOf("alice"));
  const opened = await open(alice, "initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
  await opened.text();
  const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? expect.fail() };
  expect((await open({ ...session, ...bearer(await tokenOf("bob")) }, "tools/list")).status).toBe(404);
  expect((await open(session, "tools/list")).status).toBe(401);
  // A new token of the same subject goes on with it.
  expect((await open({ ...session, ...bearer(await tokenOf("alice", "tickets:read")) }, "tools/list")).status).toBe(
    200,
  );
});

describe("the service behind", () => {
  const seen: Headers[] = [];
  let listener: Listener;
  let transport: RemoteTransport;
  beforeAll(async () => {
    const methods = SupportService.methods.map(({ localName, output }) => [
      localName,
      async (_: unknown, { requestHeader }: { requestHeader: Headers }) => {
        seen.push(requestHeader);
        return create(output);
      },
    ]);
    const services = [bindService(SupportService as DescService, Object.fromEntries(methods), silent)];
    const options = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 100, log: silent };
    listener = await listen({ ...options, services });
    transport = remoteTransport(listener.url);
  });
  afterAll(async () => {
    transport.close();
    await listener.close();
  });
  beforeEach(() => void seen.splice(0));
  const catalog = () => supportCatalog(loadDescriptors(), transport, readConfig({}), silent);

  test.each(eras)("gets the caller of %s, and neither the token nor what a client says of itself", async (era) => {
    await using remote = await protect(catalog(), issuer);
    const token = await tokenOf("alice@example.com\u00e9", "tickets:write tickets:read");
    const claimed = {
      "deskwire-principal": "local",
      "deskwire-scopes": "admin",
      cookie: "session=1",
      "x-tenant": "acme",
    };
    await using client = await connect(remote.url, era, { ...bearer(token), ...claimed });
    expect((await client.call("search_tickets")).isError).toBeUndefined();
    expect(seen).toHaveLength(1);
    const headers = Object.fromEntries(seen[0] ?? []);
    expect(headers).toMatchObject({
      "deskwire-principal": `${issuer.url}#alice%40example.com%C3%A9`,
      "deskwire-scopes": "tickets:read tickets:write",
    });
    for (const name of ["authorization", "cookie", "x-tenant"]) expect(headers).not.toHaveProperty(name);
    expect(JSON.stringify(headers)).not.toContain(token);
  });

  test("gets scopes from scp as well, be it a list or words", async () => {
    await using remote = await protect(catalog(), issuer);
    for (const scp of [["tickets:read", 'a"b', 7], "tickets:read"]) {
      const token = await issuer.sign({ sub: "app", aud: AUDIENCE, scp });
      await using client = await connect(remote.url, "2026-07-28", bearer(token));
      await client.call("search_tickets");
      expect(seen.pop()?.get("deskwire-scopes")).toBe("tickets:read");
    }
  });

  test("is told of the local caller where nobody is asked, whatever that one claims", async () => {
    const endpoint = createMcpEndpoint({ catalog: catalog(), info: { name: "open", version: "1" }, log: silent });
    const options = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 100, log: silent };
    await using open = await listen({ ...options, services: [], routes: { "/mcp": endpoint.handler } });
    const claimed = { "deskwire-principal": "root", "deskwire-scopes": "admin", ...bearer("secret") };
    await using client = await connect(new URL(`${open.url}/mcp`), "2026-07-28", claimed);
    await client.call("search_tickets");
    const headers = Object.fromEntries(seen[0] ?? []);
    expect(headers["deskwire-principal"]).toBe("local");
    expect(headers).not.toHaveProperty("deskwire-scopes");
    expect(JSON.stringify(headers)).not.toContain("secret");
    await endpoint.close();
  });

  test.each(["Authorization", "Cookie", "Deskwire-Principal"])("can never be forwarded %s", (name) => {
    const info = { name: "x", version: "1" };
    expect(() => createMcpEndpoint({ catalog: fixtureCatalog, info, forwardHeaders: [name] })).toThrow(
      name.toLowerCase(),
    );
  });
});
