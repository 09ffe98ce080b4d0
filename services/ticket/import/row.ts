// What is asked of a row that is to be imported, and what tells rows apart that bring no key of their own.
import { hash } from "node:crypto";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type ImportRow, ImportRowSchema, type RefusedRowSchema } from "#gen/deskwire/ticket/v1/import_pb.js";
import { findUnstorable } from "../../../runtime/calls/unstorable.ts";
import { validator } from "../../../runtime/calls/validator.ts";
import { isBlank } from "../../../runtime/messages/blank.ts";

/** The first and the last moment that google.protobuf.Timestamp can hold. */
const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * An RFC 3339 time in milliseconds UTC. Written as ECMAScript has it: of a blank or small letters `Date.parse` makes something of
 * its own, such as 1999 of the year 99.
 */
export const parseTime = (time: string): number => Date.parse(time.replace(" ", "T").toUpperCase());

/** Whether an RFC 3339 time names a day and a time that exist; `Date.parse` alone takes February 30th for March 1st. */
function isInCalendar(time: string): boolean {
  const day = time.slice(0, 10);
  const ms = parseTime(time);
  return ms >= FIRST_MS && ms <= LAST_MS && new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(8));
}

function firstViolation(row: ImportRow) {
  const result = validator.validate(ImportRowSchema, row);
  if (result.kind === "error") throw result.error;
  return result.kind === "invalid" ? result.violations[0] : undefined;
}

/** What is wrong with a row and with which field; undefined for a row that can be taken. */
export function refusal(row: ImportRow | undefined): MessageInitShape<typeof RefusedRowSchema> | undefined {
  if (!row) return { field: "row", message: "the message has no row" };
  const violation = findUnstorable(ImportRowSchema, row) ?? firstViolation(row);
  if (violation) {
    const [field] = violation.field;
    return { field: field?.kind === "field" ? field.name : "", message: violation.message };
  }
  if (isBlank(row.description) && isBlank(row.subject)) {
    return { field: "description", message: "must not be blank where there is no subject either" };
  }
  if (row.createTime && !isInCalendar(row.createTime)) {
    return { field: "create_time", message: "no such day or time in the calendar" };
  }
  return undefined;
}

/** A hash of what a row says, whichever line it is on, as base64url. */
export function contentHash(row: ImportRow): string {
  const content = create(ImportRowSchema, { ...row, line: 0n, occurrence: 0n } as never);
  return hash("sha256", toBinary(ImportRowSchema, content), "base64url");
}
