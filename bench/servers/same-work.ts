// The floor of a handle_ticket, over bare node:http: its rows read by SQL, its two texts read, and the rows as the answer, twice as
// MCP has it. Without anything that makes a desk of it: no contract, checks, scopes, limits, traces, boundaries around what
// customers wrote. With the folder of a desk as argument.
import { ActorKind } from "#gen/deskwire/actor/v1/actor_pb.js";
import { TicketStatus } from "#gen/deskwire/ticket/v1/ticket_pb.js";
import { type Rows, SqliteConnection } from "../../runtime/database/sqlite-connection.ts";
import { localEngine } from "../../services/analytics/engine/local-engine.ts";
import { sqliteFile } from "../../services/databases.ts";
import { jsonServer } from "../lib/json-server.ts";
import { listenAndSayWhere } from "../lib/say-where.ts";

const folder = process.argv[2] ?? "";
const tickets = new SqliteConnection(sqliteFile(folder, "ticket"), { readOnly: true });
const customers = new SqliteConnection(sqliteFile(folder, "crm"), { readOnly: true });

const TICKET = "select * from ticket where id = ?";
const MESSAGES = "select * from message where ticket_id = ? order by create_time desc, id desc limit 30";
const { OPEN, IN_PROGRESS } = TicketStatus;
const OTHERS = `
  select id, subject, status, priority, category, assignee, team, tags, waiting_on, update_time, due_at
  from ticket where customer_id = ? and id <> ? and status in (${OPEN}, ${IN_PROGRESS}) order by update_time desc, id desc limit 10`;
const CUSTOMER = "select * from customer where id = ?";
const NOTES = "select * from note where customer_id = ? order by id desc limit 5";

const numberOf = (id: unknown) => Number(String(id).slice(4));

interface ToolCall {
  readonly params: { readonly arguments: { readonly ticket_id: string } };
}

listenAndSayWhere(
  jsonServer((request) => {
    const id = numberOf((request as ToolCall).params.arguments.ticket_id);
    const [ticket] = tickets.run(TICKET, [id]) as Rows;
    if (ticket === undefined) throw new Error(`no ticket ${id}: the folder holds another desk than the bench's`);
    const customer = numberOf(ticket.customer_id);
    const conversation = (tickets.run(MESSAGES, [id]) as Rows).reverse();
    const first = `${ticket.subject}\n${ticket.description}`;
    const last = conversation.findLast(({ author_kind }) => author_kind === ActorKind.CUSTOMER)?.body ?? first;
    const structuredContent = {
      ticket,
      conversation,
      customer: customers.run(CUSTOMER, [customer]),
      customer_notes: customers.run(NOTES, [customer]),
      other_open_tickets: tickets.run(OTHERS, [ticket.customer_id, id]),
      analysis: [...new Set([first, String(last)])].map((text) => localEngine.analyze(text)),
    };
    return { structuredContent, content: [{ type: "text", text: JSON.stringify(structuredContent) }] };
  }),
);
