// The messages gateway: a conversation comes in by the Messages API, the model works on it with the desk's tools, an answer goes out.
import { type Identify, localCaller } from "../adapter/server/caller.ts";
import { isGone, sendResponse, toRequest } from "../adapter/server/http-bridge.ts";
import { REPLAYED_HEADER } from "../runtime/call.ts";
import type { HttpRequest, HttpResponse } from "../runtime/cleartext-port.ts";
import type { Route } from "../runtime/listener.ts";
import { newId } from "./answer.ts";
import { assertCallable, readJson } from "./body.ts";
import { errorBody, failureOf } from "./errors.ts";
import { expandTools } from "./expand-tools.ts";
import type { Watcher } from "./loop.ts";
import { readRequest } from "./messages.ts";
import type { Run } from "./run.ts";
import { Runner, type RunnerOptions, type Stretch } from "./runner.ts";
import { identityOf } from "./runs/identity.ts";
import { type Models, modelHeaders, startRun } from "./start-run.ts";
import { openAnswerStream, replayStream } from "./stream.ts";
import type { SystemPrompt } from "./system-prompt.ts";
import { modelKeyMissing } from "./upstream.ts";

/** What a gateway is made of. */
export interface GatewayOptions extends RunnerOptions {
  readonly models: Models;
  readonly systemPrompt: SystemPrompt;
}

/** A gateway, to be mounted on a port that checks Host and Origin. */
export interface Gateway {
  /** @param identify makes out callers; absent where every caller is the local one */
  routes(identify?: Identify): Readonly<Record<string, Route>>;
  /** Ends all runs that are under way. */
  close(): void;
}

const SILENT: Watcher = { onEvent: () => false, onTool() {} };
const EVENTS = { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } };

/** One request on its way through the gateway. */
interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly requestId: string;
  readonly identify: Identify | undefined;
}

class MessagesGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #runner: Runner;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#runner = new Runner(options);
  }

  routes(identify?: Identify): Readonly<Record<string, Route>> {
    return {
      "/v1/messages": (request, response) => this.#handle({ request, response, identify, requestId: newId("req") }),
    };
  }

  close(): void {
    this.#runner.close();
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { request, response, requestId } = exchange;
    const answer = await this.#messages(exchange).catch((error) => {
      const failure = failureOf(error, requestId, isGone(response) ? () => {} : this.#options.log);
      return Response.json(errorBody(failure, requestId), { status: failure.status, headers: failure.headers });
    });
    if (isGone(response)) return void (await answer.body?.cancel());
    // What is left of a request that was not read to its end cannot be told from the next one.
    if (!request.complete && request.httpVersionMajor === 1) response.setHeader("connection", "close");
    answer.headers.set("request-id", requestId);
    await sendResponse(answer, response);
  }

  async #messages(exchange: Exchange): Promise<Response> {
    const { request, response, identify } = exchange;
    const { upstream, store } = this.#options;
    const { headers } = request;
    const { signal } = toRequest(request, response);
    assertCallable(request);
    const caller = identify === undefined ? localCaller : await identify(request);
    const body = readRequest(await readJson(request));
    if (!upstream.ready) throw modelKeyMissing();
    this.#runner.assertRoom();
    const toolbox = expandTools(body.tools ?? [], this.#runner.toolsFor(caller.scopes));
    const started = startRun({ ...this.#options, request: body, headers, caller, toolbox });
    const { id, run, answer } = await store.begin(caller.principal, identityOf(body, headers), started);
    response.once("finish", () => this.#delivered(id));
    if (answer !== undefined) {
      const replayed = body.stream ? new Response(replayStream(answer), EVENTS) : Response.json(answer);
      replayed.headers.set(REPLAYED_HEADER, "true");
      return replayed;
    }
    const stretch = { signal, incoming: headers, modelHeaders: modelHeaders(headers) };
    return body.stream
      ? this.#stream(run, stretch, exchange)
      : Response.json(await this.#runner.work(run, { ...stretch, watcher: SILENT }));
  }

  #delivered(id: string): void {
    const { store, log } = this.#options;
    store.delivered(id).catch((error) => log("not noted that an answer was delivered", { run: id, error }));
  }

  async #stream(run: Run, stretch: Omit<Stretch, "watcher">, { requestId }: Exchange): Promise<Response> {
    const stream = openAnswerStream(run, this.#runner.isOurs(run));
    const done = this.#runner.work(run, { ...stretch, watcher: stream }).then((answer) => stream.finish(answer));
    // What goes wrong before the first event is an HTTP error still; after it, an event.
    await Promise.race([stream.begun, done]);
    done.catch((error) => stream.fail(failureOf(error, requestId, this.#options.log), requestId));
    return new Response(stream.body, EVENTS);
  }
}

/** Makes a gateway. */
export function createGateway(options: GatewayOptions): Gateway {
  return new MessagesGateway(options);
}
