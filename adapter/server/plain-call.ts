// The request that nearly all are: one tool call in its plain form. It is told apart here and answered without the SDK, whose way
// costs several times as much. Whatever is unusual, be it right or wrong, is left to the SDK.
import type { IncomingHttpHeaders } from "node:http";
import {
  CLIENT_CAPABILITIES_META_KEY as CAPABILITIES,
  type CallToolRequestParams,
  CLIENT_INFO_META_KEY as CLIENT,
  type ClientCapabilities,
  classifyInboundRequest,
  type Implementation,
  type JSONRPCRequest,
  PROTOCOL_VERSION_META_KEY as REVISION,
  type RequestId,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import { Recent } from "../../runtime/recent.ts";

/** A tool call in its plain form. */
export interface PlainCall {
  readonly id: RequestId;
  readonly params: CallToolRequestParams;
  /** What the request says of its client, as of 2026-07-28; undefined where its session knows that (2025). */
  readonly from: { readonly client: Implementation | undefined; readonly capabilities: ClientCapabilities } | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const MODERN = "2026-07-28";
const METHOD = "tools/call";
/** Keys that mean something to the protocol itself (MCP, `_meta`). */
const RESERVED = "io.modelcontextprotocol/";
const ENVELOPE = [REVISION, CLIENT, CAPABILITIES] as string[];

const MAX_ENVELOPES = 500;
const MAX_ENVELOPE_LENGTH = 2_000;
/** What clients have said of themselves and the SDK has found right: each says the same with every request. */
const rightEnvelopes = new Recent<string, true>(MAX_ENVELOPES);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasOnly(value: Json, known: readonly string[]): boolean {
  for (const key in value) if (!known.includes(key)) return false;
  return true;
}

const isId = (value: unknown) => typeof value === "string" || Number.isSafeInteger(value);

function isPlainMeta(meta: Json, reserved: readonly string[]): boolean {
  for (const key in meta) if (key.startsWith(RESERVED) && !reserved.includes(key)) return false;
  return meta.progressToken === undefined || isId(meta.progressToken);
}

function isRightEnvelope(body: Json, meta: Json): boolean {
  const text = JSON.stringify([meta[CLIENT], meta[CAPABILITIES]]);
  if (rightEnvelopes.get(text)) return true;
  const isRight = classifyInboundRequest({ httpMethod: "POST", body }).kind === "modern";
  if (isRight && text.length <= MAX_ENVELOPE_LENGTH) rightEnvelopes.set(text, true);
  return isRight;
}

/** Of 2026-07-28: the headers say what the body says (MCP Streamable HTTP, standard headers). */
function modernCall(headers: IncomingHttpHeaders, body: JSONRPCRequest, params: CallToolRequestParams, meta: Json) {
  const agrees = meta[REVISION] === MODERN && headers["mcp-method"] === METHOD && headers["mcp-name"] === params.name;
  if (!agrees || !isPlainMeta(meta, ENVELOPE) || !isRightEnvelope(body, meta)) return undefined;
  const from = {
    client: meta[CLIENT] as Implementation | undefined,
    capabilities: meta[CAPABILITIES] as ClientCapabilities,
  };
  return { id: body.id, params, from };
}

/** Of 2025, in a session. */
function sessionCall(headers: IncomingHttpHeaders, body: JSONRPCRequest, params: CallToolRequestParams, meta: Json) {
  const { accept = "", "mcp-protocol-version": revision } = headers;
  if (revision !== undefined && !SUPPORTED_PROTOCOL_VERSIONS.includes(revision as string)) return undefined;
  if (!accept.includes("application/json") || !accept.includes("text/event-stream")) return undefined;
  return isPlainMeta(meta, []) ? { id: body.id, params, from: undefined } : undefined;
}

/** Takes in a plain call from a request of type JSON; undefined for anything else. */
export function readPlainCall(headers: IncomingHttpHeaders, body: unknown): PlainCall | undefined {
  if (!isObject(body) || body.method !== METHOD || body.jsonrpc !== "2.0" || !isId(body.id)) return undefined;
  if (!hasOnly(body, ["jsonrpc", "id", "method", "params"]) || !isObject(body.params)) return undefined;
  const { params } = body;
  if (typeof params.name !== "string" || !hasOnly(params, ["name", "arguments", "_meta"])) return undefined;
  if (params.arguments !== undefined && !isObject(params.arguments)) return undefined;
  const meta = params._meta ?? {};
  if (!isObject(meta)) return undefined;
  const read = headers["mcp-protocol-version"] === MODERN ? modernCall : sessionCall;
  return read(headers, body as unknown as JSONRPCRequest, params as CallToolRequestParams, meta);
}
