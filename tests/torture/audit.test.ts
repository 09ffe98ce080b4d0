// The audit finds what a call should have left behind and did not, and what is there although it should not be.
import { expect, test } from "vitest";
import { audit } from "./audit.ts";
import { Ledger, type State } from "./ledger.ts";
import type { Stored } from "./stored.ts";

const NOTE = {
  ...{ id: 1001, customer_id: 1001, author_kind: 3, author_id: "ai", author_name: "", ticket_id: "" },
  ...{ body: "Note 1", ticket_event: null, create_time: 0 },
};

function auditOf(state: State, copies: number) {
  const ledger = new Ledger();
  const call = ledger.begin("1", "add_customer_note", { customer_id: "CUS-1001", note: "Note 1" });
  ledger.end(call, state, {});
  const notes = Array.from({ length: copies }, () => NOTE);
  const stored: Stored = { tickets: [], messages: [], events: [], notes, cursor: 0 };
  return audit(ledger.calls, stored).map(({ kind }) => kind);
}

test.each<[State, number, string[]]>([
  ["acknowledged", 1, []],
  ["acknowledged", 0, ["lost"]],
  ["acknowledged", 2, ["doubled"]],
  ["pending", 0, []],
  ["pending", 1, []],
  ["pending", 2, ["doubled"]],
  ["refused", 0, []],
  ["refused", 1, ["doubled"]],
])("what was %s and is there %i times is found: %j", (state, copies, kinds) => {
  expect(auditOf(state, copies)).toEqual(kinds);
});
