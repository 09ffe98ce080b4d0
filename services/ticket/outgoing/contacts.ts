// E-mail addresses and telephone numbers of somebody else.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { digitRuns, digitsOf, withoutDates } from "./digits.ts";
import { finding, type Knowledge } from "./finding.ts";

// Bounded as RFC 5321, section 4.5.3.1, bounds them: without bounds a long text would take long.
const EMAIL = /[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,10}[\p{L}\p{N}-]{1,63}/giu;

const PHONES = [
  // International: +49 30 1234567, 0049 30 1234567.
  /(?<![\p{L}\p{N}.])(?:\+|00)\d[\d ()./-]{5,22}\d/gu,
  // National, with the zero that many countries dial first: 030 1234567, (030) 123-4567.
  /(?<![\p{L}\p{N}.])\(?0[1-9]\d{0,4}\)?[ ./-]{0,2}\d[\d ./-]{3,14}\d(?!\d)/gu,
  // North American: (555) 123-4567, 555-123-4567.
  /(?<![\p{L}\p{N}.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\d-])/gu,
];
const MIN_DIGITS = 7;

/** The addresses in a text, in lower case. */
export function emailsIn(text: string): string[] {
  return [...text.matchAll(EMAIL)].map(([address]) => address.toLowerCase().replace(/^['.]+/, ""));
}

/** The telephone numbers in a text, as they are written. */
export function phonesIn(text: string): string[] {
  const numbers = PHONES.flatMap((form) => [...withoutDates(text).matchAll(form)].map(([number]) => number.trim()));
  return [...new Set(numbers)].filter((number) => digitsOf(number).length >= MIN_DIGITS);
}

/** Without what differs between the national and the international form at its beginning. */
const core = (digits: string) => digits.replace(/^0+/, "");

function isSame(number: string, known: string): boolean {
  const [one, other] = [core(number), core(known)];
  return other.includes(one) || (other.length >= MIN_DIGITS && one.endsWith(other));
}

/** Finds addresses and telephone numbers that nobody in the ticket has named. */
export function foreignContacts(reply: string, { known, allowed }: Knowledge): ApprovalReason[] {
  const fine = new Set([...known, ...allowed].flatMap(emailsIn));
  const addresses = [...new Set(emailsIn(reply))].filter((address) => !fine.has(address));
  const runs = [...known, ...allowed].flatMap(digitRuns);
  const phones = phonesIn(reply).filter((number) => !runs.some((run) => isSame(digitsOf(number), run)));
  const { FOREIGN_CONTACT } = ApprovalReasonKind;
  return [
    ...addresses.map((it) =>
      finding(
        FOREIGN_CONTACT,
        "The reply has an e-mail address that is neither in the ticket nor the customer's own.",
        it,
      ),
    ),
    ...phones.map((it) =>
      finding(
        FOREIGN_CONTACT,
        "The reply has a telephone number that is neither in the ticket nor the customer's own.",
        it,
      ),
    ),
  ];
}
