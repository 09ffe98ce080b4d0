// Calls to another process that are tried again, where that can do no harm and may help.
import type { DescMessage, DescMethodUnary, MessageInitShape } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { pause } from "../background/pause.ts";
import { fail, reasonOf, retryDelayOf } from "../errors.ts";

const MAX_ATTEMPTS = 4;
/** A repeat waits for up to twice as long, the next for up to twice that, and so on up to the longest. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 2_000;

// As in gRPC's retry throttling (gRFC A6): every failure costs one token, every success earns a tenth.
const MAX_TOKENS = 20;
const TOKENS_A_SUCCESS = 0.1;

/** What Node calls the ways in which a certificate can be wrong, and an answer that is no TLS. */
const UNTRUSTED = /CERT|VERIFY_LEAF|^ERR_(SSL|TLS)_/;

/** Whether a call may be sent twice: it only reads, or it carries a request id, by which a write happens once (AIP-155). */
function isRepeatable<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): boolean {
  if (method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) return true;
  const { requestId } = request as { requestId?: unknown };
  return typeof requestId === "string" && requestId !== "";
}

/** A machine that has gone: Connect takes these for errors of the program. */
const NOWHERE = new Set(["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"]);

/**
 * What the caller is told of a failure to reach the server. A connection that breaks under a call comes as `aborted`, which
 * would read as a conflict, or as `canceled`, when it was closed in good order though nobody here ended the call.
 */
function named(error: unknown, signal: AbortSignal | undefined): ConnectError {
  const known = ConnectError.from(error);
  const systemCode = (known.cause as NodeJS.ErrnoException | undefined)?.code;
  if (systemCode !== undefined && UNTRUSTED.test(systemCode)) {
    const message = `The certificate of the other side is not accepted (${known.rawMessage}). Set TLS_CA_FILE to the authority that signed it, and the URL to a name that it is for.`;
    return fail(Code.Unavailable, "CERTIFICATE_NOT_TRUSTED", message);
  }
  const broken = (known.code === Code.Aborted && systemCode !== undefined) || NOWHERE.has(systemCode ?? "");
  const closed = known.code === Code.Canceled && reasonOf(known) === undefined && !signal?.aborted;
  if (!broken && !closed) return known;
  const lost = fail(
    Code.Unavailable,
    "CONNECTION_LOST",
    "The connection broke, so it is not known whether the call was done.",
  );
  lost.cause = error;
  return lost;
}

async function* withNamedErrors<T>(messages: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw named(error, signal);
  }
}

/**
 * How long a server that failed wants to be left alone, in milliseconds, or undefined where another try cannot help: it
 * answered itself and gave no RetryInfo. It may have tried again on its own already, and tries would multiply.
 */
function pauseAfter(error: ConnectError): number | undefined {
  if (error.code !== Code.Unavailable) return undefined;
  const reason = reasonOf(error);
  return retryDelayOf(error) ?? (reason === undefined || reason === "CONNECTION_LOST" ? 0 : undefined);
}

/**
 * Tries unary calls again that failed as `unavailable`: up to four times within the deadline, after a random part of a
 * doubling delay, and not before the server's RetryInfo. Only reads and writes with a request id; a stream is for its
 * reader to resume, who is told as well where the connection broke. While most calls fail none is tried again, so that a
 * service that comes back is not buried.
 *
 * @param timeoutMs the deadline of a call that brings none, in milliseconds
 */
export function retrying(transport: Transport, timeoutMs: number): Transport {
  let tokens = MAX_TOKENS;
  return {
    async unary(method, signal, callTimeoutMs, header, input, contextValues) {
      // As in Connect, 0 and less stand for no deadline.
      const given = callTimeoutMs ?? timeoutMs;
      const deadline = given > 0 ? performance.now() + given : Number.POSITIVE_INFINITY;
      for (let attempt = 1; ; attempt++) {
        // Whole milliseconds, because gRPC's header takes no others.
        const left = Number.isFinite(deadline) ? Math.max(1, Math.ceil(deadline - performance.now())) : 0;
        try {
          const response = await transport.unary(method, signal, left, header, input, contextValues);
          tokens = Math.min(MAX_TOKENS, tokens + TOKENS_A_SUCCESS);
          return response;
        } catch (caught) {
          const error = named(caught, signal);
          const atLeastMs = pauseAfter(error);
          if (atLeastMs === undefined) throw error;
          tokens = Math.max(0, tokens - 1);
          const delayMs = atLeastMs + Math.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
          const hopeless =
            attempt === MAX_ATTEMPTS || tokens < MAX_TOKENS / 2 || performance.now() + delayMs >= deadline;
          if (hopeless || signal?.aborted || !isRepeatable(method, input)) throw error;
          await pause(delayMs, signal);
          if (signal?.aborted) throw error;
        }
      }
    },
    async stream(method, signal, ...rest) {
      try {
        const response = await transport.stream(method, signal, ...rest);
        return { ...response, message: withNamedErrors(response.message, signal) };
      } catch (error) {
        throw named(error, signal);
      }
    },
  };
}
