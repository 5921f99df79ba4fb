"""What stock gRPC for Python makes of a listener with TLS, and it of them."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from peer import BINARIES, SECONDS_MAX, Client, Server, message, reason, refused

Code = grpc.StatusCode
READ = 1
#: Of the development certificates' client.
URI = "spiffe://khach.localhost/development/client"


@dataclass
class Authority:
    """A store that was initialized, and certificates of an authority of its own."""

    folder: Path
    secret: str

    @classmethod
    def make(cls, folder: Path) -> Authority:
        place = ["--data", folder / "data", "--development-ca", folder / "ca"]
        made = subprocess.run([BINARIES / "khachd", "init", *place], capture_output=True)
        assert made.returncode == 0, made.stderr
        return cls(folder, made.stdout.decode().strip())

    def file(self, name: str) -> Path:
        return self.folder / "ca" / name

    def bytes(self, name: str) -> bytes:
        return self.file(name).read_bytes()

    def serve(self, *more: str | Path) -> Server:
        pair = ["--tls-certificate", self.file("server.pem"), "--tls-key", self.file("server.key")]
        return Server(self.folder / "data", *pair, *more, grpc="tls:127.0.0.1:0")

    def credentials(self, *, of: Authority | None = None) -> grpc.ChannelCredentials:
        """Who trusts this authority, and has a certificate of another, or none."""
        if of is None:
            return grpc.ssl_channel_credentials(self.bytes("ca.pem"))
        pair = of.bytes("client.key"), of.bytes("client.pem")
        return grpc.ssl_channel_credentials(self.bytes("ca.pem"), *pair)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    (tmp_path / "one").mkdir()
    return Authority.make(tmp_path / "one")


@pytest.fixture
def other(tmp_path: Path) -> Authority:
    (tmp_path / "other").mkdir()
    return Authority.make(tmp_path / "other")


@pytest.fixture
def server(authority: Authority) -> Iterator[Server]:
    with authority.serve() as server:
        yield server
        server.terminate()
        assert server.ended() == 0


def test_a_token_over_tls(authority: Authority, server: Server) -> None:
    with server.channel(authority.credentials()) as channel:
        Client(channel, authority.secret).business()
        assert refused(Client(channel).business).code() == Code.UNAUTHENTICATED


def test_a_server_of_another_authority_is_refused(other: Authority, server: Server) -> None:
    with server.channel(other.credentials()) as channel:
        assert refused(Client(channel).business).code() == Code.UNAVAILABLE


def test_who_encrypts_nothing_is_refused(server: Server) -> None:
    with server.channel() as channel:
        assert refused(Client(channel).business).code() == Code.UNAVAILABLE


def test_who_speaks_something_else_is_refused(authority: Authority, server: Server) -> None:
    """A client of ttrpc, or one that does not say what it speaks."""
    for protocols in [["ttrpc"], []]:
        context = ssl.create_default_context(cafile=str(authority.file("ca.pem")))
        context.set_alpn_protocols(protocols)
        host, port = server.target.split(":")
        with (
            socket.create_connection((host, int(port)), SECONDS_MAX) as plain,
            context.wrap_socket(plain, server_hostname=host) as shielded,
        ):
            shielded.sendall(
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
            )
            received = b""
            try:
                while more := shielded.recv(4096):
                    received += more
            except (ssl.SSLError, ConnectionError):
                pass
            assert received == b"", "a server of HTTP/2 would say its settings"


@pytest.mark.parametrize(
    ("minimum", "version", "is_taken"),
    [
        ("1.3", ssl.TLSVersion.TLSv1_2, False),
        ("1.3", ssl.TLSVersion.TLSv1_3, True),
        ("1.2", ssl.TLSVersion.TLSv1_2, True),
    ],
)
def test_versions(
    authority: Authority, minimum: str, version: ssl.TLSVersion, is_taken: bool
) -> None:
    context = ssl.create_default_context(cafile=str(authority.file("ca.pem")))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    with authority.serve("--tls-min", minimum) as server:
        host, port = server.target.split(":")
        with socket.create_connection((host, int(port)), SECONDS_MAX) as plain:
            if is_taken:
                with context.wrap_socket(plain, server_hostname=host) as shielded:
                    assert shielded.selected_alpn_protocol() == "h2"
            else:
                with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
                    context.wrap_socket(plain, server_hostname=host)


def test_a_client_is_known_by_its_certificate(authority: Authority, other: Authority) -> None:
    with authority.serve("--tls-client-ca", authority.file("ca.pem")) as server:
        for wrong in [None, other]:
            with server.channel(authority.credentials(of=wrong)) as channel:
                error = refused(Client(channel, authority.secret).business)
                assert error.code() == Code.UNAVAILABLE
        with (
            server.channel(authority.credentials(of=authority)) as channel,
            server.channel(authority.credentials(of=authority)) as later,
        ):
            administrator, agent = Client(channel, authority.secret), Client(channel)
            business = administrator.business()
            # Nobody yet, whose certificate is good.
            assert refused(agent.business).code() == Code.UNAUTHENTICATED
            request = message("khach.v1.CreateTokenRequest", name="Lan", actor="an")
            request.principal = URI
            request.permissions.append(READ)
            made = administrator.call("DirectoryService/CreateToken", request)
            assert not made.secret
            for client in [agent, Client(later)]:
                listed = client.call("DirectoryService/ListBusinesses").businesses
                assert business in [found.id for found in listed]
                assert refused(client.business).code() == Code.PERMISSION_DENIED
            # A certificate is of one caller, and a secret beside it of no other.
            both = refused(administrator.business)
            assert (both.code(), reason(both)) == (Code.UNAUTHENTICATED, "UNAUTHENTICATED")
            # What a caller says of its connection itself is nothing.
            forged = Client(later)
            forged.metadata = [("grpc-khach-connection", "1")]
            assert forged.call("DirectoryService/ListBusinesses").businesses


def test_a_new_pair_is_taken(authority: Authority, other: Authority, server: Server) -> None:
    with server.channel(authority.credentials()) as before:
        client = Client(before, authority.secret)
        client.business()
        for name in ["server.pem", "server.key"]:
            shutil.copy(other.file(name), authority.file(name))
        end = time.monotonic() + SECONDS_MAX
        while True:
            with server.channel(other.credentials()) as after:
                try:
                    Client(after, authority.secret).business()
                    break
                except grpc.RpcError as error:
                    assert error.code() == Code.UNAVAILABLE and time.monotonic() < end
        client.business()  # a connection keeps what it began with


def test_an_address_with_tls_needs_a_certificate(tmp_path: Path) -> None:
    place = ["--data", tmp_path / "data", "--listen", "tcp:127.0.0.1:0"]
    done = subprocess.run(
        [BINARIES / "khachd", "serve", *place, "--grpc-listen", "tls:127.0.0.1:0"],
        capture_output=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 78, done.stderr
    assert b"grpc-listen" in done.stderr and b"a tls-certificate" in done.stderr, done.stderr
