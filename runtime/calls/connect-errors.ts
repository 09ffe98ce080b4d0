// Errors of Connect's own, such as those about requests that no message can be read from, made fit to be told.
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { codeName, fail, fitText, reasonOf } from "../errors.ts";

const CLIENTS_FAULT = /^(parse binary: |received compressed envelope|decompression failed)/;

/**
 * Makes `invalid_argument` (REQUEST_MALFORMED) of the `internal` that Connect has for bytes that are no message of the
 * type, as it does by itself for JSON. Every other error stays as it is.
 */
export function blameClient(error: unknown): void {
  if (!(error instanceof ConnectError) || error.code !== Code.Internal || reasonOf(error) !== undefined) return;
  if (!CLIENTS_FAULT.test(error.rawMessage)) return;
  const { code, details } = fail(Code.InvalidArgument, "REQUEST_MALFORMED", error.rawMessage);
  Object.assign(error, { code, details });
}

/** What transports say of these names addresses and sockets, which are nobody's business outside. */
const OUTSIDE_WORDS: Partial<Record<Code, string>> = {
  [Code.Canceled]: "The caller ended the call.",
  [Code.DeadlineExceeded]: "The call ran out of time. Allow it more, or ask for less.",
  [Code.Unavailable]: "A service behind this one cannot be reached. Try again later.",
};

/** Errors of Connect's own, such as a deadline that passed on the way to another service, say no reason: their code is it. */
export function withReason(error: ConnectError): ConnectError {
  return fail(error.code, codeName(error.code).toUpperCase(), OUTSIDE_WORDS[error.code] ?? error.rawMessage);
}

/**
 * Connect's messages quote the request, at any length, and say no reason. One that is said to be for now is left without: by that
 * a client knows that the call was not refused but went wrong on its way, and tries again.
 */
export function tidy(error: unknown): void {
  if (!(error instanceof ConnectError)) return;
  const lacksReason = reasonOf(error) === undefined && OUTSIDE_WORDS[error.code] === undefined;
  const { rawMessage, details } = lacksReason ? withReason(error) : error;
  Object.assign(error, { rawMessage: fitText(rawMessage), details });
}

/** For Connect's `requestGate`: the first that knows of a call, and by its signal the first to hear of its error. */
export function tellFitErrors({ signal }: HandlerContext): void {
  const repair = () => {
    blameClient(signal.reason);
    tidy(signal.reason);
  };
  signal.addEventListener("abort", repair, { once: true });
}
