// A client that hangs up ends not the model alone but the tool that is at work.
import { once } from "node:events";
import Anthropic from "@anthropic-ai/sdk";
import { expect, it } from "vitest";
import { createGateway } from "../../gateway/gateway.ts";
import { migrations } from "../../gateway/runs/migrations.ts";
import { RunStore } from "../../gateway/runs/store.ts";
import { createUpstream } from "../../gateway/upstream.ts";
import { listen } from "../../runtime/http/listener.ts";
import { events, fixtureCatalog } from "../mcp/fixture-catalog.ts";
import { temporaryDatabase } from "../support/databases.ts";
import { silent } from "../support/desk.ts";
import { inOrder, turn, use } from "../support/messages-api/script.ts";
import { MODEL_KEY, startMessagesApi } from "../support/messages-api/server.ts";

it("cancels the tool, and the run can be taken up again", async () => {
  await using model = await startMessagesApi(inOrder(turn(use("slow", { label: "gone" }))));
  const place = await temporaryDatabase("sqlite");
  const database = await place.open(...migrations);
  const store = new RunStore(database);
  const gateway = createGateway({
    ...{ catalog: fixtureCatalog, store, log: silent, systemPrompt: () => "Be kind." },
    upstream: createUpstream({ apiKey: MODEL_KEY, baseUrl: model.url, log: silent }),
    models: { usual: "m", aliases: new Map() },
    limits: { maxTurns: 5, maxTokens: 10_000, maxMs: 60_000 },
    approvals: { list: expect.fail, get: expect.fail, decide: expect.fail },
  });
  const bounds = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 100, log: silent };
  const listener = await listen({ ...bounds, services: [], routes: gateway.routes() });
  const client = new Anthropic({ baseURL: listener.url, apiKey: "any", maxRetries: 0 });
  const request = {
    model: "m",
    max_tokens: 10,
    messages: [{ role: "user", content: "Go." }],
    tools: [{ name: "slow" }],
  };

  const hangUp = new AbortController();
  const [started, aborted] = [once(events, "started:gone"), once(events, "aborted:gone")];
  const asked = client.messages.create(request as never, { signal: hangUp.signal }).catch(() => "gone");
  await started;
  hangUp.abort();
  await Promise.all([aborted, asked]);

  // Asked again, the same call of the tool is made anew: nobody knows what became of the first.
  const [again, ended] = [once(events, "started:gone"), once(events, "aborted:gone")];
  const second = new AbortController();
  const retried = client.messages
    .create(request as never, { signal: second.signal, maxRetries: 5 })
    .catch(() => "gone");
  await again;
  expect(model.received).toHaveLength(1);
  second.abort();
  await Promise.all([ended, retried]);

  await listener.close();
  await database.close();
  await place.remove();
});
