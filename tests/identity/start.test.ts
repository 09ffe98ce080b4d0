// How the desk starts, in real processes: what it refuses, and five parts that know each other.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Part, readConfig } from "../../runtime/config.ts";
import { runKeys } from "../../scripts/keys/commands.ts";
import { connect } from "../mcp/servers.ts";
import { newAuthority, signedBy, writeCertificate } from "../support/certificates.ts";
import { DeskProcess, freePort, ROOT, run } from "../support/processes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deskwire-start-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PORTLESS = ["crm", "ticket", "analytics", "support"] as const;
const SECRET = "s".repeat(40);

/** Makes a key, and answers it. */
async function newKey(scopes: string, environment: Record<string, string>): Promise<string> {
  let key = "";
  const output = { out: (text: string) => (key += text), err: () => {} };
  await runKeys(["create", "agent", "--scopes", scopes], () => readConfig(environment), output);
  return key;
}

/** A certificate of an authority that this process trusts from now on, as the variables of the desk name it. */
async function certified(): Promise<Record<string, string>> {
  const authority = await newAuthority();
  setDefaultCACertificates([...getCACertificates(), authority.cert]);
  const caFile = join(folder, "ca.crt");
  await writeFile(caFile, authority.cert);
  const { certFile, keyFile } = await writeCertificate(folder, await signedBy(authority));
  return { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: caFile };
}

/** What a start says that comes to nothing. */
async function refusalOf(parts: readonly string[], environment: Record<string, string>): Promise<string> {
  const env = { ...process.env, DATA_DIR: folder, PORT: "0", ...environment };
  const ended = run(process.execPath, ["services/main.ts", ...parts], { cwd: ROOT, env, timeout: 50_000 });
  const error = await ended.then(
    () => expect.fail("it started"),
    (thrown: { code: number; stderr: string }) => thrown,
  );
  expect(error.code).toBe(1);
  return error.stderr;
}

describe("an address that other machines reach", () => {
  test("is refused without credentials, with what to do", async () => {
    const whole = await refusalOf([], { HOST: "0.0.0.0" });
    expect(whole).toContain("HOST=0.0.0.0 lets other machines in");
    expect(whole).toContain("npm run keys -- create");
    expect(whole).toContain("MCP_ISSUER");
    expect(whole).not.toContain("    at ");
  });

  test("is refused to a part without a secret of the desk, and to an adapter without keys", async () => {
    expect(await refusalOf(["crm"], { HOST: "0.0.0.0", MCP_API_KEY: SECRET })).toContain("npm run -s keys -- secret");
    expect(await refusalOf(["adapter"], { HOST: "0.0.0.0", SERVICE_SECRET: SECRET })).toContain(
      "npm run keys -- create",
    );
  });

  test("is taken with a key, which every caller then needs", async () => {
    const environment = { DATA_DIR: join(folder, "whole"), HOST: "0.0.0.0" };
    const key = await newKey("tickets:read", environment);
    await using desk = await DeskProcess.start(["--no-demo"], environment);
    const ask = async (headers: Record<string, string>) =>
      (
        await fetch(`${desk.url}/deskwire.ticket.v1.TicketService/ListTickets`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: "{}",
        })
      ).status;
    expect([await ask({}), await ask({ "x-api-key": key })]).toEqual([401, 200]);
    const scrape = async (headers: Record<string, string>) => (await fetch(`${desk.url}/metrics`, { headers })).status;
    expect([await scrape({}), await scrape({ "x-api-key": key })]).toEqual([401, 403]);
  });
});

describe.each([
  ["on one machine, which need no secret", "http", {}],
  ["with a secret, on all addresses, by TLS", "https", { SERVICE_SECRET: SECRET, HOST: "0.0.0.0" }],
] as const)("five processes %s", (_, scheme, given) => {
  const processes: DeskProcess[] = [];
  let environment: Record<string, string>;
  let key: string;
  let adapter: DeskProcess;
  beforeAll(async () => {
    const ports = Object.fromEntries(
      await Promise.all(PORTLESS.map(async (part) => [part, await freePort()] as const)),
    ) as Record<Part, number>;
    const urls = PORTLESS.map((part) => [`${part.toUpperCase()}_URL`, `${scheme}://127.0.0.1:${ports[part]}`]);
    const files = scheme === "https" ? await certified() : {};
    environment = { DATA_DIR: join(folder, scheme), ...given, ...files, ...Object.fromEntries(urls) };
    key = await newKey("tickets:read tickets:write tickets:reply", environment);
    const start = async (part: Part, more = {}) => {
      const started = await DeskProcess.start([part], { ...environment, ...more });
      processes.push(started);
      return started;
    };
    await Promise.all(PORTLESS.map((part) => start(part, { PORT: String(ports[part]) })));
    adapter = await start("adapter");
  });
  afterAll(() => Promise.all(processes.map((desk) => desk[Symbol.asyncDispose]())));

  test("work a ticket for a key, and the log says who it was", async () => {
    await using client = await connect(new URL(`${adapter.url}/mcp`), "2026-07-28", { "x-api-key": key });
    const opened = await client.call("open_ticket", {
      ...{ subject: "Charged twice", description: "My card was charged twice.", customer_email: "ada@example.com" },
    });
    expect(opened.structuredContent).toMatchObject({ ticket: { id: "TKT-1001" }, customer_added: true });
    const handled = await client.call("handle_ticket", { ticket_id: "TKT-1001" });
    expect(handled.structuredContent).toMatchObject({ customer: { id: "CUS-1001" }, missing: [] });
    const answer = { ticket_id: "TKT-1001", response: "It is on its way.", request_id: "answer-1" };
    expect((await client.call("respond_to_ticket", answer)).isError).toBeUndefined();

    const url = `${environment.TICKET_URL}/deskwire.ticket.v1.TicketService/ListEvents`;
    const headers = { "content-type": "application/json", "x-api-key": key };
    const { events } = (await (await fetch(url, { method: "POST", headers, body: "{}" })).json()) as {
      events: object[];
    };
    expect(events).toMatchObject([
      { type: "TICKET_EVENT_TYPE_CREATED", principal: "key:agent", client: "test-client 1.0.0", tool: "open_ticket" },
      {
        ...{ type: "TICKET_EVENT_TYPE_MESSAGE_ADDED", principal: "key:agent", client: "test-client 1.0.0" },
        ...{ tool: "respond_to_ticket", requestId: "answer-1", actor: { kind: "ACTOR_KIND_AI" } },
      },
    ]);
  });

  test("let in nobody else, at any of their ports", async () => {
    for (const { url } of processes) {
      if (url === adapter.url) continue;
      const forged = { "deskwire-principal": "key:agent", "deskwire-via": "x" };
      const service = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
      const headers = { "content-type": "application/connect+json", ...forged };
      expect((await fetch(`${url}/${service}`, { method: "POST", headers })).status).toBe(401);
    }
    expect((await fetch(`${adapter.url}/mcp`, { method: "POST", body: "{}" })).status).toBe(401);
  });
});
