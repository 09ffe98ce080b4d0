// Agents that work tickets by MCP, and repeat what was not answered until it is.
import { setTimeout as delay } from "node:timers/promises";
import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Call, Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";
import { answering, type KnownTicket, nextTask } from "./tasks.ts";

/** What agents share. */
export interface Office {
  readonly url: URL;
  /** Sent with every request, such as a key. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  /** The tickets that were opened so far. */
  readonly tickets: KnownTicket[];
  /** No new work after this. */
  readonly closing: AbortSignal;
  /** What is not answered by then stays so. */
  readonly closed: AbortSignal;
}

const CALL_TIMEOUT_MS = 6_000;
const RETRY_MS = [50, 500] as const;
const ERAS = [{ pin: "2026-07-28" }, "legacy"] as const;
/** Nobody knows whether the call was done, or it was not and can be later; with its request_id it may be sent again. */
const NOT_ANSWERED = new Set([
  "unavailable",
  "deadline_exceeded",
  "resource_exhausted",
  "canceled",
  "internal",
  "unknown",
]);

interface Failure {
  readonly code: string;
  readonly reason?: string;
}

interface TicketAnswer {
  readonly id: string;
  readonly etag: string;
  readonly customer_id: string;
}

class Agent {
  readonly #office: Office;
  readonly #random: Random;
  readonly #mode: (typeof ERAS)[number];
  #client: Client | undefined;

  constructor(office: Office, random: Random) {
    this.#office = office;
    this.#random = random;
    this.#mode = random.pick(ERAS);
  }

  async #connected(): Promise<Client> {
    if (this.#client) return this.#client;
    const client = new Client({ name: "agent", version: "1" }, { versionNegotiation: { mode: this.#mode } });
    const options = { timeout: CALL_TIMEOUT_MS, signal: this.#office.closed };
    const { url, headers = {} } = this.#office;
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }), options);
    this.#client = client;
    return client;
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close().catch(() => {});
  }

  async #attempt({ id, tool, arguments: args }: Call): Promise<CallToolResult> {
    const client = await this.#connected();
    const reads = tool === "handle_ticket";
    const params = { name: tool, arguments: reads ? args : { ...args, request_id: id } };
    return await client.callTool(params, { timeout: CALL_TIMEOUT_MS, signal: this.#office.closed });
  }

  async perform(call: Call): Promise<void> {
    const { ledger, closed } = this.#office;
    while (!closed.aborted) {
      call.attempts++;
      try {
        const { isError, structuredContent } = await this.#attempt(call);
        if (!isError) return ledger.end(call, "acknowledged", structuredContent);
        const { code, reason = "" } = (structuredContent as { error: Failure }).error;
        ledger.failed(`${code} ${reason}`);
        if (!NOT_ANSWERED.has(code)) return ledger.end(call, "refused", structuredContent);
      } catch (error) {
        ledger.failed(`no answer: ${(error as Error).name}`);
        await this.#hangUp();
      }
      await delay(this.#random.between(...RETRY_MS));
    }
  }

  async work(name: string): Promise<void> {
    const { ledger, tickets, closing } = this.#office;
    let read: TicketAnswer | undefined;
    for (let index = 0; !closing.aborted; index++) {
      // Short, because a longer answer of an AI agent is checked with the CRM, and waits for a person while that is away.
      const id = `${name}.${index}`;
      const task = read ? answering(id, read.id, read.etag) : nextTask(id, tickets, this.#random);
      const call = ledger.begin(id, task.tool, task.arguments);
      await this.perform(call);
      const { ticket } = (call.state === "acknowledged" ? call.answer : {}) as { ticket?: TicketAnswer };
      read = task.tool === "handle_ticket" ? ticket : undefined;
      if (task.tool === "open_ticket" && ticket) tickets.push({ id: ticket.id, customerId: ticket.customer_id });
    }
    await this.#hangUp();
  }
}

/** Works until the office closes. Calls of an agent have its name in their ids. */
export async function work(name: string, office: Office, random: Random): Promise<void> {
  await new Agent(office, random).work(name);
}
