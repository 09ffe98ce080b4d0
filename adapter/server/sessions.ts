// Sessions of clients that speak a revision before 2026-07-28: one protocol instance each, owned by one caller.
import { randomUUID } from "node:crypto";
import {
  isInitializeRequest,
  isJSONRPCNotification,
  type RequestId,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from "@modelcontextprotocol/server";
import type { Caller } from "../../runtime/identity/caller.ts";
import type { Log } from "../../runtime/log.ts";
import { errorResponse } from "./protocol-errors.ts";

/** Bounds of what sessions may hold. */
export interface SessionLimits {
  /** Sessions at a time, over all callers. */
  readonly maxSessions: number;
  /** Milliseconds without an open request after which a session ends. */
  readonly sessionIdleMs: number;
}

/** A session, for calls that are answered beside its protocol instance. */
interface SessionCalls {
  readonly server: Pick<Server, "getClientVersion" | "getClientCapabilities">;
  /** Does a call, which `stop` ends when the client cancels it or the session ends. */
  run<T>(id: RequestId, stop: AbortController, call: () => Promise<T>): Promise<T>;
}

/** The sessions of an endpoint. */
export interface Sessions {
  /** The caller's session of that id, if there is one. */
  find(id: string | undefined, caller: Caller): SessionCalls | undefined;
  /**
   * Serves one HTTP request.
   *
   * @param body the parsed JSON of a POST
   * @param finished settles when the exchange is over
   */
  serve(request: Request, body: unknown, caller: Caller, finished: Promise<void>): Promise<Response>;
  /** Ends every session, and with it every call in flight. */
  close(): Promise<void>;
}

class Session implements SessionCalls {
  readonly id: string;
  readonly principal: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Server;
  /** HTTP exchanges under way. */
  open = 0;
  lastUsed = performance.now();
  readonly #calls = new Map<RequestId, AbortController>();

  constructor(id: string, principal: string, transport: WebStandardStreamableHTTPServerTransport, server: Server) {
    this.id = id;
    this.principal = principal;
    this.transport = transport;
    this.server = server;
  }

  async run<T>(id: RequestId, stop: AbortController, call: () => Promise<T>): Promise<T> {
    this.open++;
    this.#calls.set(id, stop);
    try {
      return await call();
    } finally {
      if (this.#calls.get(id) === stop) this.#calls.delete(id);
      this.release();
    }
  }

  release(): void {
    this.open--;
    this.lastUsed = performance.now();
  }

  /** Hears of calls that the client cancels; the protocol instance hears of them as well, and knows those of its own. */
  hear(body: unknown): void {
    for (const message of [body].flat()) {
      if (!isJSONRPCNotification(message) || message.method !== "notifications/cancelled") continue;
      const id = message.params?.requestId as RequestId;
      this.#calls.get(id)?.abort(new Error("The client cancelled the call."));
    }
  }

  stopCalls(): void {
    for (const stop of this.#calls.values()) stop.abort(new Error("The session has ended."));
  }
}

// To another caller a session does not exist: who hijacks an id learns nothing from trying it.
const notFound = () => errorResponse(404, -32001, "Session not found. Initialize a new one.");

/** Characters of an `initialize`: what a client says of itself there is kept as long as its session. */
const MAX_INTRODUCTION = 16_384;
const tooLong = () =>
  errorResponse(
    400,
    -32600,
    `Invalid request: initialize may have ${MAX_INTRODUCTION} characters. Send a shorter one.`,
  );

/** Whose session goes when there are too many: of whoever holds the most, the one unused for longest. */
function victim(sessions: Iterable<Session>): Session | undefined {
  const held = Map.groupBy(sessions, ({ principal }) => principal);
  const [most = []] = [...held.values()].sort((a, b) => b.length - a.length);
  return most.reduce<Session | undefined>(
    (oldest, it) => (oldest && oldest.lastUsed <= it.lastUsed ? oldest : it),
    undefined,
  );
}

/** Makes the sessions of an endpoint; `createServer` makes the protocol instance of each. */
export function createSessions(createServer: () => Server, limits: SessionLimits, log: Log): Sessions {
  const sessions = new Map<string, Session>();

  const expire = () => {
    const oldest = performance.now() - limits.sessionIdleMs;
    for (const session of sessions.values()) {
      if (session.open === 0 && session.lastUsed <= oldest) void session.server.close();
    }
  };
  const expiry = setInterval(expire, Math.min(60_000, Math.ceil(limits.sessionIdleMs / 2))).unref();

  async function initialize(request: Request, body: unknown, caller: Caller): Promise<[Response, Session | undefined]> {
    const server = createServer();
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        while (sessions.size >= limits.maxSessions) {
          const evicted = victim(sessions.values());
          if (evicted === undefined) break;
          evicted.stopCalls();
          sessions.delete(evicted.id);
          void evicted.server.close();
        }
        sessions.set(id, new Session(id, caller.principal, transport, server));
      },
    });
    server.onclose = () => {
      sessions.get(transport.sessionId ?? "")?.stopCalls();
      sessions.delete(transport.sessionId ?? "");
    };
    server.onerror = (error) => log("MCP session error", { error }, "warn");
    await server.connect(transport);
    const response = await transport.handleRequest(request, { parsedBody: body });
    const session = sessions.get(transport.sessionId ?? "");
    if (session === undefined) await server.close();
    return [response, session];
  }

  function hold(session: Session, finished: Promise<void>): void {
    session.open++;
    void finished.finally(() => session.release());
  }

  function find(id: string | undefined, { principal }: Caller): Session | undefined {
    const session = id === undefined ? undefined : sessions.get(id);
    return session?.principal === principal ? session : undefined;
  }

  return {
    find,
    async serve(request, body, caller, finished) {
      const id = request.headers.get("mcp-session-id");
      if (id === null) {
        if (!isInitializeRequest(body)) {
          return errorResponse(
            400,
            -32000,
            "No session: send initialize first, then its Mcp-Session-Id with every request.",
          );
        }
        if (JSON.stringify(body).length > MAX_INTRODUCTION) return tooLong();
        const [response, session] = await initialize(request, body, caller);
        if (session) hold(session, finished);
        return response;
      }
      const session = find(id, caller);
      if (session === undefined) return notFound();
      hold(session, finished);
      session.hear(body);
      return session.transport.handleRequest(request, { parsedBody: body });
    },
    async close() {
      clearInterval(expiry);
      await Promise.all([...sessions.values()].map(({ server }) => server.close()));
    },
  };
}
