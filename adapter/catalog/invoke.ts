// Calls a method of any kind: one message in or many, one message out or many.
import type { DescMessage, DescMethod, DescMethodStreaming, DescMethodUnary, Message } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { CallContext } from "../catalog.ts";

/** Where calls go. */
export interface Endpoint {
  readonly transport: Transport;
  /** Deadline of each call in milliseconds; undefined leaves it to the transport. */
  readonly timeoutMs?: number | undefined;
}

async function* each(messages: readonly Message[]): AsyncGenerator<Message> {
  yield* messages;
}

/**
 * Calls a unary method.
 *
 * Rejects with a ConnectError.
 */
export function callUnary(
  { transport, timeoutMs }: Endpoint,
  method: DescMethod,
  request: Message,
  { signal, headers }: CallContext,
): Promise<{ readonly message: Message; readonly header: Headers }> {
  const unary = method as DescMethodUnary<DescMessage, DescMessage>;
  return transport.unary(unary, signal, timeoutMs, headers, request as never);
}

/**
 * Calls a streaming method and hands over each answer until `take` returns false; then, and whenever else it ends, the call
 * itself is ended.
 *
 * Rejects with a ConnectError.
 */
export async function callStreaming(
  { transport, timeoutMs }: Endpoint,
  method: DescMethod,
  requests: readonly Message[],
  { signal, headers }: CallContext,
  take: (message: Message) => boolean,
): Promise<void> {
  const streaming = method as DescMethodStreaming<DescMessage, DescMessage>;
  // Leaving the loop alone would leave a gRPC stream open.
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    const response = await transport.stream(streaming, either, timeoutMs, headers, each(requests) as never);
    for await (const message of response.message) {
      if (!take(message)) return;
    }
  } finally {
    done.abort();
  }
}
