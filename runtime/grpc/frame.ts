// gRPC's frame around a message: a flag for compression, four bytes of length, the message (gRPC over HTTP2, Length-Prefixed-Message).
import { Code, type ConnectError } from "@connectrpc/connect";
import { tooLong } from "../calls/message-size.ts";
import { fail } from "../errors.ts";

const PREFIX_BYTES = 5;

/** Puts a message into its frame. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** Collects the one message of a unary request or response. */
export class UnaryBody {
  readonly #maxBytes: number;
  #received: Buffer | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws ConnectError `resource_exhausted` (MESSAGE_TOO_LARGE) as soon as the message says so of itself */
  push(chunk: Buffer): void {
    this.#received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    if (this.#received.length < PREFIX_BYTES) return;
    const length = this.#received.readUInt32BE(1);
    if (length > this.#maxBytes) throw tooLong(this.#maxBytes, length);
  }

  /** Whether anything has come. */
  get isEmpty(): boolean {
    return this.#received === undefined;
  }

  /** The message. @throws ConnectError `invalid_argument` (REQUEST_MALFORMED) where it is not one whole message */
  message(): Buffer {
    const received = this.#received;
    if (received === undefined || received.length < PREFIX_BYTES) throw malformed("it holds no message");
    const end = PREFIX_BYTES + received.readUInt32BE(1);
    if (received[0] !== 0) throw malformed("it says that it is compressed, and not how");
    if (received.length < end) throw malformed("it ends within its message");
    if (received.length > end) throw malformed("it goes on after its one message");
    return received.subarray(PREFIX_BYTES, end);
  }
}

/** The error for bytes that are no message of the method's type. */
export function malformed(problem: string): ConnectError {
  return fail(Code.InvalidArgument, "REQUEST_MALFORMED", `The request cannot be read: ${problem}.`);
}
