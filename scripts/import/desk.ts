// The desk that the rows go to: batches over gRPC, each sent again where the desk is away for a moment.
import { setTimeout as delay } from "node:timers/promises";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import type { ImportRow } from "#gen/deskwire/ticket/v1/import_pb.js";
import { type ImportTicketsResponse, TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { type RemoteOptions, remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { explained, noDesk } from "../../runtime/command.ts";
import { fail } from "../../runtime/errors.ts";

/**
 * The most rows of a call, and as many as it has where nobody says otherwise: the more the desk has at once, the fewer pages it
 * writes over and over.
 */
export const BATCH_ROWS = 10_000;
const PROBE_TIMEOUT_MS = 5_000;
const MESSAGE_ROWS = 200;
/** Some bytes each, and messages have a megabyte or more. */
const MESSAGE_CHARACTERS = 100_000;
const BATCH_TIMEOUT_MS = 120_000;
/** Long enough together for a desk to be started again, on a busy machine too. */
const RETRY_DELAYS_MS = [200, 400, 800, 1_600, 3_200, 6_400, 12_800];

/** What a connection that breaks, or a desk that stops, looks like from here. */
const PASSING: ReadonlySet<Code> = new Set([Code.Unavailable, Code.Aborted]);

/** Rows go many in a message, up to what it may hold: each message costs more than its rows do. */
async function* requests(rows: readonly ImportRow[]) {
  let some: ImportRow[] = [];
  let characters = 0;
  for (const row of rows) {
    characters += row.description.length;
    some.push(row);
    if (some.length < MESSAGE_ROWS && characters < MESSAGE_CHARACTERS) continue;
    yield { rows: some };
    some = [];
    characters = 0;
  }
  if (some.length > 0) yield { rows: some };
}

/** How a desk is talked to. */
export interface RemoteDeskOptions {
  /** How it is called, and told who calls. */
  readonly remote?: RemoteOptions | undefined;
  readonly retryDelaysMs?: readonly number[];
}

/** A desk at a URL. */
export class RemoteDesk {
  readonly #url: string;
  readonly #tickets: Client<typeof TicketService>;
  readonly #signal: AbortSignal;
  readonly #onRetry: (message: string) => void;
  readonly #retryDelaysMs: readonly number[];

  /** `signal` ends calls and waiting; `onRetry` is told why a batch is sent again. */
  constructor(
    url: string,
    signal: AbortSignal,
    onRetry: (message: string) => void,
    { remote, retryDelaysMs = RETRY_DELAYS_MS }: RemoteDeskOptions = {},
  ) {
    this.#retryDelaysMs = retryDelaysMs;
    this.#url = url;
    this.#tickets = createClient(TicketService, remoteTransport(url, remote));
    this.#signal = signal;
    this.#onRetry = onRetry;
  }

  /** @throws ConnectError `DESK_NOT_FOUND` where no ticket service answers, with how to start one */
  async assertThere(): Promise<void> {
    try {
      await this.#tickets.importTickets(requests([]), { signal: this.#signal, timeoutMs: PROBE_TIMEOUT_MS });
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      // It is there, and says what it wants.
      const says = [Code.Unauthenticated, Code.PermissionDenied, Code.Unimplemented].includes(code);
      if (says) throw explained(error, this.#url);
      throw noDesk(this.#url, rawMessage);
    }
  }

  /**
   * Imports rows. Each row has a key, so a batch of which a part was stored before may be sent again.
   *
   * @throws ConnectError `DESK_GONE` when the desk stays away; what the desk says when it cannot take the batch
   */
  async take(rows: readonly ImportRow[]): Promise<ImportTicketsResponse> {
    for (const wait of [...this.#retryDelaysMs, undefined]) {
      try {
        return await this.#tickets.importTickets(requests(rows), { signal: this.#signal, timeoutMs: BATCH_TIMEOUT_MS });
      } catch (error) {
        const { code, rawMessage } = ConnectError.from(error);
        if (this.#signal.aborted || !PASSING.has(code)) throw error;
        if (wait === undefined) break;
        this.#onRetry(`The desk is away (${rawMessage}); trying again in ${wait / 1_000} s`);
        await delay(wait, undefined, { signal: this.#signal });
      }
    }
    throw fail(
      Code.Unavailable,
      "DESK_GONE",
      `The desk at ${this.#url} does not answer any more. Start it and run the same command again: only the rest is added.`,
      { url: this.#url },
    );
  }
}
