// The log and the metrics of a busy desk, with everything going wrong, searched for what customers wrote and for keys.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import pg from "pg";
import { expect, test } from "vitest";
import type { Catalog } from "../../adapter/catalog.ts";
import { createMcpEndpoint } from "../../adapter/server/mcp-http.ts";
import { PARTS, readConfig } from "../../runtime/config.ts";
import { listen } from "../../runtime/http/listener.ts";
import { openDesk } from "../../services/desk.ts";
import { DIALECTS } from "../support/databases.ts";
import { temporaryStorage } from "../support/desk.ts";
import { readableLog } from "./log-lines.ts";

/** What must never be seen; each is passed in several places. */
const TEXT = "Zanzibar refund for order QX-Marmalade";
const EMAIL = "zoe.quux@customer.example";
const SECRET = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
const KEY = "dk_live_plantedkeyplantedkey";
const PLANTED = /Zanzibar|zoe\.quux|QX-Marmalade|plantedkey|CQkJCQkJ|s3cret/;

/** Breaks the tables, so that the next writes fail with what the database has to say of the row. */
async function breakTables(environment: Record<string, string>): Promise<void> {
  if (environment.DATABASE_URL !== undefined) {
    const client = new pg.Client(environment.DATABASE_URL);
    await client.connect();
    // The server's answer has the whole row in its detail.
    await client.query("ALTER TABLE ticket.message ADD CONSTRAINT broken CHECK (length(body) < 0) NOT VALID");
    await client.end();
    return;
  }
  const database = new DatabaseSync(join(environment.DATA_DIR ?? "", "ticket", "ticket.db"));
  // As some errors of SQLite do, its message quotes the row.
  database.exec(
    "CREATE TRIGGER broken BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'broken: ' || NEW.body); END",
  );
  database.close();
}

test.each(DIALECTS)("nothing that a customer wrote, and no key, is logged or measured on %s", async (dialect) => {
  const storage = await temporaryStorage(dialect);
  const { log, lines, text } = readableLog();
  const config = readConfig({ ...storage.environment, INBOUND_WEBHOOK_SECRET: SECRET });
  const desk = await openDesk({ config, parts: PARTS, demo: false, log });
  const catalog = desk.catalog as Catalog;
  const endpoint = createMcpEndpoint({ catalog, info: { name: "desk", version: "1" }, log });
  const listener = await listen({
    ...{ host: "127.0.0.1", port: 0, services: desk.services, allowedHosts: [], allowedOrigins: [], log, graceMs: 100 },
    routes: { ...desk.routes, "/mcp": endpoint.handler },
  });
  const keys = { authorization: `Bearer ${KEY}`, "x-api-key": KEY, cookie: `session=${KEY}` };
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(listener.url + path, {
      ...{ method: "POST", body },
      headers: { "content-type": "application/json", ...keys, ...headers },
    }).then(async (response) => ({ status: response.status, body: await response.text() }));
  const rpc = (method: string, body: unknown) => post(`/deskwire.${method}`, JSON.stringify(body));

  const client = new Client({ name: "test", version: "1" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${listener.url}/mcp`), { requestInit: { headers: keys } }),
  );
  const call = (name: string, args: Record<string, unknown>) =>
    client.callTool({ name, arguments: args }).catch((error: unknown) => ({ isError: true, error }));

  // What goes well.
  const opened = await call("open_ticket", {
    customer_email: EMAIL,
    customer_name: TEXT,
    subject: TEXT,
    description: TEXT,
  });
  expect(opened.isError).toBeUndefined();
  await call("handle_ticket", { ticket_id: "TKT-1001" });
  await call("search_tickets", { query: "Zanzibar" });
  await call("respond_to_ticket", { ticket_id: "TKT-1001", response: TEXT, customer_note: TEXT });
  // What the caller does wrong, at each layer.
  await call("handle_ticket", { ticket_id: TEXT });
  await call("handle_ticket", { ticket_id: "TKT-999999" });
  await call(TEXT, { text: TEXT });
  await call("respond_to_ticket", { ticket_id: "TKT-1001", response: TEXT, status: TEXT, [EMAIL]: TEXT });
  await rpc("crm.v1.CrmService/CreateCustomer", { customer: { name: TEXT, email: EMAIL } });
  await rpc("crm.v1.CrmService/CreateCustomer", { customer: { name: TEXT, email: EMAIL } });
  await rpc("crm.v1.CrmService/FindCustomer", { email: TEXT });
  await rpc("ticket.v1.TicketService/ListTickets", { pageToken: TEXT });
  await rpc("ticket.v1.TicketService/GetTicket", { id: TEXT, [TEXT]: EMAIL });
  await post("/deskwire.ticket.v1.TicketService/GetTicket", `{"id": "${TEXT}`);
  await post(`/deskwire.ticket.v1.TicketService/${encodeURIComponent(TEXT)}`, "{}");
  await fetch(
    `${listener.url}/deskwire.ticket.v1.TicketService/GetTicket?message=${encodeURIComponent(`{"id":"${TEXT}"}`)}`,
  );
  await post("/mcp", `{"jsonrpc": "2.0", "id": 1, "method": "${TEXT}", "params": {"text": "${EMAIL}"}}`);
  await post("/mcp", `{"${TEXT}`);
  await post("/inbound/messages", JSON.stringify({ text: TEXT, from: EMAIL }), { "webhook-signature": `v1,${KEY}` });
  await rpc("ticket.v1.WebhookService/CreateWebhook", {
    webhook: { url: `https://${KEY}:s3cret@hooks.invalid/${TEXT}` },
  });
  // What this desk does wrong.
  await breakTables(storage.environment as Record<string, string>);
  const broken = await call("respond_to_ticket", { ticket_id: "TKT-1001", response: `${TEXT} again` });
  expect(broken.isError).toBe(true);
  const internal = await rpc("ticket.v1.TicketService/AddInternalNote", { ticketId: "TKT-1001", body: TEXT });
  expect(internal.status).toBe(500);
  const metrics = await (await fetch(`${listener.url}/metrics`)).text();

  await client.close();
  desk.drain();
  await endpoint.close();
  await listener.close();
  await desk.close();
  await storage.remove();

  // The planted words would be found.
  expect(JSON.stringify(opened) + TEXT + EMAIL + SECRET + KEY).toMatch(PLANTED);
  expect(text()).not.toMatch(PLANTED);
  expect(metrics).not.toMatch(PLANTED);
  const messages = lines().map(({ message }) => message);
  for (const message of ["call failed", "call refused", "tool call refused"]) expect(messages).toContain(message);
  const failed = lines().find(({ message }) => message === "call failed");
  expect(failed).toMatchObject({
    ...{ level: "error", incident: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    error: dialect === "sqlite" ? { errcode: 1811 } : { code: "23514", table: "message", constraint: "broken" },
  });
});
