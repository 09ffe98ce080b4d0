// What docs/approvals.md shows is what happens: its commands are run on a desk as the first start fills it.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readConfig } from "../../runtime/config.ts";
import { listen } from "../../runtime/http/listener.ts";
import { openDesk } from "../../services/desk.ts";
import { silent, temporaryStorage } from "../support/desk.ts";

const COMMAND = /```sh\ncurl (.+?) (http:\S+) -d '(.+)'\n```\n\n```json\n(.+)\n```/g;

it("every command is answered as it says", async () => {
  const storage = await temporaryStorage("sqlite");
  const config = readConfig(storage.environment);
  await using desk = await openDesk({
    config,
    parts: ["crm", "ticket", "analytics", "support"],
    demo: true,
    log: silent,
  });
  const limits = { host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], log: silent };
  const listener = await listen({ ...limits, services: desk.services });
  const text = await readFile(new URL("../../docs/approvals.md", import.meta.url), "utf8");
  const commands = [...text.matchAll(COMMAND)];
  expect(commands).toHaveLength(3);
  for (const [, options = "", url = "", body = "", answer = ""] of commands) {
    const headers = [...options.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name = "", value = ""]) => [name, value]);
    const path = new URL(url).pathname;
    const response = await fetch(`${listener.url}${path}`, {
      method: "POST",
      headers: Object.fromEntries(headers),
      body,
    });
    expect(await response.json()).toMatchObject(JSON.parse(answer));
  }
  await listener.close();
  await storage.remove();
});
