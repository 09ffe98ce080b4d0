// Connect's Transport over `@grpc/grpc-js`, so that another implementation of gRPC goes through the same cases.
import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Code, ConnectError, type Transport } from "@connectrpc/connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import {
  type CallOptions,
  Client,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";

const pathOf = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;

const serialize =
  <D extends DescMessage>(schema: D) =>
  (message: MessageShape<D>) =>
    Buffer.from(toBinary(schema, message));

const deserialize =
  <D extends DescMessage>(schema: D) =>
  (bytes: Buffer) =>
    fromBinary(schema, bytes);

function toMetadata(header: ConstructorParameters<typeof Headers>[0]): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of new Headers(header)) metadata.set(name, value);
  return metadata;
}

function toHeaders(metadata: Metadata | undefined): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(metadata?.toHttp2Headers() ?? {})) {
    for (const item of [value].flat()) if (item !== undefined) headers.append(name, String(item));
  }
  return headers;
}

function toConnectError(error: ServiceError): ConnectError {
  const trailer = toHeaders(error.metadata);
  trailer.set("grpc-status", String(error.code));
  trailer.set("grpc-message", encodeURIComponent(error.details));
  return findTrailerError(trailer) ?? new ConnectError(error.details, error.code as number as Code);
}

function cancelWith(call: { cancel(): void }, signal: AbortSignal | undefined): void {
  if (signal?.aborted) call.cancel();
  else signal?.addEventListener("abort", () => call.cancel(), { once: true });
}

function deadlineIn(timeoutMs: number | undefined): CallOptions {
  return timeoutMs === undefined || timeoutMs <= 0 ? {} : { deadline: Date.now() + timeoutMs };
}

type Callback<O extends DescMessage> = (error: ServiceError | null, answer?: MessageShape<O>) => void;

/** Runs a call that has one answer. */
async function answerOf<O extends DescMessage>(
  signal: AbortSignal | undefined,
  start: (callback: Callback<O>) => ClientUnaryCall,
) {
  const answered = Promise.withResolvers<MessageShape<O>>();
  let [header, trailer] = [new Headers(), new Headers()];
  const call = start((error, answer) => {
    if (error) answered.reject(toConnectError(error));
    else answered.resolve(answer as MessageShape<O>);
  });
  call.on("metadata", (metadata: Metadata) => {
    header = toHeaders(metadata);
  });
  call.on("status", ({ metadata }: { metadata: Metadata }) => {
    trailer = toHeaders(metadata);
  });
  cancelWith(call, signal);
  const message = await answered.promise;
  return { header, trailer, message };
}

async function* received<T>(call: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* call;
  } catch (error) {
    throw toConnectError(error as ServiceError);
  }
}

/** Calls by grpc-js at `host:port`; close it when done. */
export function grpcJsTransport(address: string): Transport & { close(): void } {
  const client = new Client(address, credentials.createInsecure());
  return {
    close: () => client.close(),
    async unary(method, signal, timeoutMs, header, input) {
      const { input: schema, output } = method;
      const request = create(schema, input);
      const answer = await answerOf<typeof method.output>(signal, (callback) =>
        client.makeUnaryRequest(
          pathOf(method),
          serialize(schema),
          deserialize(output),
          request,
          toMetadata(header),
          deadlineIn(timeoutMs),
          callback,
        ),
      );
      return { stream: false, service: method.parent, method, ...answer };
    },
    async stream(method, signal, timeoutMs, header, input) {
      const how = [pathOf(method), serialize(method.input), deserialize(method.output)] as const;
      const [metadata, deadline] = [toMetadata(header), deadlineIn(timeoutMs)];
      if (method.methodKind === "server_streaming") {
        const [first] = await Array.fromAsync(input);
        const request = create(method.input, first as MessageInitShape<typeof method.input>);
        const call = client.makeServerStreamRequest(...how, request, metadata, deadline);
        cancelWith(call, signal);
        const [none, message] = [new Headers(), received<MessageShape<typeof method.output>>(call)];
        return { stream: true, service: method.parent, method, header: none, trailer: none, message };
      }
      const { message, ...answer } = await answerOf<typeof method.output>(signal, (callback) => {
        const call = client.makeClientStreamRequest(...how, metadata, deadline, callback);
        void (async () => {
          for await (const item of input) call.write(create(method.input, item as never));
          call.end();
        })();
        return call;
      });
      const one = (async function* () {
        yield message;
      })();
      return { stream: true, service: method.parent, method, ...answer, message: one };
    },
  };
}
