// Learns from a running gRPC server what it serves (github.com/grpc/grpc/blob/master/doc/server-reflection.md).
import { create, type DescFile, type DescService, type FileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { file_deskwire_mcp_v1_options } from "#gen/deskwire/mcp/v1/options_pb.js";
import {
  ServerReflection,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "#gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.js";
import { type RemoteOptions, type RemoteTransport, remoteTransport } from "../../runtime/calls/remote-transport.ts";
import { fail } from "../../runtime/errors.ts";
import { loadImage, wellKnownFiles } from "../../runtime/messages/descriptor-image.ts";
import { repairDescriptors } from "./repair.ts";
import { listOf } from "./words.ts";

type Request = { messageRequest: Question };
type Question = Extract<ServerReflectionRequest["messageRequest"], { value: string }>;
type Answer = ServerReflectionResponse["messageResponse"];
/** Asks in one stream and gives one answer to each question. */
type Ask = (questions: readonly Question[]) => Promise<Answer[]>;

/** What to ask a server for, and how. */
export interface ReflectOptions extends RemoteOptions {
  /** Full names; default: all that the server lists but reflection itself. */
  readonly services?: readonly string[];
}

/** What a server says of itself. */
export interface Reflected {
  /** Each with its comments, where the server sends them. */
  readonly services: readonly DescService[];
  readonly registry: FileRegistry;
  readonly transport: RemoteTransport;
}

/** A round asks for what the one before imports: no schema is so deep, and a server that goes on and on is left. */
const MAX_ROUNDS = 64;
/** How long a server may take to describe itself. */
const TIMEOUT_MS = 10_000;

async function* each(questions: readonly Question[]): AsyncGenerator<Request> {
  for (const messageRequest of questions) yield { messageRequest };
}

/** Reads the stream to its end: one that is left early keeps its deadline's timer, and so the process, alive. */
async function collect(answers: AsyncIterable<{ messageResponse: unknown }>): Promise<Answer[]> {
  const collected: Answer[] = [];
  // Both versions of the protocol have the same messages under different names.
  for await (const { messageResponse } of answers) collected.push(messageResponse as Answer);
  return collected;
}

/** v1, or v1alpha where the server is older than v1. */
async function connect(transport: Transport, url: string): Promise<{ ask: Ask; names: string[] }> {
  const v1 = createClient(ServerReflection, transport);
  const v1alpha = createClient(ServerReflectionV1Alpha, transport);
  const asking: readonly Ask[] = [
    (questions) => collect(v1.serverReflectionInfo(each(questions), { timeoutMs: TIMEOUT_MS })),
    (questions) => collect(v1alpha.serverReflectionInfo(each(questions), { timeoutMs: TIMEOUT_MS })),
  ];
  const list: Question = { case: "listServices", value: "" };
  for (const ask of asking) {
    try {
      const [answer] = await ask([list]);
      if (answer?.case === "listServicesResponse") return { ask, names: answer.value.service.map(({ name }) => name) };
    } catch (error) {
      const { code, rawMessage: cause } = ConnectError.from(error);
      if (code === Code.Unimplemented) continue;
      // It is there, and says what it wants.
      if (code === Code.Unauthenticated || code === Code.PermissionDenied) throw error;
      throw fail(
        Code.Unavailable,
        "REFLECTION_FAILED",
        `No gRPC server answers at ${url}: ${cause}. Is the URL right?`,
      );
    }
  }
  throw fail(Code.Unimplemented, "NO_REFLECTION", `The server at ${url} has no gRPC reflection. Enable it there.`);
}

/** Files compiled into this program, for servers that leave out what everybody has. */
const linked: ReadonlyMap<string, DescFile> = new Map(
  [...wellKnownFiles, file_deskwire_mcp_v1_options].map((file) => [file.proto.name, file]),
);

/** Asks for the files of some services and of all that they import, level by level. */
async function filesOf(ask: Ask, names: readonly string[]): Promise<FileRegistry> {
  const files = new Map<string, FileDescriptorProto>();
  let questions = names.map((value): Question => ({ case: "fileContainingSymbol", value }));
  for (let round = 0; questions.length > 0 && round < MAX_ROUNDS; round++) {
    for (const [index, answer] of (await ask(questions)).entries()) {
      if (answer.case === "fileDescriptorResponse") {
        for (const bytes of answer.value.fileDescriptorProto) {
          const file = fromBinary(FileDescriptorProtoSchema, bytes);
          if (!files.has(file.name)) files.set(file.name, file);
        }
      } else if (questions[index]?.case === "fileContainingSymbol") {
        throw fail(Code.NotFound, "SERVICE_NOT_FOUND", `The server does not describe its service ${names[index]}.`);
      } else {
        throw fail(
          Code.NotFound,
          "FILE_NOT_FOUND",
          `The server does not describe the file ${questions[index]?.value}.`,
        );
      }
    }
    const missing = new Set([...files.values()].flatMap(({ dependency }) => dependency));
    questions = [...missing]
      .filter((name) => !files.has(name) && !linked.has(name))
      .map((value) => ({ case: "fileByFilename", value }));
  }
  const all = [...files.values()];
  repairDescriptors(
    all,
    [...linked.values()].map(({ proto }) => proto),
  );
  const image = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: all }));
  return loadImage(image, [...linked.values()]);
}

async function describe(transport: Transport, url: string, only: readonly string[]) {
  const { ask, names } = await connect(transport, url);
  const listed = names.filter((name) => !name.startsWith("grpc.reflection."));
  const wanted = only.length > 0 ? only : listed;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    const message = `The server at ${url} has no service ${listOf(unknown)}. It has ${listOf(listed, "and") || "none"}.`;
    throw fail(Code.NotFound, "SERVICE_NOT_FOUND", message);
  }
  const registry = await filesOf(ask, wanted);
  return { services: wanted.flatMap((name) => registry.getService(name) ?? []), registry };
}

/**
 * Reads the descriptors of the server at `url`, such as `http://127.0.0.1:50051`.
 *
 * Throws a ConnectError where no server answers, it has no reflection, or it does not know one of the services.
 */
export async function reflectServices(url: string, options: ReflectOptions = {}): Promise<Reflected> {
  const transport = remoteTransport(url, options);
  try {
    return { ...(await describe(transport, url, options.services ?? [])), transport };
  } catch (error) {
    transport.close();
    throw error;
  }
}
