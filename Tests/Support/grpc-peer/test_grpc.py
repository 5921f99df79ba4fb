"""What stock gRPC for Python sees of khachd."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from peer import BINARIES, SECONDS_MAX, Client, Server, callable_of, message, methods

Code = grpc.StatusCode
OWN_SERVICES = {"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("grpc") / "data")
    yield server
    server.terminate()
    assert server.ended() == 0


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.channel() as channel:
        yield Client(channel)


def refused(body: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        body()
    return caught.value


def error_info(error: grpc.RpcError) -> Any:
    trailers = {key: value for key, value in error.trailing_metadata()}
    status = message("google.rpc.Status")
    status.ParseFromString(trailers["grpc-status-details-bin"])
    assert status.code == error.code().value[0] and status.message == error.details()
    info = message("google.rpc.ErrorInfo")
    assert status.details[0].Unpack(info)
    return info


def test_a_unary_call(client: Client) -> None:
    business = client.business()
    listed = client.call(
        "DirectoryService/ListBusinesses", message("khach.v1.ListBusinessesRequest")
    )
    assert business in [found.id for found in listed.businesses]


def test_a_stream_to_its_end(client: Client) -> None:
    business = client.business()
    client.customers(business, 50)
    chunks = list(client.call("CustomerService/ExportCustomers", export(business)))
    assert chunks[-1].is_last and chunks[-1].rows_total == 50
    assert b"".join(chunk.data for chunk in chunks).count(b"\n") == 50


def export(business: str) -> Any:
    request = message("khach.v1.ExportCustomersRequest")
    request.filter.business_id = business
    formats = request.DESCRIPTOR.fields_by_name["format"].enum_type.values
    request.format = next(value.number for value in formats if value.name.endswith("JSONL"))
    return request


@pytest.mark.parametrize(
    ("name", "request_name", "fields", "code"),
    [
        ("CustomerService/GetCustomer", "GetCustomerRequest", {"id": "c1"}, Code.INVALID_ARGUMENT),
        ("DirectoryService/CreateBusiness", "CreateBusinessRequest", {}, Code.INVALID_ARGUMENT),
        (
            "SyncService/DescribeScope",
            "DescribeScopeRequest",
            {"business_id": "b01arz3ndektsv4rrffq69g5fav"},
            Code.NOT_FOUND,
        ),
    ],
)
def test_an_error_has_its_details(
    client: Client, name: str, request_name: str, fields: dict[str, str], code: Code
) -> None:
    request = message(f"khach.v1.{request_name}", **fields)
    error = refused(lambda: client.call(name, request))
    assert error.code() == code
    info = error_info(error)
    assert info.reason and info.domain


def test_bytes_that_are_no_message(client: Client) -> None:
    call = client.channel.unary_unary("/khach.v1.CustomerService/GetCustomer")
    assert refused(lambda: call(b"\xff", timeout=SECONDS_MAX)).code() == Code.INVALID_ARGUMENT


def test_a_request_may_have_4_mib(client: Client) -> None:
    call = client.channel.unary_unary("/khach.v1.CustomerService/GetCustomer")
    # Field 15, unknown: its tag and length have 5 bytes.
    body = 4 * 1024 * 1024 - 5
    field = b"\x7a" + bytes([body & 127 | 128, body >> 7 & 127 | 128, body >> 14 & 127 | 128, 1])
    largest = field + bytes(body)
    assert len(largest) == 4 << 20
    assert refused(lambda: call(largest, timeout=SECONDS_MAX)).code() == Code.INVALID_ARGUMENT
    more = refused(lambda: call(largest + b"\0", timeout=SECONDS_MAX))
    assert more.code() == Code.RESOURCE_EXHAUSTED, more


def test_a_deadline_ends_a_stream(client: Client) -> None:
    request = message("khach.v1.WatchChangesRequest", business_id=client.business())
    stream = client.call("SyncService/WatchChanges", request, timeout=1)
    assert refused(lambda: list(stream)).code() == Code.DEADLINE_EXCEEDED


def test_cancelled_streams_leave_their_places(client: Client) -> None:
    """4,096 may watch: more than that, one after the other, are only let in when others left."""
    request = message("khach.v1.WatchChangesRequest", business_id=client.business())
    for _ in range(4_200):
        stream = client.call("SyncService/WatchChanges", request)
        next(stream)
        stream.cancel()


def test_nobody_else_is_served(client: Client) -> None:
    for path in ["/khach.v1.CustomerService/No", "/khach.v1.No/GetCustomer"]:
        call = client.channel.unary_unary(path)
        assert refused(lambda call=call: call(b"", timeout=10)).code() == Code.UNIMPLEMENTED


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


def test_reflection_v1(client: Client) -> None:
    call = client.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    ask = reflection_pb2.ServerReflectionRequest
    asked = [
        ask(file_by_filename="khach/v1/sync.proto"),
        ask(file_containing_symbol="khach.v1.Business"),
        ask(file_containing_symbol="khach.v1.No"),
        ask(),
    ]
    replies = list(call(iter(asked), timeout=SECONDS_MAX))
    files = [
        [descriptor_pb2.FileDescriptorProto.FromString(f).name for f in files_of(reply)]
        for reply in replies[:2]
    ]
    assert files[0][0] == "khach/v1/sync.proto" and files[1][0] == "khach/v1/directory.proto"
    assert [reply.error_response.error_code for reply in replies[2:]] == [5, 3]


def files_of(reply: Any) -> Any:
    return reply.file_descriptor_response.file_descriptor_proto


def test_every_method_that_reflection_tells_of_is_served(server: Server) -> None:
    """An empty request reaches each; whatever it answers, the method is there."""
    with server.channel() as channel:
        pool, services = reflected(channel)
        names = sorted(set(services) - OWN_SERVICES)
        told = [method for name in names for method in methods(pool, name)]
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


def test_health(client: Client) -> None:
    health = health_pb2_grpc.HealthStub(client.channel)
    for name in ["", "khach.v1.SyncService", "grpc.health.v1.Health"]:
        reply = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=SECONDS_MAX)
        assert reply.status == health_pb2.HealthCheckResponse.SERVING
        stream = health.Watch(health_pb2.HealthCheckRequest(service=name), timeout=SECONDS_MAX)
        assert next(stream).status == health_pb2.HealthCheckResponse.SERVING
        stream.cancel()
    other = health_pb2.HealthCheckRequest(service="other")
    assert refused(lambda: health.Check(other, timeout=SECONDS_MAX)).code() == Code.NOT_FOUND
    unknown = next(health.Watch(other, timeout=SECONDS_MAX)).status
    assert unknown == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def test_a_call_that_runs_at_sigterm_ends(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    try:
        with server.channel() as channel:
            client = Client(channel)
            business = client.business()
            client.customers(business, 20_000)
            watch = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest(), timeout=SECONDS_MAX
            )
            assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
            chunks = client.call("CustomerService/ExportCustomers", export(business))
            first = next(chunks)
            assert not first.is_last
            server.terminate()
            assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
            with server.channel() as late:
                error = refused(lambda: Client(late).business())
                assert error.code() == Code.UNAVAILABLE
            rest = list(chunks)
            assert rest[-1].is_last and rest[-1].rows_done == 20_000
        assert server.ended() == 0
    finally:
        server.kill()


def test_what_does_not_end_is_cut(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", "--drain", "1")
    try:
        with server.channel() as channel:
            client = Client(channel)
            business = client.business()
            client.customers(business, 20_000)
            chunks = client.call("CustomerService/ExportCustomers", export(business))
            next(chunks)
            server.terminate()
            # Nobody reads on.
            assert server.ended() == 0
            assert refused(lambda: list(chunks)).code() in (Code.UNAVAILABLE, Code.CANCELLED)
    finally:
        server.kill()


def test_tokens(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = subprocess.run([BINARIES / "khachd", "init", "--data", data], capture_output=True)
    assert made.returncode == 0, made.stderr
    server = Server(data)
    try:
        with server.channel() as channel:
            for token in ["", "khach_wrong"]:
                error = refused(lambda token=token: Client(channel, token).business())
                assert error.code() == Code.UNAUTHENTICATED
                assert error_info(error).reason
            assert Client(channel, made.stdout.decode().strip()).business()
            health = health_pb2_grpc.HealthStub(channel)
            assert health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS_MAX)
            assert reflected(channel)[1]
    finally:
        server.kill()


@pytest.mark.parametrize("address", ["tcp:0.0.0.0:0", "tcp:localhost:0", "unix:/tmp/no", "x"])
def test_only_this_machine(tmp_path: Path, address: str) -> None:
    arguments = ["serve", "--data", tmp_path / "data", "--grpc", address, "--allow-plaintext"]
    done = subprocess.run(
        [BINARIES / "khachd", *arguments], capture_output=True, timeout=SECONDS_MAX
    )
    assert done.returncode == 78, done.stderr


def test_a_port_that_is_taken(server: Server, tmp_path: Path) -> None:
    arguments = ["serve", "--data", tmp_path / "data", "--listen", "tcp:127.0.0.1:0"]
    done = subprocess.run(
        [BINARIES / "khachd", *arguments, "--grpc", f"tcp:{server.target}"],
        capture_output=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 1 and b"Address already in use" in done.stderr, done.stderr
