// Every method of every service that knows tickets or customers states what a run that is confined to one ticket may do
// with it. What states nothing is refused, so a new method is closed until somebody has thought about it.
import { createClient, type HandlerContext } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { CrmService } from "#gen/deskwire/crm/v1/crm_service_pb.js";
import { SupportService } from "#gen/deskwire/support/v1/support_service_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { CONFINEMENT_HEADER } from "../../runtime/calls/call.ts";
import { confine } from "../../runtime/calls/confinement.ts";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { bindService } from "../../runtime/calls/service.ts";
import { reasonOf } from "../../runtime/errors.ts";
import { CONFINEMENT as CRM } from "../../services/crm/confinement.ts";
import { CONFINEMENT as SUPPORT } from "../../services/support/confinement.ts";
import { CONFINEMENT as TICKET } from "../../services/ticket/confinement.ts";

const TABLES = [
  [SupportService, SUPPORT],
  [TicketService, TICKET],
  [CrmService, CRM],
] as const;

test.each(TABLES)("%o has a rule for every method, and for nothing else", (service, rules) => {
  expect(Object.keys(rules).sort()).toEqual(service.methods.map(({ localName }) => localName).sort());
});

test("what a confined run may do at the desk is this", () => {
  const allowed = Object.entries(SUPPORT).filter(([, rule]) => rule !== "refused");
  expect(allowed.map(([name, rule]) => `${name}: ${rule === "free" ? rule : Object.keys(rule).join(" and ")}`)).toEqual(
    [
      "handleTicket: ticket",
      "listConversation: ticket",
      "respondToTicket: ticket",
      "updateTicket: ticket",
      "addInternalNote: ticket",
      "lookUpCustomer: customer",
      "addCustomerNote: ticket and customer",
    ],
  );
});

test("a method without a rule is refused to confined calls, and open to others", async () => {
  const implementation = { getCustomer: (_: unknown, __: HandlerContext) => ({}) } as never;
  const stubs = Object.fromEntries(CrmService.methods.map(({ localName }) => [localName, () => ({})]));
  const { getCustomer: _, ...rest } = CRM;
  const confined = confine(CrmService, { ...stubs, ...(implementation as object) } as never, rest as never);
  const { getCustomer } = createClient(CrmService, directTransport([bindService(CrmService, confined)]));
  const request = { customerId: "CUS-1001" };
  expect(await getCustomer(request)).toBeDefined();
  const headers = { [CONFINEMENT_HEADER]: "TKT-1001" };
  const error = await getCustomer(request, { headers }).catch((thrown: unknown) => thrown);
  expect(reasonOf(error)).toBe("OUTSIDE_TICKET");
});
