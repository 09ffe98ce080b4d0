// Texts that say nothing.

/** One character that can be seen is enough: none of spaces, line ends, control and zero-width characters. */
export const VISIBLE = "[^\\p{Z}\\p{Cc}\\p{Cf}]";

const visible = new RegExp(VISIBLE, "u");

/** Whether a text is empty or has no character that can be seen, as the rule `text.not_blank` of the protos has it. */
export function isBlank(text: string): boolean {
  return !visible.test(text);
}
