// States: status and who has to act. They go together (`assertWaits`), so that half of all lanes are empty and a page need not begin
// them. Tickets from before there was that rule are listed too: it is the tickets that say which.
import type { Database } from "../../../runtime/database/database.ts";
import { selectRows } from "../../../runtime/database/rows.ts";
import { type Lane, type Lanes, STATUSES, WAITING_ON } from "./lanes.ts";

/** Fewer lanes are begun in less time than it takes to ask which are empty. */
const ASKED_FROM = 32;

const STATES = STATUSES.flatMap((status) => WAITING_ON.map((waitingOn) => `(${status}, ${waitingOn})`));
/** Each is looked up in an index by lane, of which they are the first two columns. */
const HELD = `
  with state (status, waiting_on) as (values ${STATES.join(", ")}) select status, waiting_on from state
  where exists (select 1 from ticket where ticket.status = state.status and ticket.waiting_on = state.waiting_on)`;

interface State {
  readonly status: number;
  readonly waiting_on: number;
}

/** Leaves lanes out of whose states there is no ticket, where that is worth its while. PostgreSQL begins all of them. */
export async function withoutEmpty({ knex, dialect }: Database, { lanes, columns }: Lanes): Promise<Lanes> {
  if (dialect !== "sqlite" || lanes.length < ASKED_FROM) return { lanes, columns };
  const states = await selectRows<State>(knex, HELD, []);
  const [status, waitingOn] = [columns.indexOf("status"), columns.indexOf("waiting_on")];
  const held = (lane: Lane) =>
    states.some((state) => state.status === lane[status] && state.waiting_on === lane[waitingOn]);
  return { lanes: lanes.filter(held), columns };
}
