"""What a call of stock gRPC for Python comes to."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from conftest import PEOPLE
from grpc_health.v1 import health_pb2, health_pb2_grpc
from peer import BINARIES, SECONDS_MAX, Client, Server, details, export, message, reason, refused

Code = grpc.StatusCode
GET = "/khach.v1.CustomerService/GetCustomer"
MIB = 1 << 20
READ = 1
#: Ids of the right form that nobody has.
ABSENT = {"business_id": "b0000000000007", "id": "c0000000000007"}


def test_a_unary_call(client: Client) -> None:
    business = client.business()
    listed = client.call("DirectoryService/ListBusinesses")
    assert business in [found.id for found in listed.businesses]


def test_a_stream_whose_reader_is_slow(peopled: tuple[Path, str]) -> None:
    data, business = peopled
    with Server(data) as server, server.channel() as channel:
        client = Client(channel)
        stream = client.call("CustomerService/ExportCustomers", export(business))
        chunks = [next(stream)]
        assert not chunks[0].is_last
        # The stream waits for its reader, and nobody else does.
        for _ in range(100):
            client.call("DirectoryService/ListBusinesses")
        assert server.counted("khach_calls_running") == 1
        chunks += list(stream)
        assert chunks[-1].is_last and chunks[-1].rows_total == PEOPLE
        assert b"".join(chunk.data for chunk in chunks).count(b"\n") == PEOPLE


@pytest.mark.parametrize(
    ("name", "fields", "code", "word"),
    [
        ("CustomerService/GetCustomer", {"id": "x"}, Code.INVALID_ARGUMENT, "INVALID_FIELD"),
        ("CustomerService/GetCustomer", {"id": ABSENT["id"]}, Code.NOT_FOUND, "NOT_FOUND"),
        ("DirectoryService/CreateBusiness", {}, Code.INVALID_ARGUMENT, "INVALID_FIELD"),
        (
            "SyncService/DescribeScope",
            {"business_id": ABSENT["business_id"]},
            Code.NOT_FOUND,
            "NOT_FOUND",
        ),
        (
            "SyncService/WatchChanges",
            {"business_id": ABSENT["business_id"]},
            Code.NOT_FOUND,
            "NOT_FOUND",
        ),
    ],
)
def test_an_error_has_its_details(
    server: Server, client: Client, name: str, fields: dict[str, str], code: Code, word: str
) -> None:
    request = message(f"khach.v1.{name.split('/')[1]}Request", **fields)

    def call() -> None:
        reply = client.call(name, request)
        if hasattr(reply, "cancel"):
            next(reply)

    error = refused(call)
    assert (error.code(), reason(error)) == (code, word)
    # The name of the refusal is in the log.
    field, count, *text = details(error)["google.rpc.RequestInfo"].value
    assert (field, count) == (0x0A, len(text))
    lines = server.log.read_text().splitlines()
    assert any(bytes(text).decode() in line and f"khach.v1.{name}" in line for line in lines)


def padded(count: int) -> bytes:
    """A message of so many bytes: field 15, unknown, with a length of four bytes."""
    body = count - 5
    return (
        b"\x7a"
        + bytes([body >> 7 * i & 127 | (128 if i < 3 else 0) for i in range(4)])
        + bytes(body)
    )


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"\xff", Code.INVALID_ARGUMENT),
        (b"", Code.INVALID_ARGUMENT),
        (padded(4 * MIB - 1), Code.INVALID_ARGUMENT),
        (padded(4 * MIB), Code.INVALID_ARGUMENT),
        (padded(4 * MIB + 1), Code.RESOURCE_EXHAUSTED),
        (padded(8 * MIB), Code.RESOURCE_EXHAUSTED),
        # Not awaited: the call is reset.
        (padded(8 * MIB + 1), Code.CANCELLED),
    ],
    ids=["no message", "empty", "4 MiB - 1", "4 MiB", "4 MiB + 1", "8 MiB", "8 MiB + 1"],
)
def test_the_bytes_of_a_request(client: Client, payload: bytes, code: Code) -> None:
    call = client.channel.unary_unary(GET)
    assert refused(lambda: call(payload, timeout=SECONDS_MAX)).code() == code
    # The connection goes on.
    client.call("DirectoryService/ListBusinesses")


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ([(f"key-{i}", "") for i in range(64)], Code.INVALID_ARGUMENT),
        ([(f"key-{i}", "") for i in range(65)], Code.RESOURCE_EXHAUSTED),
        ([("key", "v" * (8 * 1024 - 3))], Code.INVALID_ARGUMENT),
        ([("key", "v" * (8 * 1024 - 2))], Code.RESOURCE_EXHAUSTED),
    ],
    ids=["64 entries", "65 entries", "8 KiB", "8 KiB + 1"],
)
def test_metadata(client: Client, metadata: list[tuple[str, str]], code: Code) -> None:
    call = client.channel.unary_unary(GET)
    error = refused(lambda: call(b"", timeout=SECONDS_MAX, metadata=metadata))
    assert error.code() == code


@pytest.mark.parametrize("path", ["/khach.v1.CustomerService/No", "/khach.v1.No/GetCustomer"])
def test_nobody_else_is_served(client: Client, path: str) -> None:
    call = client.channel.unary_unary(path)
    assert refused(lambda: call(b"", timeout=SECONDS_MAX)).code() == Code.UNIMPLEMENTED


def test_a_hundred_calls_at_once(server: Server, client: Client) -> None:
    """The 101st waits at its client: HTTP/2 says how many a connection may have."""
    request = message("khach.v1.WatchChangesRequest", business_id=client.business())
    streams = [client.call("SyncService/WatchChanges", request) for _ in range(100)]
    for stream in streams:
        next(stream)
    over = client.call("SyncService/WatchChanges", request, timeout=1)
    assert refused(lambda: next(over)).code() == Code.DEADLINE_EXCEEDED
    server.await_metric("khach_watchers", lambda count: count == 100)
    late = client.call("SyncService/WatchChanges", request)
    streams[0].cancel()
    next(late)
    for stream in [*streams, late]:
        stream.cancel()
    server.await_metric("khach_watchers", lambda count: count == 0)


@pytest.mark.parametrize("ending", ["deadline", "cancel", "close"])
def test_what_ends_a_call_ends_its_work(server: Server, ending: str) -> None:
    method = 'khach_calls_total{method="khach.v1.SyncService/WatchChanges",code="CANCELLED"}'
    before = server.counted(method)
    with server.channel() as channel:
        client = Client(channel)
        request = message("khach.v1.WatchChangesRequest", business_id=client.business())
        stream = client.call(
            "SyncService/WatchChanges", request, timeout=1 if ending == "deadline" else None
        )
        next(stream)
        server.await_metric("khach_watchers", lambda count: count == 1)
        if ending == "deadline":
            assert refused(lambda: list(stream)).code() == Code.DEADLINE_EXCEEDED
        if ending == "cancel":
            stream.cancel()
    server.await_metric("khach_watchers", lambda count: count == 0)
    server.await_metric(method, lambda count: count == before + 1)
    assert server.counted("khach_calls_running") == 0


@pytest.mark.parametrize(
    ("timeout", "code"),
    [("0n", Code.DEADLINE_EXCEEDED), ("1n", Code.DEADLINE_EXCEEDED), ("99999999H", None)],
)
def test_the_server_keeps_the_time(client: Client, timeout: str, code: Code | None) -> None:
    """As a client sends it that does not look at the clock itself."""
    request = message("khach.v1.WatchChangesRequest", business_id=client.business())
    client.metadata = [("grpc-timeout", timeout)]
    stream = client.call("SyncService/WatchChanges", request, timeout=None)
    if code is None:
        next(stream)
        stream.cancel()
    else:
        assert refused(lambda: list(stream)).code() == code


# Who may do what.


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server whose store has tokens, and its administrator's."""
    data, secret = initialized(tmp_path_factory.mktemp("tokens"))
    with Server(data) as server:
        yield server, secret


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        [("authorization", "")],
        [("authorization", "Bearer khach_wrong")],
        [("authorization", "Basic khach_wrong")],
        [("authorization-bin", b"Bearer khach_wrong")],
    ],
)
def test_nobody_unknown_is_served(guarded: tuple[Server, str], metadata: list[Any]) -> None:
    with guarded[0].channel() as channel:
        client = Client(channel)
        client.metadata = metadata
        for name in ["DirectoryService/ListBusinesses", "SyncService/WatchChanges"]:

            def call(name: str = name) -> None:
                list(client.call(name)) if "Watch" in name else client.call(name)

            error = refused(call)
            assert error.code() == Code.UNAUTHENTICATED
            assert reason(error)


