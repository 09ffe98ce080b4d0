// Where webhooks may lead, and what an endpoint can do to the desk: nothing.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reasonOf } from "../../runtime/errors.ts";
import { post } from "../../services/ticket/webhooks/post.ts";
import { type Lookup, targets } from "../../services/ticket/webhooks/target.ts";
import { openWebhookDesk, type WebhookDesk } from "./desk.ts";
import { accept, answering, openReceiver, silence } from "./receiver.ts";

const LOOPBACK = targets(["127.0.0.0/8"]);
const never = new AbortController().signal;
const attempt = { headers: {}, body: "{}", signal: never };

const reason = (error: unknown) => reasonOf(ConnectError.from(error));

describe("a URL is refused when it is given", () => {
  let desk: WebhookDesk;
  beforeAll(async () => {
    desk = await openWebhookDesk("sqlite", { webhookNetworks: [] });
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  it.each([
    "https://127.0.0.1/",
    "https://[::1]:8443/",
    "https://[::ffff:7f00:1]/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://10.0.0.8/hook",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/",
    "https://1.1.1.1:99999/",
    "https://300.1.1.1/",
    "http://1.1.1.1/",
  ])("%s", async (url) => {
    await expect(desk.webhooks.createWebhook({ webhook: { url } })).rejects.toSatisfy(
      (error) => reason(error) === "WEBHOOK_URL_REFUSED",
    );
    expect((await desk.webhooks.listWebhooks({})).totalSize).toBe(0);
  });

  it.each(["https://user:secret@1.1.1.1/", "ftp://1.1.1.1/", "https:///path", "1.1.1.1", "https://1.1.1.1/a b", ""])(
    "%s is no URL of a webhook",
    async (url) => {
      await expect(desk.webhooks.createWebhook({ webhook: { url } })).rejects.toSatisfy(
        (error) => reason(error) === "VALIDATION_FAILED",
      );
    },
  );

  it("where its name has no address", async () => {
    await expect(desk.webhooks.createWebhook({ webhook: { url: "https://nobody.invalid/" } })).rejects.toSatisfy(
      (error) => reason(error) === "WEBHOOK_HOST_UNKNOWN",
    );
  });

  it("and when it is changed to", async () => {
    const { webhook } = await desk.webhooks.createWebhook({ webhook: { url: "https://1.1.1.1/" } });
    const update = { id: webhook?.id ?? "", url: "https://192.168.0.1/" };
    await expect(desk.webhooks.updateWebhook({ webhook: update })).rejects.toSatisfy(
      (error) => reason(error) === "WEBHOOK_URL_REFUSED",
    );
  });
});

describe("an attempt", () => {
  it("connects to the address that was checked, which is asked for once", async () => {
    await using receiver = await openReceiver();
    const { port } = new URL(receiver.url);
    const asked: string[] = [];
    const lookup: Lookup = async (hostname) => {
      asked.push(hostname);
      return [{ address: "127.0.0.1", family: 4 }];
    };
    const answer = await post(targets(["127.0.0.0/8"], lookup), { ...attempt, url: `http://rebinding.test:${port}/` });
    expect(answer).toEqual({ status: 204, error: "" });
    expect(asked).toEqual(["rebinding.test"]);
    expect(receiver.received[0]?.headers.host).toBe(`rebinding.test:${port}`);
  });

  it("goes nowhere when the name leads to a private address by now, even beside a public one", async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let connections = 0;
    server.on("connection", () => connections++);
    const lookup: Lookup = async () => [
      { address: "1.1.1.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ];
    for (const target of [targets([], lookup), targets([])]) {
      const answer = await post(target, { ...attempt, url: `https://localhost:${port}/` });
      expect(answer).toMatchObject({ status: 0, error: expect.stringContaining("not public") });
    }
    expect(connections).toBe(0);
    server.close();
  });

  it("does not follow redirects", async () => {
    await using secret = await openReceiver(accept);
    await using receiver = await openReceiver(answering(307, { location: secret.url }));
    const answer = await post(LOOPBACK, { ...attempt, url: receiver.url });
    expect(answer).toMatchObject({ status: 307, error: expect.stringContaining("redirects are not followed") });
    expect(secret.received).toEqual([]);
  });

  it("waits for an answer no longer than its time", async () => {
    await using receiver = await openReceiver(silence);
    const answer = await post(LOOPBACK, { ...attempt, url: receiver.url, timeoutMs: 50 });
    expect(answer).toEqual({ status: 0, error: "no answer in time" });
  });

  it("reads no more than 64 KiB of an answer, and counts its status", async () => {
    let closed = false;
    await using receiver = await openReceiver((_received, response) => {
      const more = () => {
        while (!closed && response.write(Buffer.alloc(16_384)));
      };
      response.on("close", () => {
        closed = true;
      });
      response.on("drain", more).writeHead(200);
      more();
    });
    expect(await post(LOOPBACK, { ...attempt, url: receiver.url })).toEqual({ status: 200, error: "" });
    await expect.poll(() => closed).toBe(true);
  });

  it("takes what an endless or mangled answer says as a failure", async () => {
    const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const answer = await post(LOOPBACK, { ...attempt, url: `http://127.0.0.1:${port}/` });
    expect(answer).toMatchObject({ status: 0, error: expect.stringContaining("HPE_") });
    server.close();
    const refused = await post(LOOPBACK, { ...attempt, url: `http://127.0.0.1:${port}/` });
    expect(refused).toMatchObject({ status: 0, error: expect.stringContaining("ECONNREFUSED") });
  });

  it("hears how long the endpoint wants to be left alone", async () => {
    await using receiver = await openReceiver(answering(429, { "retry-after": "120" }));
    const answer = await post(LOOPBACK, { ...attempt, url: receiver.url });
    expect(answer).toEqual({ status: 429, error: "HTTP 429", retryAfterMs: 120_000 });
  });
});
