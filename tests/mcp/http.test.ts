// What every client over HTTP gets, whichever SDK and revision it speaks.
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { events, fixtureCatalog, seen } from "./fixture-catalog.ts";
import { type Client, connect, eras, type RunningEndpoint, startEndpoint } from "./servers.ts";

describe.each(eras)("a client of %s over HTTP", (era) => {
  let endpoint: RunningEndpoint;
  let client: Client;

  beforeAll(async () => {
    endpoint = await startEndpoint({ forwardHeaders: ["x-tenant"] });
    client = await connect(endpoint.url, era, { "x-tenant": "acme", "x-other": "no", authorization: "Bearer secret" });
  });
  afterAll(async () => {
    await client.close();
    await endpoint[Symbol.asyncDispose]();
  });

  test("is told who the server is and what it is for", () => {
    expect(client.sdk.getServerVersion()).toMatchObject({ name: "fixture", version: "1.0.0" });
    expect(client.sdk.getInstructions()).toBe(fixtureCatalog.instructions);
  });

  test("lists the tools in the catalog's order, unchanged", async () => {
    const { tools } = await client.sdk.listTools();
    expect(tools).toEqual(fixtureCatalog.tools.map(({ definition }) => definition));
  });

  test("gets a tool's result as it is", async () => {
    const result = await client.call("echo", { label: "ä" });
    expect(result).toMatchObject({
      content: [{ type: "text", text: '{"echo":{"label":"ä"}}' }],
      structuredContent: { echo: { label: "ä" } },
    });
    expect(result.isError).toBeUndefined();
  });

  test("gets a tool's own failure as a result", async () => {
    const result = await client.call("failing");
    expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: "failed_precondition" } } });
  });

  test("gets a protocol error for an unknown tool", async () => {
    await expect(client.call("no_such_tool")).rejects.toMatchObject({ code: -32602 });
    const misspelt = { code: -32602, message: expect.stringContaining("Did you mean echo?") };
    await expect(client.call("ecko")).rejects.toMatchObject(misspelt);
  });

  test("sees nothing of an exception", async () => {
    const error: Error = await client.call("broken").then(
      () => expect.fail(),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: -32603 });
    expect(error.message).toContain("incident number");
    expect(error.message).not.toContain("hunter2");
  });

  test("gets progress that only grows, before the result", async () => {
    const counts: number[] = [];
    const messages: (string | undefined)[] = [];
    const result = await client.call(
      "progress",
      { label: "p" },
      {
        onprogress: ({ progress, message }) => {
          counts.push(progress);
          messages.push(message);
        },
      },
    );
    expect(counts).toEqual([1, 2, 3]);
    expect(messages[0]).toBe('{"label":"p","count":1}');
    expect(result.structuredContent).toMatchObject({ reported: true });
  });

  test("gets no progress that it did not ask for", async () => {
    const result = await client.call("progress", { label: "p" });
    expect(result.structuredContent).toMatchObject({ reported: false });
  });

  test("cancels a call", async () => {
    const cancel = new AbortController();
    const label = `cancelled in ${era}`;
    const [started, aborted] = [once(events, `started:${label}`), once(events, `aborted:${label}`)];
    const call = client.call("slow", { label }, { signal: cancel.signal });
    await started;
    cancel.abort();
    await expect(call).rejects.toThrow();
    await aborted;
    expect((await client.call("echo")).isError).toBeUndefined();
  });

  test("cancels a call that has begun to report progress", async () => {
    const cancel = new AbortController();
    const label = `cancelled after progress in ${era}`;
    const aborted = once(events, `aborted:${label}`);
    const call = client.call("slow_progress", { label }, { signal: cancel.signal, onprogress: () => cancel.abort() });
    await expect(call).rejects.toThrow();
    await aborted;
  });

  test("ends its calls by hanging up", async () => {
    await using other = await connect(endpoint.url, era);
    const label = `hung up in ${era}`;
    const [started, aborted] = [once(events, `started:${label}`), once(events, `aborted:${label}`)];
    const call = other.call("slow", { label }).catch(() => {});
    await started;
    await other.close();
    await aborted;
    await call;
  });

  test("passes on its trace, its request key and allowed headers, and never its token", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await client.call("echo", {}, { meta: { traceparent, baggage: "a=1", "deskwire/request-id": "key-1" } });
    const context = seen.at(-1);
    expect(context?.requestKey).toBe("key-1");
    expect(context?.headers).toEqual({
      ...{ traceparent, baggage: "a=1", "x-tenant": "acme" },
      "deskwire-client": "test-client 1.0.0",
      "deskwire-principal": "local",
    });
  });

  test("is refused a request key that is not a string", async () => {
    await expect(client.call("echo", {}, { meta: { "deskwire/request-id": 7 } })).rejects.toMatchObject({
      code: -32602,
    });
  });

  test("reads resources and completes their variables", async () => {
    const { resourceTemplates } = await client.sdk.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(["note://{note_id}"]);
    const { resources } = await client.sdk.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(["picture://logo"]);

    const note = await client.sdk.readResource({ uri: "note://N-1" });
    expect(note.contents).toEqual([
      { uri: "note://N-1", mimeType: "application/json", text: '{"id":"N-1","body":"Hello"}' },
    ]);
    const picture = await client.sdk.readResource({ uri: "picture://logo" });
    expect(picture.contents).toEqual([{ uri: "picture://logo", mimeType: "image/png", blob: "iVBORw0KGgo=" }]);

    const { completion } = await client.sdk.complete({
      ref: { type: "ref/resource", uri: "note://{note_id}" },
      argument: { name: "note_id", value: "N" },
    });
    expect(completion.values).toEqual(["N-1", "N-2"]);
  });

  test.each(["note://M-1", "nothing://here"])("is told that %s does not exist", async (uri) => {
    const read = client.sdk.readResource({ uri });
    await expect(read).rejects.toMatchObject({ code: -32602, data: { uri } });
  });

  test("gets prompts with their attachments", async () => {
    const { prompts } = await client.sdk.listPrompts();
    expect(prompts[0]?.arguments).toEqual([
      { name: "note_id", description: "The note.", required: true },
      { name: "tone", description: "How to write.", required: false },
    ]);
    const { messages } = await client.sdk.getPrompt({ name: "summarise", arguments: { note_id: "N-2" } });
    expect(messages.map(({ content }) => content)).toMatchObject([
      { type: "text", text: "Summarise N-2, dry." },
      { type: "resource", resource: { uri: "note://N-2" } },
    ]);
  });

  test.each([
    ["an unknown prompt", { name: "nope", arguments: {} }],
    ["a missing argument", { name: "summarise", arguments: {} }],
  ])("gets a protocol error for %s", async (_, params) => {
    await expect(client.sdk.getPrompt(params)).rejects.toMatchObject({ code: -32602 });
  });

  test("gets a protocol error for completing an unknown argument", async () => {
    const ref = { type: "ref/prompt", name: "summarise" } as const;
    const unknown = client.sdk.complete({ ref, argument: { name: "nope", value: "" } });
    await expect(unknown).rejects.toMatchObject({ code: -32602, message: expect.stringContaining("note_id, tone") });
  });
});
