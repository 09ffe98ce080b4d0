// What docs/webhooks.md shows is what happens: its example is signed, its code runs.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fromJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TicketEventSchema } from "#gen/deskwire/ticket/v1/event_pb.js";
import { newSecret } from "../../runtime/standard-webhooks.ts";
import { openTestDesk } from "../support/desk.ts";
import { eventually, run } from "../support/processes.ts";
import { openWebhookDesk } from "./desk.ts";
import { openReceiver } from "./receiver.ts";

type Verify = (secret: string, headers: object, body: string, now?: number) => void;

let folder: string;
let text: string;
let verify: Verify;

const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "deskwire-docs-"));
  text = await readFile(new URL("../../docs/webhooks.md", import.meta.url), "utf8");
  const [verifying = "", sending = ""] = blocks("js");
  await writeFile(join(folder, "verify.mjs"), verifying);
  await writeFile(join(folder, "send.mjs"), sending);
  ({ verify } = await import(/* @vite-ignore */ pathToFileURL(join(folder, "verify.mjs")).href));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the example is signed with the secret beside it, and its data is a TicketEvent", () => {
  const secret = /whsec_[\w+/=]+/.exec(text)?.[0] ?? "";
  const [head = "", body = ""] = (blocks("http")[0] ?? "").trimEnd().split("\n\n");
  const headers = Object.fromEntries(
    head
      .split("\n")
      .slice(1)
      .map((line) => line.split(": ")),
  );
  const now = Number(headers["webhook-timestamp"]) * 1000;
  verify(secret, headers, body, now);
  expect(() => verify(secret, headers, `${body} `, now)).toThrow("wrong signature");
  expect(() => verify(secret, headers, body, now + 301_000)).toThrow("not now");
  expect(fromJson(TicketEventSchema, JSON.parse(body).data)).toMatchObject({ ticketId: "TKT-1001", position: 2n });
});

it("the code that checks signatures accepts what the desk sends", async () => {
  await using receiver = await openReceiver();
  await using desk = await openWebhookDesk();
  desk.module.start?.();
  const { secret } = await desk.add({ url: receiver.url });
  await desk.openTicket();
  const [received] = await eventually(async () => receiver.received.length > 0 && receiver.received);
  if (!received) throw new Error("nothing came");
  verify(secret, received.headers, received.body, desk.clock.ms);
  expect(() => verify(newSecret(), received.headers, received.body, desk.clock.ms)).toThrow("wrong signature");
});

it("the code that sends a message is understood by a desk with that secret", async () => {
  const INBOUND_WEBHOOK_SECRET = newSecret();
  await using desk = await openTestDesk({ environment: { INBOUND_WEBHOOK_SECRET } });
  const { url } = await desk.listen();
  const env = { ...process.env, DESKWIRE_URL: url, INBOUND_WEBHOOK_SECRET };
  const { stdout } = await run(process.execPath, [join(folder, "send.mjs")], { env });
  expect(stdout).toMatch(/^200 /);
  expect(JSON.parse(stdout.slice(4))).toEqual({
    received_as: "RECEIVED_AS_NEW_TICKET",
    ticket_id: "TKT-1001",
    customer_id: "CUS-1001",
  });
});
