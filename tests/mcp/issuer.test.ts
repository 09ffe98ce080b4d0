// Where the keys come from, and how an operator names an issuer.
import { discoverOAuthProtectedResourceMetadata } from "@modelcontextprotocol/client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readConfig } from "../../runtime/config.ts";
import { fixtureCatalog } from "./fixture-catalog.ts";
import { type Issuer, startIssuer } from "./issuer.ts";
import { AUDIENCE, ask, bearer, protect } from "./protected-desk.ts";

afterEach(() => void vi.useRealTimers());

describe("an issuer", () => {
  const from = (other: Issuer) => other.sign({ sub: "alice", aud: AUDIENCE, scope: "notes:admin" });

  test.each(["openid-configuration", "oauth-authorization-server"] as const)("is found by its %s", async (metadata) => {
    await using other = await startIssuer(metadata);
    await using guarded = await protect(fixtureCatalog, other);
    expect((await ask(guarded.url, bearer(await from(other)))).status).toBe(400);
    await ask(guarded.url, bearer(await from(other)));
    expect(other.asked.filter((path) => path === "/keys")).toHaveLength(1);
  });

  test("may be given its keys' address, and is then not asked for it", async () => {
    await using other = await startIssuer();
    await using guarded = await protect(fixtureCatalog, other, { MCP_JWKS_URL: `${other.url}/keys` });
    expect((await ask(guarded.url, bearer(await from(other)))).status).toBe(400);
    expect(other.asked).toEqual(["/keys"]);
  });

  test("may change its key: the new one is fetched, the old one is refused", async () => {
    await using other = await startIssuer();
    await using guarded = await protect(fixtureCatalog, other);
    const old = await from(other);
    expect((await ask(guarded.url, bearer(old))).status).toBe(400);
    await other.rotate();
    const fresh = await from(other);
    // Within half a minute of the last fetch nobody can make the server fetch again.
    expect((await ask(guarded.url, bearer(fresh))).status).toBe(401);
    expect(other.asked.filter((path) => path === "/keys")).toHaveLength(1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect((await ask(guarded.url, bearer(fresh))).status).toBe(400);
    expect((await ask(guarded.url, bearer(old))).status).toBe(401);
  });

  test("that is out of order makes no token bad: the answer is 503 until it is back", async () => {
    await using other = await startIssuer();
    await using guarded = await protect(fixtureCatalog, other);
    const token = await from(other);
    other.broken = true;
    const { status, message, response } = await ask(guarded.url, bearer(token));
    expect([status, message]).toEqual([503, expect.stringContaining("Try again later")]);
    expect(response.headers.get("www-authenticate")).toBeNull();
    const logged = guarded.logged.join("\n");
    expect(logged).toContain("tokens cannot be checked");
    expect(logged).not.toContain(token);
    other.broken = false;
    expect((await ask(guarded.url, bearer(token))).status).toBe(400);
  });

  test("whose metadata speak for another one is not believed", async () => {
    await using other = await startIssuer();
    other.claims = "https://other.example";
    await using guarded = await protect(fixtureCatalog, other);
    expect((await ask(guarded.url, bearer(await from(other)))).status).toBe(503);
  });
});

describe("the configuration", () => {
  const refused: [variables: Record<string, string>, variable: string][] = [
    [{ MCP_AUDIENCE: AUDIENCE }, "MCP_AUDIENCE"],
    [{ MCP_JWKS_URL: "https://id.example/keys" }, "MCP_JWKS_URL"],
    [{ MCP_ISSUER: "id.example" }, "MCP_ISSUER"],
    [{ MCP_ISSUER: "http://id.example" }, "MCP_ISSUER"],
    [{ MCP_ISSUER: "https://id.example/?tenant=1" }, "MCP_ISSUER"],
    [{ MCP_ISSUER: 'https://id.example/"' }, "MCP_ISSUER"],
    [{ MCP_ISSUER: "https://id.example", MCP_JWKS_URL: "http://id.example/keys" }, "MCP_JWKS_URL"],
    [{ MCP_ISSUER: "https://id.example", MCP_AUDIENCE: "https://[" }, "MCP_AUDIENCE"],
    [{ MCP_ISSUER: "https://id.example", PORT: "0" }, "PORT"],
  ];
  test.each(refused)("%j is refused at the start, by name", (variables, variable) => {
    expect(() => readConfig(variables)).toThrow(new RegExp(`Set ${variable} to `));
  });

  test("keeps an issuer letter by letter, and takes the address of /mcp for the audience", async () => {
    expect(readConfig({ MCP_ISSUER: "https://id.example/" }).MCP_ISSUER).toBe("https://id.example/");
    await using issuer = await startIssuer();
    for (const [audience, resource] of [
      ["", "http://127.0.0.1:8080/mcp"],
      ["api://desk", "http://127.0.0.1:8080/mcp"],
      [AUDIENCE, AUDIENCE],
    ] as const) {
      await using guarded = await protect(fixtureCatalog, issuer, { MCP_AUDIENCE: audience });
      expect(await discoverOAuthProtectedResourceMetadata(guarded.url)).toMatchObject({ resource });
      const aud = audience || resource;
      expect((await ask(guarded.url, bearer(await issuer.sign({ sub: "a", scope: "notes:admin", aud })))).status).toBe(
        400,
      );
    }
  });
});
