// A lean HTTP/2 client for load: all callers on one connection, unary calls of bytes.
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from "node:http2";

/** A length-prefixed message, as gRPC frames it. */
export function grpcFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** Opens a connection; resolves once it is there. */
export async function openSession(resources: AsyncDisposableStack, url: URL): Promise<ClientHttp2Session> {
  const session = connect(url.origin);
  resources.defer(() => session.destroy());
  await new Promise<void>((resolve, reject) => session.once("connect", () => resolve()).once("error", reject));
  return session;
}

/**
 * Sends one request and resolves with the bytes of the answer.
 *
 * @throws an Error for an HTTP status other than 200 or a gRPC status other than 0
 */
export function send(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const stream = session.request({ ":method": "POST", ...headers });
  const chunks: Buffer[] = [];
  let status: unknown;
  let grpcStatus: unknown;
  stream.on("response", (answer) => {
    status = answer[":status"];
    grpcStatus = answer["grpc-status"];
  });
  stream.on("trailers", (trailers) => (grpcStatus = trailers["grpc-status"]));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    const answer = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    if (status === 200 && (grpcStatus === undefined || grpcStatus === "0")) resolve(answer);
    else reject(new Error(`status ${status}, grpc-status ${grpcStatus}: ${answer.toString("utf8").slice(0, 500)}`));
  });
  stream.on("error", reject);
  stream.end(body);
  return promise;
}
