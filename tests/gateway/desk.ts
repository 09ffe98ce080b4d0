// The demo desk behind its gateway, with a stand-in for the model's API, and the official SDK as the client.
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { createClient, type Transport } from "@connectrpc/connect";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { Run } from "../../gateway/run.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { PARTS, readConfig } from "../../runtime/config.ts";
import { listen } from "../../runtime/http/listener.ts";
import type { Identify } from "../../runtime/identity/caller.ts";
import { type Desk, openDesk } from "../../services/desk.ts";
import { temporaryStorage } from "../support/desk.ts";
import type { Script } from "../support/messages-api/script.ts";
import { type MessagesApi, MODEL_KEY, startMessagesApi } from "../support/messages-api/server.ts";

/** What a test wants of its gateway. */
export interface GatewayDeskOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly identify?: Identify;
}

/** A desk with demo tickets, its gateway on a port, and the stand-in that it talks to. */
export interface GatewayDesk extends AsyncDisposable {
  readonly url: string;
  readonly model: MessagesApi;
  /** A client as users write it, with nothing but the address changed. */
  readonly client: Anthropic;
  readonly transport: Transport;
  readonly desk: Desk;
  /** What was logged. */
  readonly logged: string[];
  /** Bodies of the messages in a ticket's conversation. */
  conversation(ticketId: string): Promise<string[]>;
}

const PROMPT = join(import.meta.dirname, "../../config/system-prompt.md");

/** Opens the desk as `npm start` does, with the gateway on a free port. */
export async function openGatewayDesk(script: Script, options: GatewayDeskOptions = {}): Promise<GatewayDesk> {
  const model = await startMessagesApi(script);
  const storage = await temporaryStorage("sqlite");
  const config = readConfig({
    ...storage.environment,
    ...{ CLAUDE_API_KEY: MODEL_KEY, ANTHROPIC_BASE_URL: model.url, SYSTEM_PROMPT_FILE: PROMPT },
    ...options.environment,
  });
  const logged: string[] = [];
  const log = (message: string, fields: object = {}) => void logged.push(JSON.stringify({ message, ...fields }));
  const desk = await openDesk({ config, parts: PARTS, demo: true, log });
  const listener = await listen({
    ...{ host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 500, log },
    services: desk.services,
    routes: desk.gateway?.routesFor(options.identify) ?? {},
  });
  const transport = directTransport(desk.services);
  return {
    url: listener.url,
    model,
    client: new Anthropic({ baseURL: listener.url, apiKey: "a key of the desk", maxRetries: 0 }),
    ...{ transport, desk, logged },
    async conversation(ticketId) {
      const { messages } = await createClient(TicketService, transport).listTicketMessages({ ticketId });
      return messages.map(({ body }) => body);
    },
    async [Symbol.asyncDispose]() {
      desk.drain();
      await listener.close();
      await desk.close();
      await storage.remove();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** The conversation that most tests begin with. */
export const ASK = { role: "user", content: "Handle ticket TKT-1001." } as const;

/** What the tests send: the desk's tools, and whatever they want otherwise. */
export function request(rest: object = {}) {
  return { model: "m", max_tokens: 100, messages: [ASK], tools: [{ name: "support" }], ...rest } as never;
}

/** The gateway's own part of an answer. */
interface Report {
  readonly run: string;
  readonly ticket: string | null;
  readonly turns: number;
  readonly tools: readonly {
    readonly id: string;
    readonly name: string;
    readonly is_error?: true;
    readonly replayed?: true;
  }[];
  readonly stopped_by: string;
  readonly pending_approvals?: readonly { readonly id: string; readonly reason: string }[];
  readonly drafts?: readonly { readonly tool: string; readonly input: Readonly<Record<string, unknown>> }[];
}

/** A message as the gateway answers it. */
export type Answered = Anthropic.Message & { readonly deskwire: Report };

/** Asks the gateway by the official SDK. */
export function ask(desk: GatewayDesk, rest: object = {}, options: Anthropic.RequestOptions = {}): Promise<Answered> {
  return desk.client.messages.create(request(rest), options) as never;
}

/** The text blocks of an answer. */
export function texts({ content }: Pick<Anthropic.Message, "content">): string[] {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : []));
}

/** A run as it is before its first turn. */
export function startedRun(id: string, rest: Partial<Run> = {}): Run {
  return {
    ...{ id, principal: "p", scopes: undefined, ticket: undefined, theirs: [], dryRun: false },
    params: { model: "m", max_tokens: 1 },
    messages: [{ role: "user", content: "x" }],
    ...{ base: 1, turns: 0, ms: 0, usage: {}, tools: [], drafts: [], results: [], approvals: [] },
    ...{ lastStop: null, stopSequence: null },
    ...rest,
  };
}

/** Clients of the desk's services, in process. */
export function services(transport: Transport) {
  return {
    crm: createClient(CrmService, transport),
    support: createClient(SupportService, transport),
    tickets: createClient(TicketService, transport),
  };
}
