// gRPC's frame around a message: a flag for compression, four bytes of length, the message (gRPC over HTTP2, Length-Prefixed-Message).
import { Code, type ConnectError } from "@connectrpc/connect";
import { tooLong } from "../calls/message-size.ts";
import { fail } from "../errors.ts";
import { Received } from "../http/received.ts";

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
  readonly #received = new Received();
  /** Of the whole frame; unknown until its prefix has come. */
  #frameBytes: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @throws ConnectError as soon as it shows: `resource_exhausted` (MESSAGE_TOO_LARGE) for a message that says so of itself,
   * `invalid_argument` (REQUEST_MALFORMED) for more than one
   */
  push(chunk: Buffer): void {
    this.#received.push(chunk);
    if (this.#received.length < PREFIX_BYTES) return;
    this.#frameBytes ??= PREFIX_BYTES + this.#messageBytes();
    if (this.#received.length > this.#frameBytes) throw malformed("it goes on after its one message");
  }

  #messageBytes(): number {
    const length = this.#received.bytes.readUInt32BE(1);
    if (length > this.#maxBytes) throw tooLong(this.#maxBytes, length);
    return length;
  }

  /** The message. @throws ConnectError `invalid_argument` (REQUEST_MALFORMED) where it is not one whole message */
  message(): Buffer {
    const { bytes } = this.#received;
    if (this.#frameBytes === undefined) throw malformed("it holds no message");
    if (bytes[0] !== 0) throw malformed("it says that it is compressed, and not how");
    if (bytes.length < this.#frameBytes) throw malformed("it ends within its message");
    return bytes.subarray(PREFIX_BYTES);
  }
}

/** The error for bytes that are no message of the method's type. */
export function malformed(problem: string): ConnectError {
  return fail(Code.InvalidArgument, "REQUEST_MALFORMED", `The request cannot be read: ${problem}.`);
}
