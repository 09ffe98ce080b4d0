// gRPC server reflection, v1 and v1alpha: how grpcurl, buf curl and Buf Studio learn what a port serves.

import {
  createRegistry,
  type DescExtension,
  type DescFile,
  type DescService,
  type FileRegistry,
  type MessageInitShape,
  toBinary,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { file_google_rpc_error_details } from "#gen/google/rpc/error_details_pb.js";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponseSchema,
} from "#gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.js";
import { type BoundService, bindService } from "../calls/service.ts";
import type { Log } from "../log.ts";

type Response = MessageInitShape<typeof ServerReflectionResponseSchema>;
type Answer = NonNullable<Response["messageResponse"]>;

function notFound(what: string): Answer {
  return { case: "errorResponse", value: { errorCode: Code.NotFound, errorMessage: `${what} is not known here` } };
}

/** Every full name that a file declares. Enum values stand beside their enum, as in C++. */
function symbolsOf(file: DescFile): string[] {
  return [...nestedTypes(file)].flatMap((type) => {
    const children = (names: readonly { name: string }[]) => names.map(({ name }) => `${type.typeName}.${name}`);
    switch (type.kind) {
      case "message":
        return [type.typeName, ...children(type.fields), ...children(type.oneofs)];
      case "service":
        return [type.typeName, ...children(type.methods)];
      case "enum": {
        const scope = type.typeName.slice(0, -type.name.length);
        return [type.typeName, ...type.values.map(({ name }) => scope + name)];
      }
      default:
        return [type.typeName];
    }
  });
}

/** What reflection answers from: files, and where each symbol and extension is. */
class Descriptors {
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  readonly #extensions: DescExtension[];
  readonly #encoded = new Map<DescFile, Uint8Array>();
  readonly #commented: FileRegistry | undefined;

  constructor(files: readonly DescFile[], commented: FileRegistry | undefined) {
    this.#commented = commented;
    for (const file of files) this.#add(file);
    // Files that nothing imports may still hold extensions of what is served.
    for (const file of commented?.files ?? []) this.#add(file);
    for (const file of this.#files.values()) for (const symbol of symbolsOf(file)) this.#symbols.set(symbol, file);
    this.#extensions = [...createRegistry(...this.#files.values())].filter((type) => type.kind === "extension");
  }

  #add(linked: DescFile) {
    const { name } = linked.proto;
    if (this.#files.has(name)) return;
    const file = this.#commented?.getFile(name) ?? linked;
    this.#files.set(name, file);
    for (const imported of file.dependencies) this.#add(imported);
  }

  #encode(file: DescFile): Uint8Array {
    const bytes = this.#encoded.get(file) ?? toBinary(FileDescriptorProtoSchema, file.proto);
    this.#encoded.set(file, bytes);
    return bytes;
  }

  /** The file and what it imports, each import once a stream: `sent` remembers them by name. */
  #fileAnswer(file: DescFile | undefined, what: string, sent: Set<string>): Answer {
    if (!file) return notFound(what);
    const fresh = new Set([file]);
    const seen = new Set<string>();
    const visit = ({ proto: { name }, dependencies }: DescFile) => {
      if (seen.has(name)) return;
      seen.add(name);
      const known = this.#files.get(name);
      if (known && !sent.has(name)) fresh.add(known);
      dependencies.forEach(visit);
    };
    visit(file);
    for (const { proto } of fresh) sent.add(proto.name);
    return {
      case: "fileDescriptorResponse",
      value: { fileDescriptorProto: [...fresh].map((each) => this.#encode(each)) },
    };
  }

  answer(request: ServerReflectionRequest["messageRequest"], served: readonly string[], sent: Set<string>): Answer {
    switch (request.case) {
      case "listServices":
        return { case: "listServicesResponse", value: { service: served.map((name) => ({ name })) } };
      case "fileByFilename":
        return this.#fileAnswer(this.#files.get(request.value), `File ${request.value}`, sent);
      case "fileContainingSymbol":
        return this.#fileAnswer(this.#symbols.get(request.value), `Symbol ${request.value}`, sent);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = request.value;
        const extension = this.#extensions.find(
          ({ extendee, number }) => extendee.typeName === containingType && number === extensionNumber,
        );
        return this.#fileAnswer(extension?.file, `Extension ${extensionNumber} of ${containingType}`, sent);
      }
      case "allExtensionNumbersOfType": {
        const extensions = this.#extensions.filter(({ extendee }) => extendee.typeName === request.value);
        if (extensions.length === 0 && !this.#symbols.has(request.value)) return notFound(`Type ${request.value}`);
        const extensionNumber = extensions.map(({ number }) => number);
        return { case: "allExtensionNumbersResponse", value: { baseTypeName: request.value, extensionNumber } };
      }
      case undefined: {
        const errorMessage = "The request asks for nothing. Set one field of message_request.";
        return { case: "errorResponse", value: { errorCode: Code.InvalidArgument, errorMessage } };
      }
    }
  }
}

/**
 * The services `grpc.reflection.v1.ServerReflection` and `v1alpha`, which describe `services` and themselves
 * (github.com/grpc/grpc/blob/master/doc/server-reflection.md).
 *
 * @param commented descriptors to prefer to the linked ones, because they carry comments
 */
export function reflectionServices(
  services: readonly DescService[],
  commented?: () => FileRegistry,
  log?: Log,
): BoundService[] {
  const all = [...services, ServerReflection, ServerReflectionV1Alpha];
  const names = all.map(({ typeName }) => typeName).sort();
  // Error details travel as Any: a client that knows their types can show them.
  const files = [...all.map(({ file }) => file), file_google_rpc_error_details];
  // Indexed on the first question: many a process is never asked.
  let descriptors: Descriptors | undefined;

  async function* serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>): AsyncGenerator<Response> {
    descriptors ??= new Descriptors(files, commented?.());
    const sent = new Set<string>();
    for await (const request of requests) {
      const messageResponse = descriptors.answer(request.messageRequest, names, sent);
      yield { validHost: request.host, originalRequest: request, messageResponse };
    }
  }
  return [
    bindService(ServerReflection, { serverReflectionInfo }, log),
    // The two versions differ in their package name alone.
    bindService(ServerReflectionV1Alpha, { serverReflectionInfo: serverReflectionInfo as never }, log),
  ];
}
