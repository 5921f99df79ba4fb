"""What stock tools find out: health, and the schema by reflection."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from peer import SECONDS_MAX, Client, Server, callable_of, methods, refused

Code = grpc.StatusCode
Status = health_pb2.HealthCheckResponse
OWN_SERVICES = {"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}


def reflected(channel: grpc.Channel) -> tuple[descriptor_pool.DescriptorPool, list[str]]:
    database = ProtoReflectionDescriptorDatabase(channel)
    return descriptor_pool.DescriptorPool(database), list(database.get_services())


def test_reflection_is_enough_for_a_call(server: Server) -> None:
    with server.channel() as channel:
        pool, services = reflected(channel)
        assert "khach.v1.DirectoryService" in services
        found = pool.FindServiceByName("khach.v1.DirectoryService").methods_by_name
        request = message_factory.GetMessageClass(found["CreateBusiness"].input_type)()
        request.name = request.actor = "mai"
        reply = callable_of(channel, found["CreateBusiness"])(request, timeout=SECONDS_MAX)
        assert reply.business.name == "mai"


def files_of(reply: Any) -> list[str]:
    files = reply.file_descriptor_response.file_descriptor_proto
    return [descriptor_pb2.FileDescriptorProto.FromString(file).name for file in files]


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_the_answers_of_reflection(client: Client, version: str) -> None:
    call = client.channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    ask = reflection_pb2.ServerReflectionRequest
    asked = [
        (ask(file_by_filename="khach/v1/sync.proto"), "khach/v1/sync.proto"),
        (ask(file_containing_symbol="khach.v1.Business"), "khach/v1/directory.proto"),
        (ask(file_containing_symbol="khach.v1.Business.id"), "khach/v1/directory.proto"),
        (ask(file_containing_symbol="khach.v1.SyncService.PullChanges"), "khach/v1/sync.proto"),
        (ask(file_containing_symbol="khach.v1.No"), 5),
        (ask(file_by_filename="no.proto"), 5),
        (ask(all_extension_numbers_of_type="khach.v1.Business"), 5),
        (ask(), 3),
    ]
    replies = list(call(iter(question for question, _ in asked), timeout=SECONDS_MAX))
    told = [
        files_of(reply)[0] if files_of(reply) else reply.error_response.error_code
        for reply in replies
    ]
    assert told == [expected for _, expected in asked]


def test_every_method_that_reflection_tells_of_is_served(server: Server) -> None:
    """An empty request reaches each; whatever it answers, the method is there."""
    with server.channel() as channel:
        pool, services = reflected(channel)
        assert set(services) >= OWN_SERVICES
        told = [m for name in sorted(set(services) - OWN_SERVICES) for m in methods(pool, name)]
        assert len(told) > 40
        for method in told:
            request = message_factory.GetMessageClass(method.input_type)()
            call = callable_of(channel, method)
            try:
                reply = call(request, timeout=SECONDS_MAX)
                if method.server_streaming:
                    next(reply)
                    reply.cancel()
            except grpc.RpcError as error:
                assert error.code() != Code.UNIMPLEMENTED, method.full_name


@pytest.mark.parametrize("name", ["", "khach.v1.SyncService", "grpc.health.v1.Health"])
def test_health_of_what_is_here(client: Client, name: str) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)
    asked = health_pb2.HealthCheckRequest(service=name)
    assert health.Check(asked, timeout=SECONDS_MAX).status == Status.SERVING
    watch = health.Watch(asked, timeout=SECONDS_MAX)
    assert next(watch).status == Status.SERVING
    watch.cancel()


def test_health_of_what_is_not(client: Client) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)
    other = health_pb2.HealthCheckRequest(service="other")
    assert refused(lambda: health.Check(other, timeout=SECONDS_MAX)).code() == Code.NOT_FOUND
    assert next(health.Watch(other, timeout=SECONDS_MAX)).status == Status.SERVICE_UNKNOWN
