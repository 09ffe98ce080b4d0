import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { TicketEventSchema, TicketEventType } from "#gen/deskwire/ticket/v1/event_pb.js";
import { readPolicy } from "../../../runtime/policy/read-policy.ts";
import { project } from "./project.ts";

const NOW = Date.parse("2026-03-02T09:00:00Z");
const METHOD = "deskwire.ticket.v1.TicketService/ImportTickets";
const text = (value: string) => ({ kind: { case: "stringValue" as const, value } });

test("of an imported ticket of the year 1 no hours before 1970 are worked out", () => {
  const policy = readPolicy();
  const asked: number[] = [];
  const calendar = {
    ...policy.calendar,
    businessMsBetween(from: number, to: number) {
      asked.push(from);
      return policy.calendar.businessMsBetween(from, to);
    },
  };
  const rules = { policy: { ...policy, calendar }, mood: () => ({ sentiment: 2, score: 0, category: 9, engine: "x" }) };
  const common = { ticketId: "TKT-1001", customerId: "CUS-1001", createTime: timestampFromMs(NOW), method: METHOD };
  const changes = Object.entries({
    status: "TICKET_STATUS_OPEN",
    create_time: "0001-01-01T00:00:00Z",
  }).map(([field, value]) => ({ field, after: text(value) }));
  const opened = project(
    undefined,
    create(TicketEventSchema, { ...common, type: TicketEventType.CREATED, changes }),
    rules,
  );
  const resolved = [{ field: "status", before: text("TICKET_STATUS_OPEN"), after: text("TICKET_STATUS_RESOLVED") }];
  const end = { ...common, type: TicketEventType.STATUS_CHANGED, changes: resolved };
  const { facts } = project(opened.state, create(TicketEventSchema, end), rules);
  expect(facts).toMatchObject([{ kind: "resolved", resolution: { wall: NOW } }]);
  expect(new Set(asked)).toEqual(new Set([0]));
});