def test_a_token_allows_what_it_says(guarded: tuple[Server, str]) -> None:
    server, secret = guarded
    with server.channel() as channel:
        administrator = Client(channel, secret)
        business = administrator.business()
        reader = Client(channel, administrator.token(business, READ))
        assert reader.call("DirectoryService/ListBusinesses").businesses[0].id == business
        error = refused(reader.business)
        assert (error.code(), reason(error)) == (Code.PERMISSION_DENIED, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("CustomerService/GetCustomer", "id"),
        ("DirectoryService/ListPages", "business_id"),
        ("SyncService/DescribeScope", "business_id"),
        ("SyncService/WatchChanges", "business_id"),
    ],
)
def test_what_is_anothers_is_absent(guarded: tuple[Server, str], name: str, field: str) -> None:
    """To the byte, but for the ids that were asked for and the names of the refusals."""
    server, secret = guarded
    with server.channel() as channel:
        administrator = Client(channel, secret)
        own, foreign = administrator.business(), administrator.business()
        administrator.customers(foreign, 1)
        listed = message("khach.v1.ListCustomersRequest")
        listed.filter.business_id = foreign
        customer = administrator.call("CustomerService/ListCustomers", listed).customers[0].id
        reader = Client(channel, administrator.token(own, READ))

        def answer(wanted: str) -> tuple[Any, ...]:
            request = message(f"khach.v1.{name.split('/')[1]}Request", **{field: wanted})
            error = refused(
                lambda: (
                    list(reader.call(name, request))
                    if "Watch" in name
                    else reader.call(name, request)
                )
            )
            told = {
                kind: detail.value.replace(wanted.encode(), b"ID")
                for kind, detail in details(error).items()
                if kind != "google.rpc.RequestInfo"
            }
            return error.code(), error.details().replace(wanted, "ID"), told

        found = answer(customer if field == "id" else foreign)
        assert found == answer(ABSENT[field])
        assert found[0] == Code.NOT_FOUND


