// Requests in JSON that cannot be decoded, answered with what is wrong and where.
import { type DescMessage, fromJsonString, type JsonValue, type Message } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, type ConnectError } from "@connectrpc/connect";
import {
  createAsyncIterable,
  type UniversalHandler,
  type UniversalServerRequest,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes, parseContentType } from "@connectrpc/connect/protocol-connect";
import { BadRequestSchema } from "#gen/google/rpc/error_details_pb.js";
import { fail } from "../errors.ts";
import { explainJson } from "../messages/json-issues.ts";
import { textOf } from "./read-body.ts";

/** @throws ConnectError `JSON_MALFORMED` for bytes that are not UTF-8, which the platform's own decoder replaces without a word */
function decode(bytes: Uint8Array): string {
  try {
    return textOf(bytes);
  } catch {
    throw notUtf8();
  }
}

function notUtf8(): ConnectError {
  const message = "Cannot read the request: it is not in UTF-8, as JSON has to be. Correct it and call again.";
  return fail(Code.InvalidArgument, "JSON_MALFORMED", message);
}

/**
 * How requests in JSON are read, whichever way they come. Without the first, unknown fields are ignored, and unknown enum names
 * are dropped without a word.
 */
export const JSON_REQUESTS = { ignoreUnknownFields: false, textDecoder: { decode } };

/** Reads a request from its bytes. @throws ConnectError as `mistakeIn` */
export function readJson(desc: DescMessage, bytes: Uint8Array): Message {
  const text = decode(bytes);
  try {
    return fromJsonString(desc, text, JSON_REQUESTS);
  } catch (error) {
    throw mistakeIn(desc, text) ?? error;
  }
}

const BAD_REQUEST = codeToHttpStatus(Code.InvalidArgument);

/**
 * What is wrong with the JSON text of a message: `invalid_argument` with JSON_MALFORMED for what is no JSON, else
 * REQUEST_MALFORMED and `google.rpc.BadRequest` with every wrong field. Undefined where it can be decoded.
 */
function mistakeIn(desc: DescMessage, text: string): ConnectError | undefined {
  let json: JsonValue;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const problem = text.trim()
      ? `Cannot read the request: ${(error as SyntaxError).message.toWellFormed()}. Correct it and call again.`
      : "The request is empty. Send a JSON object; {} is one without any field.";
    return fail(Code.InvalidArgument, "JSON_MALFORMED", problem);
  }
  try {
    fromJsonString(desc, text, JSON_REQUESTS);
    return undefined;
  } catch (error) {
    const found = explainJson(desc, json);
    const lines = found.map(({ path, description }) => `${path || desc.name}: ${description}`);
    // A mistake that only the decoder sees, such as one name twice in an object.
    if (lines.length === 0) lines.push((error as Error).message.slice(0, 500).toWellFormed());
    const message = `Invalid request: ${lines.join("; ")}. Correct it and call again.`;
    const failure = fail(Code.InvalidArgument, "REQUEST_MALFORMED", message);
    const fieldViolations = found.map(({ path, rule, description }) => ({ field: path, reason: rule, description }));
    if (found.length > 0) failure.details.push({ desc: BadRequestSchema, value: { fieldViolations } });
    return failure;
  }
}

/** Keeps the bytes of a body that is read to its end. */
class Copy {
  readonly #chunks: Uint8Array[] = [];
  #complete = false;

  async *of(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const chunk of body) {
      this.#chunks.push(chunk);
      yield chunk;
    }
    this.#complete = true;
  }

  get text(): string | undefined {
    return this.#complete ? new TextDecoder().decode(Buffer.concat(this.#chunks)) : undefined;
  }
}

/** What a query says by its escapes may be no UTF-8, which `URLSearchParams` replaces without a word. */
function isUtf8({ url }: UniversalServerRequest): boolean {
  try {
    decodeURIComponent(new URL(url).search);
    return true;
  } catch {
    return false;
  }
}

/** The message in the query of a GET, where it is JSON. */
function textOfQuery(request: UniversalServerRequest): string | undefined {
  const query = new URL(request.url).searchParams;
  if (query.get("encoding") !== "json" || query.get("compression")) return undefined;
  const message = query.get("message") ?? "";
  return query.get("base64") === "1" ? new TextDecoder().decode(base64Decode(message)) : message;
}

function answer(header: Headers | undefined, error: ConnectError): UniversalServerResponse {
  const body = errorToJsonBytes(error, undefined);
  const headers = new Headers(header);
  headers.set("content-type", "application/json");
  headers.delete("content-encoding");
  headers.set("content-length", String(body.byteLength));
  return { status: BAD_REQUEST, header: headers, body: createAsyncIterable([body]) };
}

/**
 * Makes a unary method of Connect say what is wrong with a request in JSON that cannot be decoded, as `mistakeIn` does.
 *
 * Looks only at requests that Connect has refused, so that good ones cost nothing. Compressed ones, streams and gRPC with
 * JSON keep the decoder's own message.
 */
export function explainingJson(handler: UniversalHandler): UniversalHandler {
  const { input, methodKind } = handler.method;
  if (methodKind !== "unary") return handler;
  const handle = async (request: UniversalServerRequest): Promise<UniversalServerResponse> => {
    const explained = (response: UniversalServerResponse, text: string | undefined) => {
      const error = text === undefined ? undefined : mistakeIn(input, text);
      return error ? answer(response.header, error) : response;
    };
    if (request.method === "GET") {
      if (!isUtf8(request)) return answer(undefined, notUtf8());
      const response = await handler(request);
      return response.status === BAD_REQUEST ? explained(response, textOfQuery(request)) : response;
    }
    const type = parseContentType(request.header.get("content-type"));
    const encoding = request.header.get("content-encoding") ?? "identity";
    if (!type || type.stream || type.binary || encoding !== "identity") return handler(request);
    const copy = new Copy();
    const response = await handler({ ...request, body: copy.of(request.body as AsyncIterable<Uint8Array>) });
    return response.status === BAD_REQUEST ? explained(response, copy.text) : response;
  };
  const { protocolNames, supportedContentType, allowedMethods, requestPath, service, method } = handler;
  return Object.assign(handle, { protocolNames, supportedContentType, allowedMethods, requestPath, service, method });
}
