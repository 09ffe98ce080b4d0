// How long a message may be, whichever protocol it comes or goes by.
import { Code, type ConnectError } from "@connectrpc/connect";
import { fail } from "../errors.ts";

/** The error for a message of more bytes than are taken, of so many where that is known. */
export function tooLong(maxBytes: number, bytes?: number): ConnectError {
  const message = `The message has ${bytes ?? "more"} bytes, and ${maxBytes} are the most that is taken. Send less at a time.`;
  return fail(Code.ResourceExhausted, "MESSAGE_TOO_LARGE", message);
}

/** Refuses a message that is longer than may be sent. */
export function assertSendable(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw tooLong(maxBytes, bytes);
}
