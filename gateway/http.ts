// What the gateway's routes have in common: a request in, a Response out, errors in the API's form.

import { isGone, sendResponse, untilHangUp } from "../adapter/server/http-bridge.ts";
import type { HttpRequest, HttpResponse } from "../runtime/http/http-port.ts";
import type { Route } from "../runtime/http/listener.ts";
import { type Caller, type Identify, localCaller } from "../runtime/identity/caller.ts";
import type { Log } from "../runtime/log.ts";
import { newId } from "./answer.ts";
import { errorBody, failureOf } from "./errors.ts";

/** One request on its way through the gateway. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  /** Path and query; its origin is not the client's. */
  readonly url: URL;
  readonly requestId: string;
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal;
  /** @throws ConnectError as `Identify` does */
  caller(): Promise<Caller>;
}

/** Answers a request, or throws what is wrong with it. */
export type Answerer = (exchange: Exchange) => Promise<Response>;

async function handle(exchange: Exchange, answerer: Answerer, log: Log): Promise<void> {
  const { request, response, requestId } = exchange;
  const answer = await answerer(exchange).catch((error) => {
    const failure = failureOf(error, requestId, isGone(response) ? () => {} : log);
    return Response.json(errorBody(failure, requestId), { status: failure.status, headers: failure.headers });
  });
  if (isGone(response)) return void (await answer.body?.cancel());
  // What is left of a request that was not read to its end cannot be told from the next one.
  if (!request.complete && request.httpVersionMajor === 1) response.setHeader("connection", "close");
  answer.headers.set("request-id", requestId);
  await sendResponse(answer, response);
}

/** Makes a route of an answerer. @param identify absent where every caller is the local one */
export function routeFor(answerer: Answerer, identify: Identify | undefined, log: Log): Route {
  return (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const signal = untilHangUp(response);
    const caller = async () => (identify === undefined ? localCaller : identify(request));
    return handle({ request, response, url, requestId: newId("req"), signal, caller }, answerer, log);
  };
}
