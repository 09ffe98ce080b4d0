// ImportTickets: rows of a file or of another desk become tickets, batch by batch.
import { create } from "@bufbuild/protobuf";
import { ImportedRowSchema, type ImportRow, RefusedRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import {
  type ImportTicketsRequest,
  type ImportTicketsResponse,
  ImportTicketsResponseSchema,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { undisturbed } from "../../../runtime/background/pace.ts";
import type { ResolveCustomers } from "../customer-directory.ts";
import { contentHash, refusal } from "./row.ts";
import { type ImportOptions, storeBatch } from "./store-batch.ts";
import type { KeyedRow } from "./to-ticket.ts";

/** Rows that are held until they are stored together, and characters of theirs. */
const BATCH = 10_000;
const BATCH_CHARACTERS = 20_000_000;

/** Counts rows of the same content, so that a file that has a row twice gives two tickets, and the file again none. */
class Keys {
  readonly #seen = new Map<string, number>();

  of(row: ImportRow): string {
    if (row.externalId) return row.externalId;
    const hash = contentHash(row);
    const occurrence = row.occurrence > 0n ? Number(row.occurrence) : (this.#seen.get(hash) ?? 0) + 1;
    this.#seen.set(hash, occurrence);
    return `import:${hash}:${occurrence}`;
  }
}

/** The rows of a message; one that has none counts as one. */
const rowsOf = ({ row, rows }: ImportTicketsRequest) => (rows.length > 0 && row === undefined ? rows : [row, ...rows]);

/** Imports a stream of rows. What was stored before an error stays. */
export async function importTickets(
  options: ImportOptions,
  requests: AsyncIterable<ImportTicketsRequest>,
  resolveCustomers: ResolveCustomers,
): Promise<ImportTicketsResponse> {
  const response = create(ImportTicketsResponseSchema);
  const keys = new Keys();
  let batch: KeyedRow[] = [];
  let characters = 0;
  let count = 0n;

  async function store(): Promise<void> {
    // Of rows with the same key the first counts, as it does when they come in two batches.
    const byKey = new Map<string, KeyedRow>();
    for (const keyed of batch) if (!byKey.has(keyed.key)) byKey.set(keyed.key, keyed);
    const { added, present } = await undisturbed(() => storeBatch(options, [...byKey.values()], resolveCustomers));
    for (const keyed of batch) {
      const { key, line } = keyed;
      const ticketId = added.get(key) ?? present.get(key) ?? "";
      const alreadyPresent = present.has(key) || byKey.get(key) !== keyed;
      response.imported.push(create(ImportedRowSchema, { line, ticketId, alreadyPresent }));
    }
    batch = [];
    characters = 0;
  }

  for await (const request of requests) {
    for (const row of rowsOf(request)) {
      count += 1n;
      const line = row?.line || count;
      const refused = refusal(row);
      if (refused) response.refused.push(create(RefusedRowSchema, { ...refused, line }));
      else if (row) {
        batch.push({ row, line, key: keys.of(row) });
        characters += row.description.length;
      }
      if (batch.length >= BATCH || characters >= BATCH_CHARACTERS) await store();
    }
  }
  if (batch.length > 0) await store();
  return response;
}
