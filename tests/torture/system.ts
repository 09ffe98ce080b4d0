// The desk under torture: every part a process of its own, and a way that can be cut before each of them and the database.
import { PARTS, type Part } from "../../runtime/config.ts";
import { DeskProcess, ROOT } from "../support/processes.ts";
import { Link } from "./link.ts";

type Way = Part | "database";

/** Waits until all have come to an end, so that none goes on behind the back of whoever hears that one has failed. */
export async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

/** The running parts. */
export class System implements AsyncDisposable {
  readonly links = new Map<Way, Link>();
  readonly #processes = new Map<Part, DeskProcess>();
  readonly #environment: Record<string, string> = {};
  readonly #root: URL;

  private constructor(root: URL) {
    this.#root = root;
  }

  /**
   * Starts all parts.
   *
   * @param storage where the data is, as environment variables say it
   * @param root the source tree to run
   */
  static async start(storage: Readonly<Record<string, string>>, root: URL = ROOT): Promise<System> {
    const system = new System(root);
    try {
      for (const part of PARTS) {
        const link = await Link.open();
        system.links.set(part, link);
        system.#environment[`${part.toUpperCase()}_URL`] = `http://127.0.0.1:${link.port}`;
      }
      Object.assign(system.#environment, storage);
      if (storage.DATABASE_URL) {
        const url = new URL(storage.DATABASE_URL);
        const link = await Link.open(Number(url.port || 5432));
        system.links.set("database", link);
        url.port = String(link.port);
        system.#environment.DATABASE_URL = url.href;
      }
      await allEnded(PARTS.map((part) => system.start(part)));
      return system;
    } catch (error) {
      await system[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where agents find the tools. */
  get mcpUrl(): URL {
    return new URL(`${this.#environment.ADAPTER_URL}/mcp`);
  }

  /** Starts a part, and waits until it is ready. */
  async start(part: Part): Promise<void> {
    const process = await DeskProcess.start([part, "--no-demo"], this.#environment, this.#root);
    this.#processes.set(part, process);
    const link = this.links.get(part);
    if (link) link.target = Number(new URL(process.url).port);
  }

  /** Ends a part by SIGKILL: it gets no chance to finish or to say anything. */
  async kill(part: Part): Promise<void> {
    await this.#processes.get(part)?.stop("SIGKILL");
    const link = this.links.get(part);
    if (link) link.target = undefined;
  }

  /** @throws Error with the last words of a part that has ended by itself */
  async assertRunning(...parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      const process = this.#processes.get(part);
      if (!process?.hasEnded) continue;
      await process.closed;
      throw new Error(`${part} has ended by itself: ${process.output}`);
    }
  }

  /** What a part has printed since it was last started. */
  output(part: Part): string {
    return this.#processes.get(part)?.output ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await allEnded(PARTS.map((part) => this.kill(part)));
    for (const link of this.links.values()) await link[Symbol.asyncDispose]();
  }
}
