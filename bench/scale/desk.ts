// A desk under measurement: its process, and calls of the ticket service over gRPC, on one connection.
import type { ClientHttp2Session } from "node:http2";
import {
  create,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { grpcFrame, openSession, send } from "../lib/http2.ts";
import { oneProcess } from "../variants/desk.ts";

/** A running desk of so many tickets. */
export interface ScaleDesk {
  readonly name: string;
  readonly tickets: number;
  readonly url: URL;
  readonly pid: number;
  readonly session: ClientHttp2Session;
}

/** Starts a desk of so many tickets on its data. */
export async function startDesk(resources: AsyncDisposableStack, tickets: number, folder: string): Promise<ScaleDesk> {
  const { support: url, pids } = await oneProcess(resources, { DATA_DIR: folder });
  const session = await openSession(resources, url);
  return { name: tickets.toLocaleString("en-US"), tickets, url, pid: pids[0] ?? 0, session };
}

/** Calls a method. */
export async function call<I extends MessageInitShape<M["input"]>, M extends DescMethodUnary>(
  { session }: Pick<ScaleDesk, "session">,
  method: M,
  request: I,
): Promise<MessageShape<M["output"]>> {
  const headers = {
    ":path": `/${method.parent.typeName}/${method.name}`,
    "content-type": "application/grpc",
    te: "trailers",
  };
  const body = grpcFrame(toBinary(method.input, create(method.input, request)));
  const answer = await send(session, headers, body);
  return fromBinary(method.output, answer.subarray(5)) as MessageShape<M["output"]>;
}

/** Times a piece of work, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