def initialized(folder: Path) -> tuple[Path, str]:
    """A data folder whose store has tokens, and its administrator's."""
    data = folder / "data"
    made = subprocess.run([BINARIES / "khachd", "init", "--data", data], capture_output=True)
    assert made.returncode == 0, made.stderr
    return data, made.stdout.decode().strip()


def test_the_connections_of_one_token(tmp_path: Path) -> None:
    """64, each counted once; one more is refused until one of them is closed."""
    data, secret = initialized(tmp_path)
    with Server(data) as server:
        channels = [server.channel() for _ in range(65)]
        clients = [Client(channel, secret) for channel in channels]
        for client in clients[:64] + clients[:1]:
            client.call("DirectoryService/ListBusinesses")
        error = refused(lambda: clients[64].call("DirectoryService/ListBusinesses"))
        assert (error.code(), reason(error)) == (Code.RESOURCE_EXHAUSTED, "TOO_MANY_CONNECTIONS")
        business = clients[0].business()
        other = Client(channels[64], clients[0].token(business, READ))
        other.call("DirectoryService/ListBusinesses")
        channels[0].close()
        server.await_metric("khach_connections", lambda count: count == 64)
        clients[64].call("DirectoryService/ListBusinesses")
        for channel in channels:
            channel.close()


def test_failures_to_be_known(tmp_path: Path) -> None:
    """Ten in a minute are answered; one more is, and ends its connection."""
    data, secret = initialized(tmp_path)
    with Server(data) as server, server.channel() as known, server.channel() as channel:
        business = Client(known, secret).business()
        stranger = Client(channel, "khach_wrong")
        for _ in range(10):
            assert refused(stranger.business).code() == Code.UNAUTHENTICATED
        strangers = 'khach_protocol_errors_total{kind="too_many_strangers"}'
        assert server.counted(strangers) == 0 and server.counted("khach_connections") == 2
        request = message("khach.v1.WatchChangesRequest", business_id=business)
        watch = Client(channel, secret).call("SyncService/WatchChanges", request)
        next(watch)
        assert refused(stranger.business).code() == Code.UNAUTHENTICATED
        assert server.counted(strangers) == 1
        # Whatever else runs by it ends too.
        assert refused(lambda: list(watch)).code() == Code.UNAVAILABLE
        server.await_metric("khach_connections", lambda count: count == 1)
        # Who is known is not held back by its address.
        Client(known, secret).business()


