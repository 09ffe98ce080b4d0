// The desk whose gateway the agent works through: the one that runs, or, where none does, one over the data itself.
import Anthropic from "@anthropic-ai/sdk";
import { type Config, PARTS } from "../../runtime/config.ts";
import { createLog } from "../../runtime/log.ts";

/** A desk to work through. */
export interface AgentDesk extends AsyncDisposable {
  readonly client: Anthropic;
  /** Where it is, for a person. */
  readonly place: string;
}

// Where nobody is asked who they are, any key will do; the SDK wants one.
const clientOf = (baseURL: string, apiKey = "local") => new Anthropic({ baseURL, apiKey });

async function runs(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    () => true,
    () => false,
  );
}

async function openOwn(config: Config): Promise<AgentDesk> {
  // Only now: who talks to a running desk need not wait for all of it to load.
  const { openDesk } = await import("../../services/desk.ts");
  const { listen } = await import("../../runtime/http/listener.ts");
  const log = createLog({ level: "warn" });
  const desk = await openDesk({ config, parts: PARTS, demo: true, log });
  const listener = await listen({
    ...{ host: "127.0.0.1", port: 0, allowedHosts: [], allowedOrigins: [], graceMs: 1_000, log },
    services: [],
    routes: desk.gateway?.routesFor(undefined) ?? {},
  });
  return {
    client: clientOf(listener.url),
    place: config.DATABASE_URL ? "DATABASE_URL" : config.DATA_DIR,
    async [Symbol.asyncDispose]() {
      desk.drain();
      await listener.close();
      await desk.close();
    },
  };
}

/**
 * Finds the desk.
 *
 * @param url asked for by name: then nothing is opened where it does not answer
 * @throws ConnectError `DATA_DIR_IN_USE` where another process holds the data and answers nowhere
 */
export async function findDesk(config: Config, url: string | undefined): Promise<AgentDesk> {
  const place = (url ?? config.DESKWIRE_URL).replace(/\/+$/, "");
  if (url === undefined && !(await runs(place))) return openOwn(config);
  return { client: clientOf(place, config.DESKWIRE_API_KEY), place, async [Symbol.asyncDispose]() {} };
}
