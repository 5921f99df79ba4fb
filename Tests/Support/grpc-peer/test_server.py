"""How the gRPC listener begins and ends."""

from __future__ import annotations

import subprocess
from pathlib import Path

import grpc
import pytest
from conftest import PEOPLE
from grpc_health.v1 import health_pb2, health_pb2_grpc
from peer import BINARIES, SECONDS_MAX, Client, Server, export, message, refused

Code = grpc.StatusCode
Status = health_pb2.HealthCheckResponse


def test_a_stream_that_runs_at_sigterm_ends(peopled: tuple[Path, str]) -> None:
    data, business = peopled
    with Server(data) as server, server.channel() as channel:
        client = Client(channel)
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS_MAX)
        assert next(watch).status == Status.SERVING
        changes = client.call(
            "SyncService/WatchChanges",
            message("khach.v1.WatchChangesRequest", business_id=business),
        )
        next(changes)
        chunks = client.call("CustomerService/ExportCustomers", export(business))
        assert not next(chunks).is_last
        server.terminate()
        # Told before the connection is; then both watches end by themselves.
        assert [reply.status for reply in watch] == [Status.NOT_SERVING]
        list(changes)
        with server.channel() as late:
            assert refused(Client(late).business).code() == Code.UNAVAILABLE
        # What runs goes on to its end, and the server waits for it.
        rest = list(chunks)
        assert rest[-1].is_last and rest[-1].rows_done == PEOPLE
        assert server.ended() == 0
    phases = [line for line in server.log.read_text().splitlines() if "phase=" in line][-5:]
    assert [line.split("phase=")[1].split()[0] for line in phases] == [
        "not-ready", "no-new-connections", "calls-ended", "final-commit-and-checkpoint", "closed",
    ]  # fmt: skip


def test_who_is_cancelled_in_a_drain_is_not_waited_for(peopled: tuple[Path, str]) -> None:
    data, business = peopled
    with Server(data, "--drain", "600") as server, server.channel() as channel:
        chunks = Client(channel).call("CustomerService/ExportCustomers", export(business))
        next(chunks)
        server.terminate()
        with pytest.raises(grpc.RpcError):
            while True:
                Client(channel).business()
        chunks.cancel()
        assert server.ended() == 0


def test_what_does_not_end_is_cut(peopled: tuple[Path, str]) -> None:
    data, business = peopled
    with Server(data, "--drain", "1") as server, server.channel() as channel:
        chunks = Client(channel).call("CustomerService/ExportCustomers", export(business))
        next(chunks)
        server.terminate()
        # Nobody reads on.
        assert server.ended() == 0
        assert refused(lambda: list(chunks)).code() in (Code.UNAVAILABLE, Code.CANCELLED)


def ended(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [BINARIES / "khachd", "serve", *arguments], capture_output=True, timeout=SECONDS_MAX
    )


@pytest.mark.parametrize("address", ["unix:/tmp/no", "tcp:127.0.0.1", "x", ""])
def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    done = ended("--data", tmp_path / "data", "--grpc-listen", address)
    assert done.returncode == 78
    assert b"grpc-listen" in done.stderr
    assert b"`off`, `tcp:HOST:PORT` or `tls:HOST:PORT` expected" in done.stderr


def test_others_need_that_nothing_is_encrypted(tmp_path: Path) -> None:
    place = ["--data", tmp_path / "data", "--listen", "tcp:127.0.0.1:0"]
    place += ["--grpc-listen", "tcp:0.0.0.0:0"]
    done = ended(*place)
    assert done.returncode == 78 and b"allow-plaintext" in done.stderr, done.stderr
    # And that the store has tokens.
    done = ended(*place, "--allow-plaintext")
    assert done.returncode == 1 and b"khachd init" in done.stderr, done.stderr


def test_a_port_that_is_taken(server: Server, tmp_path: Path) -> None:
    place = ["--data", tmp_path / "data", "--listen", "tcp:127.0.0.1:0"]
    done = ended(*place, "--grpc-listen", f"tcp:{server.target}")
    assert done.returncode == 1 and b"Address already in use" in done.stderr, done.stderr
