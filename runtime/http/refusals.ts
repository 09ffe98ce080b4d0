// What a port refuses before any RPC begins, and why it cannot be opened at all.
import type { DescService } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import type { BoundService } from "../calls/service.ts";
import { fail, fitText } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { HttpRequest } from "./http-port.ts";

/** What a person is told of a port that cannot be opened; an error that nobody foresaw comes back as it is. */
export function cannotOpen(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const place = `port ${port} of ${host}`;
  const metadata = { host, port: String(port) };
  switch (code) {
    case "EADDRINUSE":
      return fail(
        Code.Unavailable,
        "PORT_IN_USE",
        `Cannot listen on ${place}: another program has it. Stop that one, or choose another port with PORT, such as PORT=${port + 1}.`,
        metadata,
      );
    case "EACCES":
      return fail(
        Code.PermissionDenied,
        "PORT_NOT_PERMITTED",
        `Cannot listen on ${place}: the system does not permit it. Choose a port above 1023 with PORT.`,
        metadata,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return fail(
        Code.InvalidArgument,
        "HOST_NOT_HERE",
        `Cannot listen on ${place}: this machine has no such address. Set HOST to 127.0.0.1, or to 0.0.0.0 for all addresses.`,
        metadata,
      );
    default:
      return error;
  }
}

const MAX_PATH = 200;
const pathsOf = ({ typeName, methods }: DescService) => methods.map(({ name }) => `/${typeName}/${name}`);
const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The path that was most likely meant: by its last part, the method, since a service is rather left out than mistyped. */
function meantBy(path: string, known: readonly string[]): string | undefined {
  const near = nearest(lastPart(path), known.map(lastPart));
  return nearest(
    path,
    known.filter((candidate) => lastPart(candidate) === near),
    Number.POSITIVE_INFINITY,
  );
}

/**
 * The error for a path at which there is nothing: `unimplemented` (NOT_SERVED) with what there is.
 *
 * @param routes paths that are no RPC
 */
export function notServed(path: string, services: readonly BoundService[], routes: readonly string[]): ConnectError {
  const service = services.find(({ desc }) => path.startsWith(`/${desc.typeName}/`))?.desc;
  const known = service ? pathsOf(service) : [...services.flatMap(({ desc }) => pathsOf(desc)), ...routes];
  const meant = meantBy(path, known);
  const question = meant ? ` Did you mean ${meant}?` : "";
  const wayOut = service
    ? `${service.typeName} has the methods ${service.methods.map(({ name }) => name).join(", ")}.`
    : `The services here are ${services.map(({ desc }) => desc.typeName).join(", ")}; call them as /<service>/<method>.`;
  // A path may be as long as all headers together, and the way out is not to be cut off with it.
  const shown = fitText(path, MAX_PATH);
  const message = `Nothing is served at ${shown}.${question} ${wayOut}`;
  return fail(Code.Unimplemented, "NOT_SERVED", message, { path: shown });
}

/** The error for what nobody foresaw, whose cause only the log has. */
export const failedInside = () => fail(Code.Internal, "INTERNAL", "Something went wrong. Try again.");

/**
 * The error for the mistake that everyone makes with curl, which by itself sends a form: `invalid_argument` (CONTENT_TYPE_MISSING).
 * Undefined where the request makes none.
 */
export function wrongContentType(request: HttpRequest): ConnectError | undefined {
  const contentType = request.headers["content-type"]?.split(";", 1)[0];
  if (request.method !== "POST" || (contentType && contentType !== "application/x-www-form-urlencoded"))
    return undefined;
  return fail(
    Code.InvalidArgument,
    "CONTENT_TYPE_MISSING",
    "Say what the body is: send the header 'content-type: application/json' with JSON.",
  );
}
