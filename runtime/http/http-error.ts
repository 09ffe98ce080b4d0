// Errors that are answered before any RPC handler runs, in the form that the client understands.
import type { ConnectError } from "@connectrpc/connect";
import { errorToJson } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { HttpRequest, HttpResponse } from "./http-port.ts";

function answer(response: HttpResponse, status: number, headers: Record<string, string>, body?: string): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  // Without a body, HTTP/2 ends the stream with the headers, which gRPC's trailers-only form demands.
  if (body === undefined) response.end();
  else response.end(body);
}

/** Answers with JSON. */
export function answerJson(response: HttpResponse, status: number, body: unknown): void {
  answer(response, status, { "content-type": "application/json" }, `${JSON.stringify(body, null, 2)}\n`);
}

/** Of gRPC and gRPC-Web; what follows, such as the encoding of messages, is of no matter where there is none. */
const GRPC_TYPE = /^application\/grpc(-web)?(-text)?(\+(proto|json))?/;

/**
 * Answers with an error: to gRPC and gRPC-Web as a trailers-only response, to everyone else as the JSON of a Connect
 * error, which people can read as well. Its details, such as ErrorInfo, and its metadata, such as `www-authenticate`, are in
 * both.
 *
 * @param status the HTTP status for those who are not gRPC, whose status is always 200 with the code beside it
 */
export function answerError(request: HttpRequest, response: HttpResponse, status: number, error: ConnectError): void {
  // Not the whole of what the client says, which may be as long as all headers together.
  const [contentType] = GRPC_TYPE.exec(request.headers["content-type"] ?? "") ?? [];
  if (contentType !== undefined) {
    const headers = Object.fromEntries(setTrailerStatus(new Headers(), error));
    answer(response, 200, { "content-type": contentType, ...headers });
  } else {
    for (const [name, value] of error.metadata) response.setHeader(name, value);
    answerJson(response, status, errorToJson(error, undefined));
  }
}

/** Without the query, which in a Connect GET is the message. */
export function pathOf({ url = "" }: HttpRequest): string {
  return url.split("?", 1)[0] ?? "";
}

/** Answers a request that is neither GET nor HEAD, at a path that has nothing for it. */
export function refuseMethod(request: HttpRequest, response: HttpResponse): void {
  response.setHeader("allow", "GET, HEAD");
  answerJson(response, 405, { code: "unimplemented", message: `${pathOf(request)} answers to GET alone.` });
}
