"""A gRPC server that shares nothing with this project: Python's grpcio and its reflection, for fixture.v1.ForeignService.

Takes a FileDescriptorSet on stdin and prints the port it listens on.
"""
import sys
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection

SERVICE = "fixture.v1.ForeignService"

pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(sys.stdin.buffer.read()).file:
    pool.Add(file)


def message(name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"fixture.v1.{name}"))


Everything, Leaf = message("Everything"), message("Leaf")


def count(request, _):
    for size in range(1, request.size + 1):
        yield Leaf(label=request.label, size=size)


def fail(_, context):
    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "No more leaves today.")


def handler(kind, behaviour, request):
    return kind(behaviour, request_deserializer=request.FromString, response_serializer=lambda m: m.SerializeToString())


methods = {
    "Echo": handler(grpc.unary_unary_rpc_method_handler, lambda request, _: request, Everything),
    "Count": handler(grpc.unary_stream_rpc_method_handler, count, Leaf),
    "Sum": handler(grpc.stream_unary_rpc_method_handler, lambda leaves, _: Leaf(size=sum(l.size for l in leaves)), Leaf),
    "Fail": handler(grpc.unary_unary_rpc_method_handler, fail, Leaf),
}
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), server, pool)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
