"""One server for tests that leave it as it was, and one folder with people in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peer import Client, Server

PEOPLE = 6_000


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("grpc") / "data") as server:
        yield server
        server.terminate()
        assert server.ended() == 0


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with server.channel() as channel:
        yield Client(channel)


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder that no server has, and its business of 6,000 people."""
    data = tmp_path_factory.mktemp("people") / "data"
    with Server(data) as server:
        with server.channel() as channel:
            client = Client(channel)
            business = client.business()
            client.customers(business, PEOPLE)
        server.terminate()
        assert server.ended() == 0
    return data, business
