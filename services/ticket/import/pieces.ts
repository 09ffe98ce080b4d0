// The rows of a stream, checked and cut into pieces that are looked up and stored together.
import { create } from "@bufbuild/protobuf";
import { type ImportRow, type RefusedRow, RefusedRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import type { ImportTicketsRequest } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { contentHash, refusal } from "./row.ts";
import type { KeyedRow } from "./to-ticket.ts";

/** Rows of a piece: as many as the database takes by one statement. And characters of theirs. */
export const PIECE = 1_024;
/** The first is small and each the double of the one before: the database has something to do while the next come. */
export const FIRST_PIECE = 128;
const PIECE_CHARACTERS = 2_000_000;

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

/** Rows that can be taken, as they come; `refuse` is told of the others. */
export async function* piecesOf(
  requests: AsyncIterable<ImportTicketsRequest>,
  refuse: (row: RefusedRow) => void,
): AsyncGenerator<KeyedRow[]> {
  const keys = new Keys();
  let piece: KeyedRow[] = [];
  let size = FIRST_PIECE;
  let characters = 0;
  let count = 0n;
  for await (const request of requests) {
    for (const row of rowsOf(request)) {
      count += 1n;
      const line = row?.line || count;
      const refused = refusal(row);
      if (refused) refuse(create(RefusedRowSchema, { ...refused, line }));
      else if (row) {
        piece.push({ row, line, key: keys.of(row) });
        characters += row.description.length;
      }
      if (piece.length < size && characters < PIECE_CHARACTERS) continue;
      yield piece;
      piece = [];
      size = Math.min(PIECE, 2 * size);
      characters = 0;
    }
  }
  if (piece.length > 0) yield piece;
}
