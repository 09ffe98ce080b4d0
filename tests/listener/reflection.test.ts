// Reflection as its clients use it: a client of our own for every kind of question, then buf curl and grpcurl.

import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { create, createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, SourceCodeInfoSchema } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServerReflection, type ServerReflectionRequestSchema } from "#gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.js";
import type { Listener } from "../../runtime/http/listener.ts";
import { loadImage, wellKnownFiles } from "../../runtime/messages/descriptor-image.ts";
import { echoFile, listenForTest } from "./fixture.ts";

const run = promisify(execFile);
const NAMES = [
  "deskwire.test.v1.EchoService",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

let listener: Listener;
beforeAll(async () => {
  const image = readFileSync(new URL("../../gen/deskwire.binpb", import.meta.url));
  const sourceCodeInfo = create(SourceCodeInfoSchema, {
    location: [{ path: [6, 0], span: [0, 0, 1], leadingComments: " Answers with what it was told.\n" }],
  });
  const echoCommented = createFileRegistry({ ...echoFile, sourceCodeInfo }, () => undefined);
  const files = createFileRegistry(loadImage(image, wellKnownFiles), echoCommented);
  listener = await listenForTest({ files: () => files });
});
afterAll(() => listener.close());

type Question = NonNullable<MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"]>;

/** Asks all questions in one stream. */
async function ask(service: typeof ServerReflection, ...questions: Question[]) {
  const client = createClient(service, createGrpcTransport({ baseUrl: listener.url }));
  const answers = client.serverReflectionInfo(
    (async function* () {
      for (const messageRequest of questions) yield { host: "here", messageRequest };
    })(),
  );
  return (await Array.fromAsync(answers)).map(({ messageResponse }) => messageResponse);
}

function filesIn(answer: Awaited<ReturnType<typeof ask>>[number] | undefined): FileDescriptorProto[] {
  if (answer?.case !== "fileDescriptorResponse") throw new Error(`not files: ${JSON.stringify(answer)}`);
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
}

describe.each([
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionV1Alpha as never],
])("grpc.reflection.%s", (_, service) => {
  test("lists every service, itself included", async () => {
    const [answer] = await ask(service, { case: "listServices", value: "" });
    expect(answer?.value).toMatchObject({ service: NAMES.map((name) => ({ name })) });
  });

  test.each([
    "deskwire.test.v1.EchoService",
    "deskwire.test.v1.EchoService.Echo",
    "deskwire.test.v1.Words",
    "deskwire.test.v1.Words.text",
    "deskwire.test.v1.Tone",
    "deskwire.test.v1.TONE_LOUD",
  ])("finds the file of %s", async (value) => {
    const [answer] = await ask(service, { case: "fileContainingSymbol", value });
    expect(filesIn(answer).map(({ name }) => name)).toEqual(["deskwire/test/v1/echo.proto"]);
  });

  test("sends a file with what it imports, each import once a stream", async () => {
    const options = "deskwire/mcp/v1/options.proto";
    const descriptor = "google/protobuf/descriptor.proto";
    const [first, second, third] = await ask(
      service,
      { case: "fileByFilename", value: options },
      {
        case: "fileContainingExtension",
        value: { containingType: "google.protobuf.FieldOptions", extensionNumber: 50201 },
      },
      { case: "fileByFilename", value: descriptor },
    );
    expect(filesIn(first).map(({ name }) => name)).toEqual([options, descriptor]);
    expect(filesIn(second).map(({ name }) => name)).toEqual([options]);
    expect(filesIn(third).map(({ name }) => name)).toEqual([descriptor]);
  });

  test("sends comments", async () => {
    const [answer] = await ask(service, { case: "fileContainingSymbol", value: "deskwire.test.v1.EchoService" });
    const [file] = filesIn(answer);
    expect(file?.sourceCodeInfo?.location[0]?.leadingComments).toBe(" Answers with what it was told.\n");
  });

  test("numbers the extensions of a type", async () => {
    const [some, none] = await ask(
      service,
      { case: "allExtensionNumbersOfType", value: "google.protobuf.MethodOptions" },
      { case: "allExtensionNumbersOfType", value: "deskwire.test.v1.Words" },
    );
    expect(some?.value).toMatchObject({
      baseTypeName: "google.protobuf.MethodOptions",
      extensionNumber: expect.arrayContaining([50201, 50202]),
    });
    expect(none?.value).toMatchObject({ extensionNumber: [] });
  });

  test("answers what it does not know as an error within the stream", async () => {
    const answers = await ask(
      service,
      { case: "fileByFilename", value: "no.proto" },
      { case: "fileContainingSymbol", value: "no.Symbol" },
      { case: "fileContainingExtension", value: { containingType: "no.Symbol", extensionNumber: 1 } },
      { case: "allExtensionNumbersOfType", value: "no.Symbol" },
      { case: undefined },
      { case: "listServices", value: "" },
    );
    const codes = answers.map((answer) => answer.case === "errorResponse" && answer.value.errorCode);
    const { NotFound } = Code;
    expect(codes).toEqual([NotFound, NotFound, NotFound, NotFound, Code.InvalidArgument, false]);
  });
});

describe("buf curl", () => {
  const buf = (...args: string[]) => run("buf", ["curl", "--http2-prior-knowledge", "--protocol", "grpc", ...args]);

  test("lists the methods", async () => {
    const { stdout } = await buf("--list-methods", listener.url);
    expect(stdout).toContain("deskwire.test.v1.EchoService/Echo");
    expect(stdout).toContain("grpc.health.v1.Health/Check");
  });

  test("calls a method that it knows by reflection alone", async () => {
    const { stdout } = await buf("-d", '{"text":"hello"}', `${listener.url}/deskwire.test.v1.EchoService/Echo`);
    expect(JSON.parse(stdout)).toEqual({ text: "hello" });
  });
});

const grpcurl = spawnSync("grpcurl", ["-version"]).status === 0;

describe.skipIf(!grpcurl)("grpcurl (skipped where it is not installed)", () => {
  const address = () => `127.0.0.1:${listener.port}`;

  test("lists, describes and calls", async () => {
    const list = await run("grpcurl", ["-plaintext", address(), "list"]);
    expect(list.stdout.trim().split("\n")).toEqual(NAMES);
    const describe_ = await run("grpcurl", ["-plaintext", address(), "describe", "deskwire.test.v1.EchoService"]);
    expect(describe_.stdout).toContain("// Answers with what it was told.");
    const call = await run("grpcurl", [
      "-plaintext",
      "-d",
      '{"text":"hello"}',
      address(),
      "deskwire.test.v1.EchoService/Echo",
    ]);
    expect(JSON.parse(call.stdout)).toEqual({ text: "hello" });
  });
});