@pytest.mark.parametrize("difference", [-1, 0, 1])
def test_a_message_of_nobody_known(tmp_path: Path, difference: int) -> None:
    """64 KiB, until somebody known has called by the connection; which goes on."""
    data, secret = initialized(tmp_path)
    metadata = [("authorization", f"Bearer {secret}")]
    payload = padded(64 * 1024 + difference)

    def code(metadata: list[Any]) -> Code:
        call = channel.unary_unary(GET)
        return refused(lambda: call(payload, timeout=SECONDS_MAX, metadata=metadata)).code()

    with Server(data) as server, server.channel() as channel:
        health = health_pb2_grpc.HealthStub(channel)
        health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS_MAX)
        long = Code.RESOURCE_EXHAUSTED if difference > 0 else None
        assert code([]) == (long or Code.UNAUTHENTICATED)
        assert code(metadata) == (long or Code.INVALID_ARGUMENT)
        Client(channel, secret).call("DirectoryService/ListBusinesses")
        assert code(metadata) == Code.INVALID_ARGUMENT
        # As long as anybody's may be.
        call = channel.unary_unary(GET)
        longest = padded(4 * MIB)
        error = refused(lambda: call(longest, timeout=SECONDS_MAX, metadata=metadata))
        assert error.code() == Code.INVALID_ARGUMENT
        # It is one connection that all of this came by.
        assert server.counted("khach_connections") == 1


def test_a_flood_that_is_refused(tmp_path: Path) -> None:
    """After 200 refusals in a second a connection is not read for a while, and then again."""
    hushes = 'khach_protocol_errors_total{kind="too_many_refusals"}'
    much = [(f"key-{i}", "") for i in range(65)]
    with Server(tmp_path / "data") as server, server.channel() as channel:
        call = channel.unary_unary(GET)

        def flood(count: int) -> None:
            calls = [call.future(b"", timeout=SECONDS_MAX, metadata=much) for _ in range(count)]
            for one in calls:
                assert refused(one.result).code() == Code.RESOURCE_EXHAUSTED

        flood(200)
        assert server.counted(hushes) == 0
        end = time.monotonic() + SECONDS_MAX
        while server.counted(hushes) == 0:
            flood(100)
            assert time.monotonic() < end
        Client(channel).call("DirectoryService/ListBusinesses")
        with server.channel() as other:
            Client(other).call("DirectoryService/ListBusinesses")


def test_a_connection_that_nobody_uses(tmp_path: Path) -> None:
    """Ended after 10 s, unless somebody known has called or a call runs."""
    data, secret = initialized(tmp_path)
    with Server(data) as server, server.channel() as known, server.channel() as channel:
        Client(known, secret).business()
        grpc.channel_ready_future(channel).result(SECONDS_MAX)
        assert server.counted("khach_connections") == 2
        server.await_metric("khach_connections", lambda count: count == 1)
        assert server.counted('khach_protocol_errors_total{kind="no_caller"}') == 1
        Client(channel, secret).business()
