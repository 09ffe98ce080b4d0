// Rows are stored while others are still on their way.
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ImportTicketsRequestSchema } from "#gen/deskwire/ticket/v1/ticket_service_pb.js";
import { OWN_ORIGIN } from "../../runtime/calls/call.ts";
import type { Database } from "../../runtime/database/database.ts";
import { readPolicy } from "../../runtime/policy/read-policy.ts";
import type { Sender } from "../../services/ticket/customer-directory.ts";
import { importTickets } from "../../services/ticket/import/import.ts";
import { FIRST_PIECE, PIECE } from "../../services/ticket/import/pieces.ts";
import { migrations } from "../../services/ticket/migrations.ts";
import { type TemporaryDatabase, temporaryDatabase } from "../support/databases.ts";

let place: TemporaryDatabase;
let database: Database;
beforeEach(async () => {
  place = await temporaryDatabase("sqlite");
  database = await place.open(...migrations);
});
afterEach(async () => {
  await database.close();
  await place.remove();
});

const resolved: Sender[] = [];
const resolve = async (senders: readonly Sender[]) => {
  resolved.push(...senders);
  return senders.map(() => ({ id: "CUS-1001", plan: "" }));
};
const message = (externalId: string, customerEmail = "") =>
  create(ImportTicketsRequestSchema, { rows: [{ externalId, customerEmail, description: `complaint ${externalId}` }] });
const keys = () => database.knex("ticket").orderBy("id").pluck("external_id");
const run = (requests: AsyncIterable<ReturnType<typeof message>>) =>
  importTickets({ database, policy: readPolicy(), now: Date.now, origin: OWN_ORIGIN }, requests, resolve);

test("of a stream that breaks off stays what had been stored, and a repetition adds the rest", async () => {
  const names = Array.from({ length: FIRST_PIECE + 100 }, (_, index) => `key-${index}`);
  async function* some(count: number) {
    for (const name of names.slice(0, count)) yield message(name);
    if (count < names.length) throw new Error("the line broke");
  }
  await expect(run(some(FIRST_PIECE + 50))).rejects.toThrow("the line broke");
  expect(await keys()).toEqual(names.slice(0, FIRST_PIECE));
  const { imported } = await run(some(names.length));
  expect(imported.map(({ alreadyPresent }) => alreadyPresent)).toEqual(names.map((_, index) => index < FIRST_PIECE));
  expect(await keys()).toEqual(names);
  const positions = await database.knex("event").orderBy("position").pluck("position");
  expect(positions).toEqual(names.map((_, index) => index + 1));
});

test("of rows with the same key the first counts, however far apart, and nobody is made a customer for the others", async () => {
  async function* apart() {
    yield message("same", "first@example.com");
    for (let index = 0; index < PIECE; index++) yield message(`between-${index}`);
    yield message("same", "second@example.com");
  }
  resolved.length = 0;
  const { imported } = await run(apart());
  const [first, last] = [imported[0], imported.at(-1)];
  expect(last?.ticketId).toBe(first?.ticketId);
  expect([first?.alreadyPresent, last?.alreadyPresent]).toEqual([false, true]);
  expect(resolved.map(({ email }) => email).filter(Boolean)).toEqual(["first@example.com"]);
  expect(await database.knex("ticket").count({ count: "*" }).first()).toEqual({ count: PIECE + 1 });
});
