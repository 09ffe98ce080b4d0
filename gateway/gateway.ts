// The messages gateway: a conversation comes in by the Messages API, the model works on it with the desk's tools, an answer goes out.
import { Code } from "@connectrpc/connect";
import type { Catalog } from "../adapter/catalog.ts";
import { type Caller, type Identify, localCaller } from "../adapter/server/caller.ts";
import { isGone, sendResponse, toRequest } from "../adapter/server/http-bridge.ts";
import { createViews } from "../adapter/server/view.ts";
import type { HttpRequest, HttpResponse } from "../runtime/cleartext-port.ts";
import { failForNow } from "../runtime/errors.ts";
import type { Route } from "../runtime/listener.ts";
import { type Log, logToStderr } from "../runtime/log.ts";
import { answerOf, closingBlocks, newId } from "./answer.ts";
import { assertCallable, readJson } from "./body.ts";
import { callHeaders } from "./call-headers.ts";
import { errorBody, failureOf } from "./errors.ts";
import { expandTools, type Toolbox } from "./expand-tools.ts";
import type { RunLimits } from "./limits.ts";
import { type Stop, type Watcher, work } from "./loop.ts";
import { type MessagesRequest, readRequest } from "./messages.ts";
import type { Run } from "./run.ts";
import { type Models, modelHeaders, startRun } from "./start-run.ts";
import { openAnswerStream } from "./stream.ts";
import type { SystemPrompt } from "./system-prompt.ts";
import type { Upstream } from "./upstream.ts";

/** What a gateway is made of. */
export interface GatewayOptions {
  readonly catalog: Catalog;
  readonly upstream: Upstream;
  readonly models: Models;
  readonly systemPrompt: SystemPrompt;
  readonly limits: RunLimits;
  /** Makes out the caller. Absent: every caller is the local one. */
  readonly identify?: Identify | undefined;
  /** Runs at once; one more is refused for now. Default: 64. */
  readonly maxRuns?: number;
  readonly log?: Log;
}

/** A gateway, to be mounted on a port. */
export interface Gateway {
  readonly routes: Readonly<Record<string, Route>>;
  /** Ends all runs that are under way. */
  close(): void;
}

const MAX_RUNS = 64;
const BUSY_MS = 2_000;
const SILENT: Watcher = { onEvent: () => false, onTool() {} };

/** One request on its way through the gateway. */
interface Exchange {
  readonly caller: Caller;
  readonly headers: HttpRequest["headers"];
  readonly request: MessagesRequest;
  readonly signal: AbortSignal;
  readonly requestId: string;
}

class MessagesGateway implements Gateway {
  readonly routes: Readonly<Record<string, Route>>;
  readonly #options: GatewayOptions;
  readonly #log: Log;
  readonly #viewOf: ReturnType<typeof createViews>;
  readonly #closing = new AbortController();
  #runs = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#log = options.log ?? logToStderr;
    this.#viewOf = createViews(options.catalog);
    this.routes = { "/v1/messages": (request, response) => this.#handle(request, response) };
  }

  close(): void {
    const message = "The desk is stopping. Send the same request again in a moment.";
    this.#closing.abort(failForNow(Code.Unavailable, "SHUTTING_DOWN", message, BUSY_MS));
  }

  async #handle(request: HttpRequest, response: HttpResponse): Promise<void> {
    const requestId = newId("req");
    const answer = await this.#answer(request, response, requestId).catch((error) => {
      const failure = failureOf(error, requestId, isGone(response) ? () => {} : this.#log);
      return Response.json(errorBody(failure, requestId), { status: failure.status, headers: failure.headers });
    });
    if (isGone(response)) return void (await answer.body?.cancel());
    // What is left of a request that was not read to its end cannot be told from the next one.
    if (!request.complete && request.httpVersionMajor === 1) response.setHeader("connection", "close");
    answer.headers.set("request-id", requestId);
    await sendResponse(answer, response);
  }

  async #answer(request: HttpRequest, response: HttpResponse, requestId: string): Promise<Response> {
    const { signal } = toRequest(request, response);
    assertCallable(request);
    const caller = await (this.#options.identify ?? (async () => localCaller))(request);
    const body = await readJson(request);
    const exchange: Exchange = {
      ...{ caller, headers: request.headers, request: readRequest(body), requestId },
      signal: AbortSignal.any([signal, this.#closing.signal]),
    };
    if (this.#runs >= (this.#options.maxRuns ?? MAX_RUNS)) {
      throw failForNow(
        Code.ResourceExhausted,
        "RUNS_BUSY",
        "Too many runs are under way. Try again in a moment.",
        BUSY_MS,
      );
    }
    const toolbox = this.#toolbox(exchange);
    const run = startRun({ ...exchange, ...this.#options, toolbox });
    return exchange.request.stream ? this.#stream(run, exchange, toolbox) : this.#whole(run, exchange, toolbox);
  }

  #toolbox({ request, caller }: Exchange): Toolbox {
    return expandTools(request.tools ?? [], this.#viewOf(caller.scopes).tools);
  }

  async #work(run: Run, { headers, caller, signal }: Exchange, toolbox: Toolbox, watcher: Watcher): Promise<Stop> {
    const { upstream, limits } = this.#options;
    this.#runs++;
    try {
      return await work(run, {
        ...{ upstream, limits, toolbox, signal, watcher },
        headers: callHeaders(headers, caller, run.ticket),
        modelHeaders: modelHeaders(headers),
        save: async () => {},
      });
    } finally {
      this.#runs--;
    }
  }

  async #whole(run: Run, exchange: Exchange, toolbox: Toolbox): Promise<Response> {
    const stop = await this.#work(run, exchange, toolbox, SILENT);
    return Response.json(answerOf(run, stop, (name) => toolbox.ours.has(name)));
  }

  async #stream(run: Run, exchange: Exchange, toolbox: Toolbox): Promise<Response> {
    const isOurs = (name: string) => toolbox.ours.has(name);
    const stream = openAnswerStream(run, isOurs);
    const { requestId } = exchange;
    const done = this.#work(run, exchange, toolbox, stream).then((stop) => {
      stream.finish(answerOf(run, stop, isOurs), closingBlocks(run, stop));
    });
    // What goes wrong before the first event is an HTTP error still; after it, an event.
    await Promise.race([stream.begun, done]);
    done.catch((error) => stream.fail(failureOf(error, requestId, this.#log), requestId));
    return new Response(stream.body, {
      headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    });
  }
}

/** Makes a gateway; the port it is mounted on must have checked Host and Origin. */
export function createGateway(options: GatewayOptions): Gateway {
  return new MessagesGateway(options);
}
