// An implementation of the fixture's services, with answers that a test sets.
import { create, type DescService, type FileRegistry, fromJson, type JsonValue } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { type BoundService, bindService } from "../../runtime/calls/service.ts";
import { messageOf, serviceOf } from "./fixture.ts";

type Handler = (request: never, context: HandlerContext) => unknown;
export type Handlers = Readonly<Record<string, Handler>>;

/** A message of the fixture from its ProtoJSON. */
export function message(registry: FileRegistry, type: string, json: JsonValue = {}) {
  return fromJson(messageOf(registry, type), json, { registry });
}

/** Puts handlers behind the guard; a method without one answers with an empty message. */
export function bind(registry: FileRegistry, name: string, handlers: Handlers): BoundService {
  const desc: DescService = serviceOf(registry, name);
  const silent = desc.methods.map((method): [string, Handler] => [
    method.localName,
    method.methodKind.endsWith("server_streaming") || method.methodKind === "bidi_streaming"
      ? async function* () {}
      : async () => create(method.output),
  ]);
  return bindService(desc, { ...Object.fromEntries(silent), ...handlers } as ServiceImpl<DescService>, () => {});
}
