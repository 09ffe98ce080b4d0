// What an answer says, whichever protocol it is in.
import type { WireAnswer } from "./wire.ts";

const GRPC_CODES = [
  ..."ok canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied".split(" "),
  ..."resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss".split(
    " ",
  ),
  "unauthenticated",
];

/** Codes by which a service admits that it did not understand itself. */
export const BROKEN: ReadonlySet<string> = new Set(["unknown", "internal", "data_loss", "unavailable", "unreadable"]);

function grpcCode(status: unknown): string {
  return GRPC_CODES[Number(status)] ?? "unreadable";
}

/** The last envelope with the flag of an end (Connect: 2, gRPC-Web: 128). */
function lastEnvelope(body: Buffer, flag: number): Buffer | undefined {
  for (let at = 0; at + 5 <= body.length; ) {
    const length = body.readUInt32BE(at + 1);
    const data = body.subarray(at + 5, at + 5 + length);
    if ((body.readUInt8(at) & flag) !== 0) return data;
    at += 5 + length;
  }
  return undefined;
}

function connectCode(text: string): string {
  try {
    const { code } = JSON.parse(text);
    return typeof code === "string" ? code : "unreadable";
  } catch {
    return "unreadable";
  }
}

/** The code of an answer: `ok`, the code of the error, or `unreadable`. */
export function codeOf({ status, headers, trailers, body }: WireAnswer): string {
  const type = String(headers["content-type"] ?? "");
  // By the protocols' own rules these have no body: an encoding, a method, or an HTTP version that is not for this call.
  if (status === 415 || status === 405 || status === 505) return "unsupported";
  if (status !== 200) return connectCode(body.toString());
  if (type.startsWith("application/grpc-web")) {
    const end = lastEnvelope(body, 128)?.toString() ?? "";
    return grpcCode(headers["grpc-status"] ?? /grpc-status: ?(\d+)/i.exec(end)?.[1]);
  }
  if (type.startsWith("application/grpc")) return grpcCode(headers["grpc-status"] ?? trailers["grpc-status"]);
  if (type.startsWith("application/connect+")) {
    const end = lastEnvelope(body, 2);
    if (!end) return "unreadable";
    const { error } = JSON.parse(end.toString());
    return error ? String(error.code) : "ok";
  }
  return "ok";
}
