// Databases and backups of a desk from before there were due times, and desks whose policy has changed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { timestampDate, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  TicketOrder,
  TicketPriority,
  TicketStatus,
  TicketUrgency,
  WaitingOn,
} from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { TicketService } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { directTransport } from "../../runtime/calls/direct-transport.ts";
import { readConfig } from "../../runtime/config.ts";
import { openDatabase } from "../../runtime/database/database.ts";
import { parsePolicy, readPolicy } from "../../runtime/policy/read-policy.ts";
import { restoreBackup } from "../../scripts/backup/restore-backup.ts";
import { writeBackup } from "../../scripts/backup/write-backup.ts";
import { DATABASES, databaseLocation } from "../../services/databases.ts";
import { openDesk } from "../../services/desk.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { NEVER } from "../../services/ticket/priority/migration.ts";
import { eventually } from "../contract/case.ts";
import { DIALECTS, temporaryDatabase } from "../support/databases.ts";
import { silent, temporaryStorage } from "../support/desk.ts";
import { openClockedDesk } from "./desk.ts";

const until = (step: string) =>
  migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === step),
  );
const before = until("priority");
/** A Thursday. */
const WAITING = Date.parse("2026-11-26T10:00:00Z");
const NEW_COLUMNS = ["urgency", "sentiment_score", "plan", "unanswered_follow_ups", "due_at"];

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

/** Rows as the version before wrote them: one that waits, one with a first response, one that is done. */
const oldRow = (id: number, fields: object = {}) => ({
  ...{ id, subject: "Old", description: "", customer_id: "CUS-1001", status: TicketStatus.OPEN },
  ...{ priority: TicketPriority.NORMAL, category: "", channel: 1, tags: "[]", assignee: "", team: "" },
  ...{ custom_fields: "{}", waiting_on: WaitingOn.DESK, external_id: null, version: 1 },
  ...{ create_time: WAITING, update_time: WAITING, waiting_since: WAITING },
  ...{ first_response_time: null, resolve_time: null, close_time: null, reopen_count: 0, message_count: 0 },
  ...{ merged_into: null, follow_up_of: null, ...fields },
});
const OLD_TICKETS = [
  oldRow(1001),
  oldRow(1002, { priority: TicketPriority.URGENT }),
  oldRow(1003, { priority: TicketPriority.HIGH, first_response_time: WAITING, assignee: "sam", tags: '["late"]' }),
  oldRow(1004, { status: TicketStatus.CLOSED, waiting_on: WaitingOn.NOBODY, close_time: WAITING }),
  // Beyond the first stretches of identifiers, so that there is more than one.
  oldRow(2001, { priority: TicketPriority.LOW }),
];
const DUE = ["2026-11-27T10:00:00.000Z", "2026-11-26T11:00:00.000Z", "2026-11-26T14:00:00.000Z", undefined];

