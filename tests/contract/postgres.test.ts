// The same table of cases on PostgreSQL, and what only shows where transactions really run side by side.
import { afterAll, beforeAll, test } from "vitest";
import { openTestDesk, type TestDesk } from "../support/desk.ts";
import { type Clients, clientsOf } from "./case.ts";
import { cases } from "./cases.ts";

let desk: TestDesk;
let clients: Clients;
beforeAll(async () => {
  desk = await openTestDesk({ dialect: "postgres" });
  clients = clientsOf(desk.transport);
});
afterAll(() => desk[Symbol.asyncDispose]());

for (const { name, run } of cases) test(name, () => run(clients));
