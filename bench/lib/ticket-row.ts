// Made-up tickets, the same for everyone: the text of a number.
import { create } from "@bufbuild/protobuf";
import { type ImportRow, ImportRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { DAY_MS } from "../../runtime/time-units.ts";

const CUSTOMERS = 1_000;
const SUBJECTS = [
  "Charged twice",
  "Parcel has not arrived",
  "Cannot sign in",
  "App crashes on start",
  "Cancel my plan",
];
const SENTENCES = [
  "I was charged twice this month and nobody answers my mails.",
  "The parcel was to come last week and the tracking has not moved since.",
  "Since the update the app closes itself whenever I open a report.",
  "Please refund the second payment to my card.",
  "Your colleague was friendly, but it did not help.",
  "I need this before Friday, since our accounts close then.",
];
const PRIORITIES = ["low", "normal", "normal", "normal", "high", "urgent"];
const STATUSES = ["open", "open", "in_progress", "resolved", "closed"];

const mixedOf = (number: number): number => Math.imul(number + 1, 2_654_435_761) >>> 0;
const statusOf = (mixed: number): string => pick(STATUSES, mixed >>> 12);
const pick = <T>(from: readonly T[], number: number): T => from[number % from.length] as T;

/** Whether the ticket of a number is closed, and takes no answer. */
export const isClosed = (number: number): boolean => statusOf(mixedOf(number)) === "closed";

/** The row of a number; neighbours differ in everything that lists can be filtered by. */
export function ticketRow(number: number): ImportRow {
  const mixed = mixedOf(number);
  return create(ImportRowSchema, {
    externalId: `bench-${number}`,
    subject: `${pick(SUBJECTS, mixed)} (${number})`,
    description: [mixed, mixed >>> 3, mixed >>> 6].map((value) => pick(SENTENCES, value)).join(" "),
    customerEmail: `customer${mixed % CUSTOMERS}@example.com`,
    customerName: `Customer ${mixed % CUSTOMERS}`,
    priority: pick(PRIORITIES, mixed >>> 9),
    status: statusOf(mixed),
    label: `label-${(mixed >>> 15) % 50}`,
    createTime: new Date(Date.UTC(2026, 0, 1) + (number % 300) * DAY_MS).toISOString(),
  });
}
