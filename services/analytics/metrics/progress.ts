// How far the log has been read, as the contract says it.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MetricsProgressSchema } from "#gen/deskwire/analytics/v1/metrics_pb.js";
import type { Cursor } from "./cursor.ts";

/** Says how far the log has been read. */
export function progressOf({ position, eventTime, complete }: Cursor): MessageInitShape<typeof MetricsProgressSchema> {
  return { position: BigInt(position), complete, ...(eventTime > 0 && { eventTime: timestampFromMs(eventTime) }) };
}
