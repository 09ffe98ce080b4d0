// The list of erased customers, as text: what survives of them outside of the desk.
import { readFile } from "node:fs/promises";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Client, Code } from "@connectrpc/connect";
import type { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { fail } from "../../runtime/errors.ts";

const HEADING = "# Erased customers of this desk: identifier, when they were added, when they were erased.\n";
const LINE = /^(CUS-[1-9]\d{3,14}) (\S+) (\S+)$/;

/** Somebody on the list. */
export interface ErasedCustomer {
  /** Such as `CUS-1001`. */
  readonly customerId: string;
  /** When they were added, in milliseconds UTC: a desk that was set back gives numbers out again. */
  readonly createTime: number;
}

/** Asks a desk for its list. */
export async function* erasedLines(support: Client<typeof SupportService>): AsyncGenerator<string> {
  yield HEADING;
  let pageToken = "";
  do {
    const page = await support.listErasedCustomers({ pageToken });
    for (const { id, createTime, eraseTime } of page.customers) {
      const times = [createTime, eraseTime].map((time) => (time ? timestampDate(time).toISOString() : ""));
      yield `${[id, ...times].join(" ")}\n`;
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

/**
 * Reads such a list.
 *
 * @throws ConnectError `not_found` (FILE_UNREADABLE); `invalid_argument` (ERASED_LIST_INVALID) naming the line
 */
export async function readErasedList(file: string): Promise<ErasedCustomer[]> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw fail(Code.NotFound, "FILE_UNREADABLE", `Cannot read ${file}: ${error.message}.`);
  });
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line === "" || line.startsWith("#")) return [];
    const [, customerId, added] = LINE.exec(line) ?? [];
    const createTime = Date.parse(added ?? "");
    if (customerId !== undefined && !Number.isNaN(createTime)) return [{ customerId, createTime }];
    throw fail(
      Code.InvalidArgument,
      "ERASED_LIST_INVALID",
      `${file}, line ${index + 1}: expected an identifier and two times, as npm run customer -- erased prints them. Nothing was restored.`,
      { file, line: String(index + 1) },
    );
  });
}
