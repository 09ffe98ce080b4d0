// Behind the customer of rows that name nobody stand many people, whoever was the first of them.
import { createClient } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { openTestDesk } from "../support/desk.ts";

test("a row from somebody called Imported shares the customer of rows that name nobody, and its tag", async () => {
  await using desk = await openTestDesk();
  const [crm, tickets] = [createClient(CrmService, desk.transport), createClient(TicketService, desk.transport)];
  async function* rows() {
    for (const customerName of ["Imported", ""])
      yield { row: { description: "x", externalId: customerName, customerName } };
  }
  await tickets.importTickets(rows());
  const { customers } = await crm.listCustomers({});
  expect(customers).toMatchObject([{ name: "Imported", tags: ["anonymous"] }]);
});
