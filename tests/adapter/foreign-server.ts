// A gRPC server that owes nothing to this project: grpc-js, its reflection and its health service, from a proto by proto-loader.
import { join } from "node:path";
import {
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";

interface Leaf {
  label?: string;
  size?: string | number;
}

const implementation = {
  Echo(call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) {
    answer(null, call.request);
  },
  Count(call: ServerWritableStream<Leaf, Leaf>) {
    for (let size = 1; size <= Number(call.request.size); size++) call.write({ ...call.request, size });
    call.end();
  },
  Sum(call: ServerReadableStream<Leaf, Leaf>, answer: sendUnaryData<Leaf>) {
    let size = 0;
    call.on("data", (leaf: Leaf) => {
      size += Number(leaf.size);
    });
    call.on("end", () => answer(null, { size }));
  },
  Fail(_: ServerUnaryCall<Leaf, Leaf>, answer: sendUnaryData<Leaf>) {
    answer({ code: status.RESOURCE_EXHAUSTED, details: "No more leaves today." });
  },
};

/** Starts the server on a free port. */
export async function startForeignServer(): Promise<{ url: string; close(): void }> {
  const root = join(import.meta.dirname, "proto");
  const definition: PackageDefinition = loadSync(join(root, "fixture/v1/foreign_service.proto"), {
    includeDirs: [root],
    keepCase: true,
    longs: String,
    oneofs: true,
  });
  const server = new Server();
  const service = definition["fixture.v1.ForeignService"] as unknown as ServiceDefinition;
  server.addService(service, implementation as UntypedServiceImplementation);
  new HealthImplementation({ "": "SERVING", "fixture.v1.ForeignService": "SERVING" }).addToServer(server);
  new ReflectionService(definition).addToServer(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { url: `http://127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
