// POST /v1/messages: a conversation comes in, the model works on it with the desk's tools, an answer goes out.
import { REPLAYED_HEADER } from "../runtime/calls/call.ts";
import type { Log } from "../runtime/log.ts";
import { assertPost, readJson } from "./body.ts";
import { failureOf } from "./errors.ts";
import { expandTools } from "./expand-tools.ts";
import type { Answerer, Exchange } from "./http.ts";
import { NOBODY } from "./loop.ts";
import { readRequest } from "./messages.ts";
import type { Run } from "./run.ts";
import type { Runner, RunnerOptions, Stretch } from "./runner.ts";
import { identityOf } from "./runs/identity.ts";
import { type Models, modelHeaders, startRun } from "./start-run.ts";
import { openAnswerStream, replayStream } from "./stream.ts";
import type { SystemPrompt } from "./system-prompt.ts";
import { modelKeyMissing } from "./upstream.ts";

/** What the route stands on. */
export interface MessagesOptions extends RunnerOptions {
  readonly models: Models;
  readonly systemPrompt: SystemPrompt;
}

const EVENTS = { headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } };

async function stream(runner: Runner, run: Run, stretch: Omit<Stretch, "watcher">, requestId: string, log: Log) {
  const events = openAnswerStream(run, runner.isOurs(run));
  const done = runner.work(run, { ...stretch, watcher: events }).then((answer) => events.finish(answer));
  // What goes wrong before the first event is an HTTP error still; after it, an event.
  await Promise.race([events.begun, done]);
  done.catch((error) => events.fail(failureOf(error, requestId, log), requestId));
  return new Response(events.body, EVENTS);
}

/** Makes the route. */
export function messagesRoute(options: MessagesOptions, runner: Runner): Answerer {
  const { upstream, store, log } = options;

  function noteDelivery(id: string, { response }: Exchange): void {
    response.once("finish", () => {
      store.delivered(id).catch((error) => log("not noted that an answer was delivered", { run: id, error }));
    });
  }

  return async (exchange) => {
    const { request, signal, requestId } = exchange;
    const { headers } = request;
    assertPost(request);
    const caller = await exchange.caller();
    const body = readRequest(await readJson(request));
    if (!upstream.ready) throw modelKeyMissing();
    runner.assertRoom();
    const toolbox = expandTools(body.tools ?? [], runner.toolsFor(caller.scopes));
    const started = startRun({ ...options, request: body, headers, caller, toolbox });
    const { id, run, answer } = await store.begin(caller.principal, identityOf(body, headers), started);
    noteDelivery(id, exchange);
    if (answer !== undefined) {
      const replayed = body.stream ? new Response(replayStream(answer), EVENTS) : Response.json(answer);
      replayed.headers.set(REPLAYED_HEADER, "true");
      return replayed;
    }
    const stretch = { signal, incoming: headers, modelHeaders: modelHeaders(headers) };
    if (body.stream) return stream(runner, run, stretch, requestId, log);
    return Response.json(await runner.work(run, { ...stretch, watcher: NOBODY }));
  };
}
