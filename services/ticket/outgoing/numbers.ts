// Long numbers and codes that are not in the ticket: cards, bank accounts, keys.
import { type ApprovalReason, ApprovalReasonKind } from "#gen/deskwire/ticket/v1/approval_pb.js";
import { phonesIn } from "./contacts.ts";
import { digitRuns, digitsOf, withoutDates } from "./digits.ts";
import { finding, type Knowledge } from "./finding.ts";
import { withoutUrls } from "./links.ts";

// ISO 13616: country, two check digits, up to 30 letters and digits, in groups of four.
const IBAN = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?![\p{L}\p{N}])/gu;
// Nine digits and more, in groups or not: shorter ones are order numbers and amounts.
const LONG = /(?<![\p{L}\p{N}.,])\d(?:[ -]?\d){8,}(?![\p{L}\p{N}])/gu;
// Hashes, keys, encoded text: nobody reads these out of their head.
const CODE = /(?<![\p{L}\p{N}+/=_-])(?=[A-Za-z0-9+/=_-]*\d)(?=[A-Za-z0-9+/=_-]*[A-Za-z])[A-Za-z0-9+/=_-]{24,}/gu;

const compact = (code: string) => code.replaceAll(/[ -]/g, "").toLowerCase();

/** Finds numbers and codes that nobody in the ticket has named. */
export function foreignNumbers(reply: string, { known, allowed }: Knowledge): ApprovalReason[] {
  const text = phonesIn(reply).reduce(
    (rest, number) => rest.replaceAll(number, " , "),
    withoutDates(withoutUrls(reply)),
  );
  const runs = [...known, ...allowed].flatMap(digitRuns);
  const codes = compact(known.join("\n"));
  const ibans = [...text.matchAll(IBAN)].map(([iban]) => iban);
  const isIban = (number: string) => ibans.some((iban) => iban.includes(number));
  const numbers = [...text.matchAll(LONG)]
    .map(([number]) => number)
    .filter((number) => !isIban(number) && !runs.some((run) => run.includes(digitsOf(number))));
  const others = [...ibans, ...[...text.matchAll(CODE)].map(([code]) => code)];
  const foreign = [...numbers, ...others.filter((code) => !codes.includes(compact(code)))];
  const message =
    "The reply has a long number or code that is not in the ticket, such as that of a card or an account.";
  return [...new Set(foreign)].map((it) => finding(ApprovalReasonKind.FOREIGN_NUMBER, message, it));
}
