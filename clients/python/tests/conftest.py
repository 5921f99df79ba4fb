"""Servers of the tests: one that is filled and only read, and one for each test that changes it."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from shop import Server, Shop

import khach

#: The seed of what the shop is filled with; `KHACH_SEED` repeats it.
SEED = int(os.environ.get("KHACH_SEED") or random.SystemRandom().randrange(2**32))

# A shell that starts the tests in its background has it ignored, by them and all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"KHACH_SEED={SEED}"


@pytest.fixture(scope="session")
def full_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop of 150 people that no test changes."""
    server = Server(tmp_path_factory.mktemp("full") / "data")
    try:
        shop = Shop(server)
        shop.fill(SEED, 150)
        yield shop
    finally:
        server.stop()


@pytest.fixture(scope="session")
def full_cache(full_shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of it that was synced, and that no test changes."""
    path = tmp_path_factory.mktemp("cache") / "cache.db"
    with opened(full_shop, path) as client:
        client.sync()
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop of the test's own, with Lan and An."""
    server = Server(tmp_path / "data")
    try:
        shop = Shop(server)
        shop.record(
            shop.message("lan", "sđt 0912345678", nameHint="Lan Phạm"),
            shop.message("an", "còn hàng không", nameHint="Nguyễn Văn An"),
        )
        yield shop
    finally:
        server.kill()


@pytest.fixture
def client(shop: Shop, tmp_path: Path) -> Iterator[khach.OfflineClient]:
    """A client of a cache of the test's own, synced."""
    with opened(shop, tmp_path / "cache.db") as client:
        client.sync()
        yield client


def opened(shop: Shop, path: Path, **more: object) -> khach.OfflineClient:
    options: dict[str, object] = {"token": shop.token or None, **more}
    return khach.OfflineClient(
        path,
        business_id=shop.business,
        address=shop.server.address,
        **options,  # type: ignore[arg-type]
    )
