// A write of a service: one transaction, done once however often it is sent.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Knex } from "knex";
import type { Database } from "../database/database.ts";
import { principalOf, REPLAYED_HEADER } from "./call.ts";
import { replay } from "./idempotency.ts";

/** The call that asks for a write. */
export interface Write<I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodUnary<I, O>;
  readonly request: MessageShape<I> & { readonly requestId: string };
  readonly context: HandlerContext;
  /** Milliseconds UTC. */
  readonly now: number;
}

/**
 * Runs `work` in a transaction, or answers what it answered first to the same `request_id` (AIP-155); the header
 * `deskwire-replayed` then says so. When `work` throws, nothing is written.
 *
 * @throws ConnectError `REQUEST_ID_REUSED`, see `replay`
 */
export async function write<I extends DescMessage, O extends DescMessage>(
  database: Database,
  { method, request, context, now }: Write<I, O>,
  work: (trx: Knex.Transaction) => Promise<MessageInitShape<O>>,
): Promise<MessageShape<O>> {
  const principal = principalOf(context);
  const call = { principal, method, request, requestId: request.requestId, now };
  const { response, replayed } = await database.transaction((trx) => replay(trx, call, () => work(trx)));
  if (replayed) context.responseHeader.set(REPLAYED_HEADER, "true");
  return response;
}
