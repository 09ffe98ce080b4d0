// The command as a user runs it, and the desk it writes to.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Transport } from "@connectrpc/connect";
import { type Ticket, TicketOrder } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";

const ROOT = new URL("../../", import.meta.url);

/** A run of `npm run import`. */
export class ImportCommand {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #closed: Promise<unknown>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, ["scripts/import.ts", ...args], { cwd: ROOT });
    this.child.stdout?.on("data", (data) => (this.stdout += data));
    this.child.stderr?.on("data", (data) => (this.stderr += data));
    this.#closed = once(this.child, "close");
  }

  /** Gives it more of its standard input. */
  write(text: string): void {
    this.child.stdin?.write(text);
  }

  /** Waits for its end; answers the exit code. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  /** Ends its input, and waits for its end. */
  async end(): Promise<number | null> {
    this.child.stdin?.end();
    return await this.ended();
  }
}

/** Runs the command to its end. */
export async function runImport(...args: string[]) {
  const command = new ImportCommand(...args);
  const code = await command.end();
  return { code, stdout: command.stdout, stderr: command.stderr };
}

/** A folder with files to import. */
export async function openFolder() {
  const folder = await mkdtemp(join(tmpdir(), "deskwire-import-"));
  return {
    path: (name: string) => join(folder, name),
    async write(name: string, content: string): Promise<string> {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** All tickets of a desk, in the order in which they were added. */
export async function allTickets(transport: Transport): Promise<Ticket[]> {
  const client = createClient(TicketService, transport);
  const tickets: Ticket[] = [];
  let pageToken = "";
  do {
    const page = await client.listTickets({ pageSize: 100, pageToken, order: TicketOrder.CREATED_OLDEST });
    tickets.push(...page.tickets);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return tickets.sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
}
