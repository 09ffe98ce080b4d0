// The filter combinations of ListTickets, each in every order: what a page is measured for.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { TicketOrder, TicketPriority, TicketStatus, WaitingOn } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type ListTicketsRequest, ListTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";

type Filter = MessageInitShape<typeof ListTicketsRequestSchema>;

/** A filter and the order of its page. */
export interface Combination {
  readonly filter: string;
  readonly order: string;
  readonly request: ListTicketsRequest;
}

const { OPEN, IN_PROGRESS, CLOSED } = TicketStatus;
const { HIGH, URGENT } = TicketPriority;

/** Whose tickets: at most one of these. */
const WHOSE: Readonly<Record<string, Filter>> = {
  "": {},
  assignee: { assignee: "agent-7" },
  unassigned: { unassigned: true },
  team: { team: "platform" },
  customer: { customerId: "CUS-1001" },
  category: { categories: ["billing"] },
  categories: { categories: ["billing", "shipping", "general"] },
  tag: { tags: ["tag-5"] },
};

/** In which state: any of these together. */
const STATES: Readonly<Record<string, Filter>> = {
  "": {},
  status: { statuses: [OPEN] },
  "closed status": { statuses: [CLOSED] },
  statuses: { statuses: [OPEN, IN_PROGRESS] },
  priority: { priorities: [URGENT] },
  priorities: { priorities: [HIGH, URGENT] },
  waiting_on: { waitingOn: WaitingOn.DESK },
  "statuses, waiting_on": { statuses: [OPEN, IN_PROGRESS], waitingOn: WaitingOn.DESK },
  "statuses, priorities": { statuses: [OPEN, IN_PROGRESS], priorities: [HIGH, URGENT] },
  "statuses, priorities, waiting_on": {
    ...{ statuses: [OPEN, IN_PROGRESS], priorities: [HIGH, URGENT], waitingOn: WaitingOn.DESK },
  },
};

const middle = timestampFromMs(Date.UTC(2025, 9, 1));
const { UPDATED_NEWEST, UPDATED_OLDEST, CREATED_NEWEST, CREATED_OLDEST, DUE_SOONEST } = TicketOrder;

/** Ranges of time go with the orders that go by that time. */
const RANGES: Readonly<Record<string, { readonly filter: Filter; readonly orders: readonly TicketOrder[] }>> = {
  created: { filter: { createdFrom: middle }, orders: [CREATED_NEWEST, CREATED_OLDEST] },
  updated: { filter: { updatedBefore: middle }, orders: [UPDATED_NEWEST, UPDATED_OLDEST] },
  overdue: { filter: { overdue: true }, orders: [DUE_SOONEST] },
  due_before: { filter: { dueBefore: middle }, orders: [DUE_SOONEST] },
};

const ORDERS = Object.values(TicketOrder).filter((order): order is TicketOrder => Number(order) > 0);
const named = (...names: readonly string[]) => names.filter((name) => name !== "").join(", ") || "no filter";

/** Every combination that a page is promised for. */
export function combinations(): Combination[] {
  const found: Combination[] = [];
  for (const [whose, one] of Object.entries(WHOSE)) {
    for (const [state, other] of Object.entries(STATES)) {
      const add = (range: string, order: TicketOrder, filter: Filter = {}) =>
        found.push({
          filter: named(whose, state, range),
          order: TicketOrder[order].toLowerCase(),
          request: create(ListTicketsRequestSchema, { ...one, ...other, ...filter, order } as never),
        });
      for (const order of ORDERS) add("", order);
      for (const [range, { filter, orders }] of Object.entries(RANGES)) {
        for (const order of orders) add(range, order, filter);
      }
    }
  }
  return found;
}
