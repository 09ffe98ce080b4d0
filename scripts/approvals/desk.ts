// The approvals of a running desk, by its HTTP address.
import { Code } from "@connectrpc/connect";
import { noDesk } from "../../runtime/command.ts";
import { fail } from "../../runtime/errors.ts";

/** A call that waits for a person, or did. */
export interface Approval {
  readonly id: string;
  readonly state: string;
  readonly ticket_id?: string;
  readonly customer_id?: string;
  readonly tool?: string;
  readonly reasons?: readonly { readonly message?: string; readonly excerpt?: string }[];
  readonly draft?: string;
  /** The call as it is held, in ProtoJSON. */
  readonly request?: Readonly<Record<string, unknown>>;
  readonly create_time?: string;
  readonly expire_time?: string;
  readonly comment?: string;
  readonly edited_text?: string;
}

/** One page of them. */
export interface Page {
  readonly approvals: readonly Approval[];
  readonly next_page_token: string;
  readonly total_size: number;
}

/** One of them, with what a person needs to know. */
export interface Detail {
  readonly approval: Approval;
  readonly ticket: { readonly id: string; readonly subject: string; readonly status: string; readonly etag: string };
  /** What has happened to the ticket since the draft was made. */
  readonly news: readonly string[];
}

/** What is sent. */
export interface Decision {
  readonly decision: "approve" | "edit" | "reject";
  readonly text?: string;
  readonly comment?: string;
  readonly ticket_etag?: string;
}

/** What came of a decision: the answer of the agent that waited, or null where none did. */
export interface Decided {
  readonly approval: Approval;
  readonly message: {
    readonly content: readonly { readonly type: string; readonly text?: string }[];
    readonly deskwire?: { readonly pending_approvals?: readonly { readonly id: string }[] };
  } | null;
}

/** Asks a desk. */
export class ApprovalsDesk {
  readonly #desk: string;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, key: string | undefined) {
    this.#desk = url.replace(/\/+$/, "");
    this.#url = `${this.#desk}/v1/approvals`;
    this.#headers = { "content-type": "application/json", ...(key !== undefined && { "x-api-key": key }) };
  }

  async #ask<T>(path: string, body?: object): Promise<T> {
    const init = body && { method: "POST", body: JSON.stringify(body) };
    const response = await fetch(this.#url + path, { headers: this.#headers, ...init }).catch((error) => {
      throw noDesk(this.#desk, (error.cause ?? error).message);
    });
    const json = (await response.json()) as T & { error?: { message: string }; message?: string };
    if (response.ok) return json;
    const message = json.error?.message ?? json.message ?? `The desk answered ${response.status}.`;
    const wayOut = response.status === 401 ? "\nGive it to this command as DESKWIRE_API_KEY." : "";
    throw fail(Code.Unknown, "REFUSED", message + wayOut);
  }

  /** The newest first. */
  list(state: string, ticketId: string): Promise<Page> {
    return this.#ask(`?${new URLSearchParams({ state, ticket_id: ticketId.toUpperCase() })}`);
  }

  get(id: string): Promise<Detail> {
    return this.#ask(`/${encodeURIComponent(id)}`);
  }

  decide(id: string, decision: Decision): Promise<Decided> {
    return this.#ask(`/${encodeURIComponent(id)}`, decision);
  }
}
