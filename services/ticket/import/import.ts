// ImportTickets: rows of a file or of another desk become tickets, piece by piece.
import { create } from "@bufbuild/protobuf";
import {
  type ImportTicketsRequest,
  type ImportTicketsResponse,
  ImportTicketsResponseSchema,
} from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import type { ResolveCustomers } from "../customer-directory.ts";
import { piecesOf } from "./pieces.ts";
import { prepared } from "./prepare.ts";
import { Ahead } from "./read-ahead.ts";
import { type ImportOptions, storePieces } from "./store.ts";

/** Pieces that are checked and looked up while others are stored. */
const AHEAD = 2;

/** Imports a stream of rows. What was stored before an error stays. */
export async function importTickets(
  options: ImportOptions,
  requests: AsyncIterable<ImportTicketsRequest>,
  resolveCustomers: ResolveCustomers,
): Promise<ImportTicketsResponse> {
  const response = create(ImportTicketsResponseSchema);
  const pieces = piecesOf(requests, (refused) => void response.refused.push(refused));
  const ahead = new Ahead(prepared(options.database, pieces, resolveCustomers), AHEAD);
  const tickets = new Map<string, string>();
  try {
    for await (const { piece, added, present } of storePieces(options, ahead)) {
      for (const found of [present, added]) for (const [key, id] of found) tickets.set(key, id);
      const firsts = new Set(piece.firsts);
      for (const keyed of piece.rows) {
        const { key, line } = keyed;
        const alreadyPresent = present.has(key) || !firsts.has(keyed);
        const ticketId = tickets.get(key) ?? "";
        response.imported.push({ $typeName: "deskwire.ticket.v1.ImportedRow", line, ticketId, alreadyPresent });
      }
    }
  } finally {
    ahead.close();
  }
  return response;
}
