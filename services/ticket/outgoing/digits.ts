// Numbers as people write them, in groups.

const DATES = [
  /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?/g,
  /\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b/g,
  /\b\d{4}\/\d{2}\/\d{2}\b/g,
];
const RUN = /\d(?:[ ()./+-]{0,3}\d)*/g;

/** A text with a gap where a date stands. */
export function withoutDates(text: string): string {
  return DATES.reduce((rest, form) => rest.replaceAll(form, " , "), text);
}

/** The digits of a number. */
export function digitsOf(number: string): string {
  return number.replaceAll(/\D/g, "");
}

/** All numbers of a text as plain digits, whatever stands between their groups. */
export function digitRuns(text: string): string[] {
  return [...text.matchAll(RUN)].map(([run]) => digitsOf(run));
}
