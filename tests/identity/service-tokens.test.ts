// How processes of the desk prove themselves to each other: tokens that cannot be made, changed or taken elsewhere by others.
import { type ConnectError, createClient } from "@connectrpc/connect";
import { decodeJwt, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { PRINCIPAL_HEADER, SCOPES_HEADER, SERVICE_TOKEN_HEADER, VIA_HEADER } from "../../runtime/calls/call.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { ServiceTokens } from "../../runtime/identity/service-tokens.ts";
import { type GuardedDesk, guardedDesk } from "./guarded-desk.ts";

const [OLD, NEW, FOREIGN] = ["o", "n", "f"].map((letter) => letter.repeat(40)) as [string, string, string];
const CALLER = { [PRINCIPAL_HEADER]: "key:agent", [SCOPES_HEADER]: "tickets:reply", traceparent: "00-1-2-01" };

const tokenOf = async (tokens: ServiceTokens, audience = "crm", caller: Record<string, string> = CALLER) =>
  (await tokens.seal(audience, caller))[SERVICE_TOKEN_HEADER] ?? expect.fail();
const refusal = (work: Promise<unknown>) => work.then(() => expect.fail("it was taken"), reasonOf);

describe("a token", () => {
  test("holds what the headers said of the caller, and takes it out of them", async () => {
    const tokens = new ServiceTokens([NEW]);
    const headers = await tokens.seal("crm", CALLER);
    expect(Object.keys(headers)).toEqual(["traceparent", SERVICE_TOKEN_HEADER]);
    const { traceparent: _, ...said } = CALLER;
    expect(await tokens.open(headers[SERVICE_TOKEN_HEADER] ?? "", ["ticket", "crm"])).toEqual(said);
  });

  test("is made once for a caller, and anew before it runs out", async () => {
    let now = Date.now();
    const tokens = new ServiceTokens([NEW], () => now);
    const first = await tokenOf(tokens);
    now += 60_000;
    expect(await tokenOf(tokens)).toBe(first);
    expect(await tokenOf(tokens, "ticket")).not.toBe(first);
    expect(await tokenOf(tokens, "crm", { ...CALLER, [SCOPES_HEADER]: "admin" })).not.toBe(first);
    now += 150_000;
    const second = await tokenOf(tokens);
    expect(decodeJwt(second).exp).toBeGreaterThan(now / 1000 + 200);
    // Even one that was taken before runs out.
    await tokens.open(first, ["crm"]);
    now += 200_000;
    expect(await refusal(tokens.open(first, ["crm"]))).toBe("SERVICE_TOKEN_INVALID");
    expect(await tokens.open(second, ["crm"])).toMatchObject({ [PRINCIPAL_HEADER]: "key:agent" });
  });

  test("is refused where it was changed, signed by another, or meant for another", async () => {
    const tokens = new ServiceTokens([NEW]);
    const token = await tokenOf(tokens);
    const [header, payload, signature] = token.split(".");
    const claims = { ...decodeJwt(token), headers: { [PRINCIPAL_HEADER]: "key:agent" } };
    const unrestricted = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const sign = (key: string, change: Record<string, unknown> = {}) =>
      new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(key));
    const wrong = [
      `${header}.${unrestricted}.${signature}`,
      `${none}.${payload}.`,
      `${header}.${payload}.`,
      await sign(FOREIGN),
      await sign(NEW, { iss: "https://id.example" }),
      await sign(NEW, { exp: undefined }),
      "garbage",
      "",
    ];
    for (const text of wrong) expect(await refusal(tokens.open(text, ["crm"])), text).toBe("SERVICE_TOKEN_INVALID");
    expect(await refusal(tokens.open(token, ["ticket"]))).toBe("SERVICE_TOKEN_INVALID");
    expect(await tokens.open(token, ["crm"])).toBeDefined();
  });

  test("outlives a change of the secret, one process after another", async () => {
    const [before, between, after] = [
      new ServiceTokens([OLD]),
      new ServiceTokens([NEW, OLD]),
      new ServiceTokens([NEW]),
    ];
    expect(await between.open(await tokenOf(before), ["crm"])).toBeDefined();
    expect(await after.open(await tokenOf(between), ["crm"])).toBeDefined();
    expect(await refusal(after.open(await tokenOf(before), ["crm"]))).toBe("SERVICE_TOKEN_INVALID");
  });
});

describe("a part that runs alone, with a secret", () => {
  let desk: GuardedDesk;
  const tokens = new ServiceTokens([NEW]);
  beforeAll(async () => {
    desk = await guardedDesk({ parts: ["crm"], environment: { SERVICE_SECRET: NEW } });
  });
  afterAll(() => desk[Symbol.asyncDispose]());
  const crm = (headers: Record<string, string>) => createClient(CrmService, desk.transport(headers));
  const sealed = async (caller: Record<string, string>, by = tokens) => ({
    [SERVICE_TOKEN_HEADER]: await tokenOf(by, "crm", caller),
  });

  test("believes a token: a caller's scopes hold, but not where a method of the desk asks on their behalf", async () => {
    expect(await refusal(crm(await sealed(CALLER)).listCustomers({}))).toBe("SCOPE_MISSING");
    const via = { ...CALLER, [VIA_HEADER]: "deskwire.support.v1.SupportService/RespondToTicket" };
    expect((await crm(await sealed(via)).listCustomers({})).customers).toEqual([]);
  });

  test("believes nothing beside it", async () => {
    const headers = {
      ...(await sealed(CALLER)),
      [VIA_HEADER]: "me",
      [SCOPES_HEADER]: "customers:read",
      "x-api-key": "dk_",
    };
    expect(await refusal(crm(headers).listCustomers({}))).toBe("SCOPE_MISSING");
  });

  test("lets in nobody who has neither token nor key, and no token of another secret", async () => {
    expect(await refusal(crm({}).listCustomers({}))).toBe("CREDENTIALS_MISSING");
    expect(await refusal(crm({ [PRINCIPAL_HEADER]: "key:first", [VIA_HEADER]: "me" }).listCustomers({}))).toBe(
      "CREDENTIALS_MISSING",
    );
    const error = await crm(await sealed({}, new ServiceTokens([FOREIGN])))
      .listCustomers({})
      .catch((thrown: ConnectError) => thrown);
    expect(reasonOf(error)).toBe("SERVICE_TOKEN_INVALID");
    expect((error as ConnectError).rawMessage).toContain("SERVICE_SECRET");
  });
});

test("on an open desk a token of another secret opens as much as none: its bearer is local, and that is logged once", async () => {
  await using desk = await guardedDesk({ parts: ["crm", "ticket"], open: true });
  const headers = { [SERVICE_TOKEN_HEADER]: await tokenOf(new ServiceTokens([FOREIGN]), "ticket") };
  const tickets = createClient(TicketService, desk.transport(headers));
  const { customer } = await createClient(CrmService, desk.transport()).createCustomer({ customer: { name: "Ada" } });
  await tickets.createTicket({ ticket: { customerId: customer?.id ?? "", subject: "Hello" } });
  const { events } = await tickets.listEvents({});
  expect(events.map(({ principal }) => principal)).toEqual(["local"]);
  expect(desk.logged.filter((line) => line.includes("local"))).toHaveLength(1);
});
