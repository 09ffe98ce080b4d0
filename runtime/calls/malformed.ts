// Errors of Connect's own about requests that no message can be read from, made fit to be told.
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { fail, fitText, reasonOf } from "../errors.ts";

const CLIENTS_FAULT = /^(parse binary: |received compressed envelope)/;

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

/** Connect's messages quote the request, at any length. */
export function tidy(error: unknown): void {
  if (error instanceof ConnectError) Object.assign(error, { rawMessage: fitText(error.rawMessage) });
}

/** For Connect's `requestGate`: the first that knows of a call, and by its signal the first to hear of its error. */
export function tellFitErrors({ signal }: HandlerContext): void {
  const repair = () => {
    blameClient(signal.reason);
    tidy(signal.reason);
  };
  signal.addEventListener("abort", repair, { once: true });
}
