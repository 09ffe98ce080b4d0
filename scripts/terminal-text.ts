// Text that others wrote, on its way to a terminal.

/** Without what a terminal would obey or that hides the order of words: control characters, bidirectional overrides. */
export function printable(text: string): string {
  return text.replaceAll(/(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu, "");
}
