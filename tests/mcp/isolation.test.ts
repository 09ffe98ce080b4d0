// One caller never sees another's: two principals whose ids, tokens and timing collide, in both eras at once.
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { events } from "./fixture-catalog.ts";
import { connect, eras, type RunningEndpoint, startEndpoint } from "./servers.ts";

const callers = {
  alice: { principal: "alice", scopes: new Set(["notes:admin"]) },
  bob: { principal: "bob", scopes: new Set(["something:else"]) },
};

type Name = keyof typeof callers;
const as = (name: Name) => ({ "x-caller": name });

let endpoint: RunningEndpoint;

beforeAll(async () => {
  endpoint = await startEndpoint({ identify: async ({ headers }) => callers[headers["x-caller"] as Name] });
});
afterAll(() => endpoint[Symbol.asyncDispose]());

describe.each(eras)("of two callers in %s", (era) => {
  test("each sees and calls the tools of its scopes alone", async () => {
    await using alice = await connect(endpoint.url, era, as("alice"));
    await using bob = await connect(endpoint.url, era, as("bob"));
    const [hers, his] = await Promise.all([alice.sdk.listTools(), bob.sdk.listTools()]);
    expect(hers.tools.map(({ name }) => name)).toContain("guarded");
    expect(his.tools.map(({ name }) => name)).not.toContain("guarded");
    expect((await alice.call("guarded")).structuredContent).toEqual({ secret: 42 });

    const refused = await bob.call("guarded").catch((error) => error);
    const unknown = await bob.call("unheard").catch((error) => error);
    expect(refused.code).toBe(unknown.code);
    expect(refused.message.replace("guarded", "unheard")).toBe(unknown.message);
  });

  test("each reads the resources of its scopes alone", async () => {
    await using alice = await connect(endpoint.url, era, as("alice"));
    await using bob = await connect(endpoint.url, era, as("bob"));
    expect((await alice.sdk.listResources()).resources).toHaveLength(1);
    expect((await bob.sdk.listResources()).resources).toHaveLength(0);
    const read = bob.sdk.readResource({ uri: "picture://logo" });
    await expect(read).rejects.toMatchObject({ code: -32602 });
  });

  test("each gets its own answers and progress, though ids and tokens are the same", async () => {
    const clients = await Promise.all(
      [..."abababab"].map((name) => connect(endpoint.url, era, as(name === "a" ? "alice" : "bob"))),
    );
    // Fresh clients count their ids, and with them their progress tokens, from the same start.
    const rounds = clients.map(async (client, i) => {
      for (let round = 0; round < 5; round++) {
        const label = `${era} ${i} ${round}`;
        const heard: string[] = [];
        const onprogress = ({ message = "" }: { message?: string | undefined }) => void heard.push(message);
        const [{ structuredContent }, echo] = await Promise.all([
          client.call("progress", { label }, { onprogress }),
          client.call("echo", { label }),
        ]);
        expect(structuredContent).toMatchObject({ label });
        expect(echo.structuredContent).toEqual({ echo: { label } });
        expect(heard.map((text) => JSON.parse(text).label)).toEqual([label, label, label]);
      }
    });
    await Promise.all(rounds);
    await Promise.all(clients.map((client) => client.close()));
  });

  test.each(["slow", "slow_progress"])(
    "one's cancellation leaves the other's call of %s with the same id running",
    async (tool) => {
      await using alice = await connect(endpoint.url, era, as("alice"));
      await using bob = await connect(endpoint.url, era, as("bob"));
      const labels = [`alice ${era} ${tool}`, `bob ${era} ${tool}`] as const;
      const started = Promise.all(labels.map((label) => once(events, `started:${label}`)));
      const [hers, his] = [new AbortController(), new AbortController()];
      const herCall = alice.call(tool, { label: labels[0] }, { signal: hers.signal });
      const hisCall = bob.call(tool, { label: labels[1] }, { signal: his.signal });
      await started;

      let bobEnded = false;
      const bobAborted = once(events, `aborted:${labels[1]}`).then(() => {
        bobEnded = true;
      });
      const aliceAborted = once(events, `aborted:${labels[0]}`);
      hers.abort();
      await expect(herCall).rejects.toThrow();
      await aliceAborted;
      await bob.call("echo");
      expect(bobEnded).toBe(false);
      his.abort();
      await expect(hisCall).rejects.toThrow();
      await bobAborted;
    },
  );
});

const rpc = (method: string, params: unknown = {}) => ({
  method: "POST",
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
});
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

describe("a session", () => {
  test("is not to be had by another caller, by no method, and stays its owner's", async () => {
    const clientInfo = { name: "raw", version: "1" };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
    const opened = await fetch(endpoint.url, { ...rpc("initialize", params), headers: { ...HEADERS, ...as("alice") } });
    await opened.text();
    const id = opened.headers.get("mcp-session-id") ?? expect.fail();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

    const attempts = [rpc("tools/list"), rpc("tools/call", { name: "echo" }), { method: "GET" }, { method: "DELETE" }];
    for (const attempt of attempts) {
      const stolen = { ...HEADERS, ...as("bob"), "mcp-session-id": id };
      const invented = { ...stolen, "mcp-session-id": crypto.randomUUID() };
      const [theft, guess] = await Promise.all([
        fetch(endpoint.url, { ...attempt, headers: stolen }),
        fetch(endpoint.url, { ...attempt, headers: invented }),
      ]);
      expect(theft.status).toBe(404);
      expect(await theft.text()).toBe(await guess.text());
    }
    const own = { ...HEADERS, ...as("alice"), "mcp-session-id": id };
    const answer = await fetch(endpoint.url, { ...rpc("tools/list"), headers: own });
    expect(await answer.text()).toContain("guarded");
  });

  test("does not keep scopes that its owner has lost", async () => {
    const scopes = new Set(["notes:admin"]);
    await using other = await startEndpoint({
      identify: async () => ({ principal: "alice", scopes: new Set(scopes) }),
    });
    await using alice = await connect(other.url, "sdk-v1");
    expect((await alice.call("guarded")).structuredContent).toEqual({ secret: 42 });
    scopes.clear();
    await expect(alice.call("guarded")).rejects.toMatchObject({ code: -32602 });
  });
});
