// An export as a JSON document, written as it comes.
import { toJson } from "@bufbuild/protobuf";
import { type Client, Code } from "@connectrpc/connect";
import { ExportCustomerResponseSchema } from "#gen/deskwire/support/v1/privacy_pb.js";
import type { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { fail } from "../../runtime/errors.ts";

/**
 * The lines of the document: an object whose `parts` are in the order of the stream, one a line.
 *
 * @throws ConnectError `data_loss` (EXPORT_CUT_OFF) where the stream ends without its end
 */
export async function* exportLines(support: Client<typeof SupportService>, customerId: string): AsyncGenerator<string> {
  let separator = "";
  // No deadline: it takes as long as there is something to read.
  for await (const response of support.exportCustomer({ customerId }, { timeoutMs: 0 })) {
    // Only now: for a customer who is not there nothing is to be written.
    if (separator === "") {
      yield `{"customer_id":"${customerId}","export_time":"${new Date().toISOString()}","parts":[\n`;
    }
    const { part } = response;
    if (part.case === "end") return yield `\n],"part_count":${part.value.partCount}}\n`;
    yield separator + JSON.stringify(toJson(ExportCustomerResponseSchema, response, { useProtoFieldName: true }));
    separator = ",\n";
  }
  throw fail(Code.DataLoss, "EXPORT_CUT_OFF", "The desk broke off in the middle. Export again.");
}