describe.each(DIALECTS)("%s", (dialect) => {
  async function oldDatabase() {
    const place = await temporaryDatabase(dialect);
    cleanup.defer(place.remove);
    const database = await place.open(...before);
    const columns = await database.knex("ticket").columnInfo();
    expect(Object.keys(columns).filter((name) => NEW_COLUMNS.includes(name))).toEqual([]);
    await database.knex("ticket").insert(OLD_TICKETS);
    await database.knex("ticket_tag").insert({ ticket_id: 1003, tag: "late" });
    await database.close();
    return place;
  }

  test("old tickets get their due times, and are listed by what else they are, which stays as it was", async () => {
    const place = await oldDatabase();
    const desk = await openClockedDesk({ startMs: WAITING, database: place.location });
    cleanup.use(desk);
    const last = await eventually(async () => {
      const { ticket } = await desk.tickets.getTicket({ ticketId: "TKT-2001" });
      return ticket?.dueTime && ticket;
    });
    expect(last).toMatchObject({ etag: "v1", urgency: TicketUrgency.MEDIUM, plan: "", unansweredFollowUps: 0 });
    expect(last.updateTime).toEqual(timestampFromMs(WAITING));
    expect(last.sentimentScore).toBeUndefined();
    const { tickets } = await desk.tickets.listTickets({ order: TicketOrder.DUE_SOONEST });
    expect(tickets.map(({ id }) => id)).toEqual(["TKT-1002", "TKT-1003", "TKT-1001", "TKT-2001", "TKT-1004"]);
    const due = new Map(tickets.map(({ id, dueTime }) => [id, dueTime && timestampDate(dueTime).toISOString()]));
    expect(["TKT-1001", "TKT-1002", "TKT-1003", "TKT-1004"].map((id) => due.get(id))).toEqual(DUE);
    expect((await desk.tickets.listEvents({})).events).toEqual([]);
    const listed = async (filter: object) => (await desk.tickets.listTickets(filter)).tickets.map(({ id }) => id);
    expect(await listed({ assignee: "sam" })).toEqual(["TKT-1003"]);
    expect(await listed({ tags: ["late"] })).toEqual(["TKT-1003"]);
    expect(await listed({ unassigned: true })).toEqual(["TKT-2001", "TKT-1004", "TKT-1002", "TKT-1001"]);
  });

  test("who has to act next goes by the status, also where an earlier version was told otherwise", async () => {
    const place = await temporaryDatabase(dialect);
    cleanup.defer(place.remove);
    const database = await place.open(...until("waits-by-status"));
    const told = [
      oldRow(1001),
      oldRow(1002, { status: TicketStatus.RESOLVED, resolve_time: WAITING }),
      oldRow(1003, { status: TicketStatus.IN_PROGRESS, waiting_on: WaitingOn.NOBODY }),
    ].map((row) => ({ ...row, tags: '["late"]', due_at: NEVER }));
    const labels = told.map((row) => {
      const { id, status, waiting_on, priority, create_time, update_time, waiting_since, due_at } = row;
      return {
        ticket_id: id,
        tag: "late",
        status,
        waiting_on,
        priority,
        create_time,
        update_time,
        waiting_since,
        due_at,
      };
    });
    await database.knex("ticket").insert(told);
    await database.knex("ticket_tag").insert(labels);
    // As after any start: nothing is due anew for another reason.
    await database.knex("applied_policy").update({ fingerprint: readPolicy().fingerprint, next_id: null });
    await database.close();
    const desk = await openClockedDesk({ startMs: WAITING, database: place.location });
    cleanup.use(desk);
    const listed = async (filter: object) => (await desk.tickets.listTickets(filter)).tickets.map(({ id }) => id);
    for (const tags of [[], ["late"]]) {
      expect(await listed({ tags, waitingOn: WaitingOn.NOBODY })).toEqual(["TKT-1002"]);
      expect(await listed({ tags, waitingOn: WaitingOn.DESK })).toEqual(["TKT-1003", "TKT-1001"]);
    }
    const due = async () => (await desk.tickets.getTicket({ ticketId: "TKT-1003" })).ticket?.dueTime;
    expect(await eventually(due)).toBeDefined();
  });

  test("another policy gives the tickets that wait other due times at the next start, once", async () => {
    const place = await oldDatabase();
    const within = { within: "30m", clock: "around_the_clock" };
    const policy = parsePolicy(JSON.stringify({ targets: { low: { first_response: within } } }), "test");
    const dueOf = async (desk: Awaited<ReturnType<typeof openClockedDesk>>) => {
      const { ticket } = await desk.tickets.getTicket({ ticketId: "TKT-2001" });
      return ticket?.dueTime && timestampDate(ticket.dueTime).toISOString();
    };
    for (const [rules, due] of [
      [undefined, "2026-11-28T10:00:00.000Z"],
      [policy, "2026-11-26T10:30:00.000Z"],
    ] as const) {
      await using desk = await openClockedDesk({
        ...{ startMs: WAITING, database: place.location },
        ...(rules && { policy: rules }),
      });
      if (!rules) await eventually(async () => (await dueOf(desk)) !== undefined);
      else expect(await eventually(async () => (await dueOf(desk)) === due && due)).toBe(due);
    }
    const database = await place.open(...migrations);
    expect(await database.knex("applied_policy")).toEqual([{ fingerprint: policy.fingerprint, next_id: null }]);
    await database.close();
  });

  test("a backup from before is restored, and its tickets are due", async () => {
    const folder = await mkdtemp(join(tmpdir(), "deskwire-upgrade-"));
    cleanup.defer(() => rm(folder, { recursive: true, force: true }));
    const [from, to] = [await temporaryStorage(dialect), await temporaryStorage(dialect)];
    cleanup.defer(from.remove);
    cleanup.defer(to.remove);
    const [old, fresh] = [readConfig(from.environment), readConfig(to.environment)];
    for (const [name, all] of Object.entries(DATABASES)) {
      const location = databaseLocation(old, name as keyof typeof DATABASES);
      const steps = name === "ticket" ? before : all;
      const database = await openDatabase({ name, location, migrations: steps, log: silent });
      if (name === "ticket") await database.knex("ticket").insert(OLD_TICKETS);
      await database.close();
    }
    const file = join(folder, "desk.jsonl.gz");
    await writeBackup(old, file, false, () => {});
    await restoreBackup(fresh, file, () => {});
    const desk = await openDesk({ config: fresh, parts: ["crm", "ticket", "analytics"], demo: false, log: silent });
    cleanup.defer(() => desk.close());
    const tickets = createClient(TicketService, directTransport(desk.services));
    const { ticket } = await eventually(async () => {
      const answer = await tickets.getTicket({ ticketId: "TKT-1001" });
      return answer.ticket?.dueTime && answer;
    });
    expect(ticket?.dueTime && timestampDate(ticket.dueTime).toISOString()).toBe(DUE[0]);
  });
});
