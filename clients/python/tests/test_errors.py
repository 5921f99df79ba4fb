"""What is refused, how, and of which field: tables."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from conftest import opened
from shop import Shop

import khach
from khach import errors

FILTER = khach.CustomerFilter
Call = Callable[[khach.OfflineClient], object]

#: What is asked, the field that the error names, and a part of its message.
REFUSED: dict[str, tuple[Call, str, str]] = {
    "a day": (lambda c: c.customers(FILTER(created_from="31.12.")), "created_from", "YYYY-MM-DD"),
    "a day that is none": (
        lambda c: c.count(FILTER(created_to="2026-02-30")),
        "created_to",
        "YYYY-MM-DD",
    ),
    "days in disorder": (
        lambda c: c.count(FILTER(messaged_from="2026-03-02", messaged_to="2026-03-01")),
        "messaged_from",
        "on or before 2026-03-01 expected, 2026-03-02 found",
    ),
    "a limit": (lambda c: c.customers(limit=1001), "limit", "at most 1000 expected, 1001 found"),
    "a limit of more than 32 bits": (
        lambda c: c.customers(limit=2**32 + 1),
        "limit",
        "4294967297 found",
    ),
    "a negative limit": (lambda c: c.customers(limit=-1), "limit", "-1 found"),
    "a token of another query": (lambda c: c.customers(after="a"), "after", "another found"),
    "an id": (lambda c: c.customer("x"), "id", "like c0000000000001"),
    "an id to explain": (lambda c: c.explain("x"), "id", "like c0000000000001"),
    "no words": (lambda c: c.customers(order=khach.Order.RELEVANCE), "order", ""),
    "a NUL": (lambda c: c.search("a\0b"), "text", "without NUL"),
    "half a pair": (lambda c: c.search("\ud800"), "text", "surrogate"),
    "a NUL in a name": (lambda c: c.count(FILTER(name="a\0")), "name", "without NUL"),
    "a status of none": (
        lambda c: c.count(FILTER(name_statuses=[khach.NameStatus.UNKNOWN])),
        "name_statuses[0]",
        "1 to 4 expected, 0 found",
    ),
    "a range of statistics": (
        lambda c: c.statistics(khach.StatisticsQuery(day_from="2026-01-01", day_to="2028-01-01")),
        "day_to",
        "400",
    ),
    "a column": (
        lambda c: c.export(f"{c.cache_path}.csv", khach.ExportOptions(columns=["nme"])),
        "columns",
        "nme",
    ),
    "an actor": (lambda c: c.block("c0000000000001", actor=""), "actor", "1 to 200 bytes"),
    "an address": (
        lambda c: c.set_address("c0000000000001", "a" * 2001, actor="lan"),
        "text",
        "2000 bytes",
    ),
    "a phone": (lambda c: c.add_contact("c0000000000001", "09", actor="lan"), "text", "a phone"),
    "an e-mail": (lambda c: c.add_contact("c0000000000001", "@", actor="lan"), "text", "e-mail"),
    "a position": (lambda c: c.wait_for("here", 1), "position", "another text found"),
    "a wait": (lambda c: c.wait_for("here", -1), "timeout", "-1"),
    "a number": (lambda c: c.discard_mutation(-1), "number", "-1 found"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_argument_is_refused_by_its_name(full_cache: Path, tmp_path: Path, name: str) -> None:
    call, field, message = REFUSED[name]
    with khach.OfflineClient(full_cache) as client, pytest.raises(khach.InvalidError) as caught:
        call(client)
    error = caught.value
    assert (error.code, error.field) == (khach.Code.INVALID, field), error
    assert message in error.message
    assert isinstance(error, ValueError)
    assert str(error) == f"KHACH_E_INVALID: {error.message}"
    assert not error.is_retryable


OPENED: dict[str, tuple[dict[str, object], str]] = {
    "a business": ({"business_id": "x"}, "business_id"),
    "an address": ({"address": "http://shop"}, "address"),
    "a token": ({"token": "a b"}, "token"),
    "a NUL in an address": ({"address": "tcp:a\0:1"}, "address"),
    "a path of nothing": ({"cache_path": ""}, "cache_path"),
}


@pytest.mark.parametrize("name", OPENED)
def test_an_option_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    options, field = OPENED[name]
    given: dict[str, object] = {"cache_path": tmp_path / "cache.db"}
    with pytest.raises(khach.InvalidError) as caught:
        khach.OfflineClient(**(given | options))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert not (tmp_path / "cache.db").exists()


WRONG: dict[str, Call] = {
    "a number for a text": lambda c: c.search(7),  # type: ignore[arg-type]
    "None for a text": lambda c: c.customer(None),  # type: ignore[arg-type]
    "one page for several": lambda c: c.count(FILTER(page_ids="p0000000000001")),
    "a time for a day": lambda c: c.count(FILTER(created_from=datetime(2026, 1, 1))),
}


@pytest.mark.parametrize("name", WRONG)
def test_another_type_is_a_type_error(full_cache: Path, name: str) -> None:
    with khach.OfflineClient(full_cache) as client, pytest.raises(TypeError, match="expected"):
        WRONG[name](client)


def a_letter(path: Path) -> None:
    path.write_text("Dear shop, this is a letter and no cache.")


def another_database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE customers (id)")
    database.close()


def a_newer_layout(path: Path) -> None:
    khach.OfflineClient(path, business_id="b0000000000001").close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


def another_business(path: Path) -> None:
    khach.OfflineClient(path, business_id="b0000000000002").close()


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (a_letter, khach.CacheForeignError),
        (another_database, khach.CacheForeignError),
        (a_newer_layout, khach.CacheTooNewError),
        (another_business, khach.ScopeMismatchError),
    ],
)
def test_a_file_that_is_no_cache_of_the_business_is_left_alone(
    tmp_path: Path, make: Callable[[Path], None], kind: type[khach.KhachError]
) -> None:
    path = tmp_path / "cache.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(kind) as caught:
        khach.OfflineClient(path, business_id="b0000000000001")
    assert isinstance(caught.value, khach.CacheError)
    assert path.read_bytes() == before


def test_a_cache_that_never_synced_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with khach.OfflineClient(path, business_id="b0000000000001") as client:
        assert client.state().phase is khach.Phase.EMPTY
        assert client.state().as_of is None
        asked: list[Callable[[], object]] = [client.customers, client.count, client.position]
        for question in [*asked, client.business]:
            with pytest.raises(khach.NotSyncedError):
                question()
        calls: list[Callable[[], object]] = [client.sync, client.verify, client.repair]
        for call in [*calls, client.watch().run]:
            with pytest.raises(khach.OfflineError):
                call()


def test_a_server_that_is_not_there_is_a_connection_error(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    address = f"unix:{tmp_path}/none.sock"
    with khach.OfflineClient(path, business_id="b0000000000001", address=address) as client:
        with pytest.raises(ConnectionError) as caught:
            client.sync()
        assert isinstance(caught.value, khach.NetworkError)
        assert caught.value.is_retryable
        assert client.state().last_failure is khach.Code.NETWORK


def test_a_business_that_the_server_does_not_have(full_shop: Shop, tmp_path: Path) -> None:
    address = full_shop.server.address
    path = tmp_path / "cache.db"
    with khach.OfflineClient(path, business_id="b0000000000zzz", address=address) as client:
        with pytest.raises(khach.NotFoundError) as caught:
            client.sync()
        assert caught.value.reason == "NOT_FOUND"


def test_who_is_not_there_is_not_found(full_cache: Path) -> None:
    with khach.OfflineClient(full_cache) as client:
        with pytest.raises(LookupError) as caught:
            client.customer("c0000000000zzz")
        assert caught.value.code is khach.Code.NOT_FOUND  # type: ignore[attr-defined]
        with pytest.raises(khach.NotFoundError):
            client.customers(FILTER(page_ids=["p0000000000zzz"]))
        with pytest.raises(khach.NotFoundError):
            client.block("c0000000000zzz", actor="lan")
        explained = client.explain("c0000000000zzz")
        assert explained.presence is khach.Presence.ABSENT
        assert explained.server_word is khach.ServerWord.NOT_ASKED


def test_a_leader_keeps_others_from_syncing(full_shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with (
        opened(full_shop, path, page_rows=10) as leader,
        opened(full_shop, path, lock_timeout=0.01) as other,
    ):
        assert leader.sync_step().has_more
        with pytest.raises(khach.CacheLockedError) as caught:
            other.sync()
        assert caught.value.is_retryable
        assert str(os.getpid()) in caught.value.message
        assert other.state().phase is khach.Phase.SNAPSHOT


@pytest.mark.parametrize("code", [code for code in khach.Code if code is not khach.Code.OK])
def test_an_error_survives_another_process(code: khach.Code) -> None:
    error = errors.CLASSES[code](code, "m", reason="R", field="f", is_retryable=True)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error) == f"KHACH_E_{code.name}: m"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("created_from: a day as YYYY-MM-DD expected, another text found", "created_from"),
        ("name_statuses[3]: 1 to 4 expected, 9 found", "name_statuses[3]"),
        ("columns as an export has them expected: x", "columns"),
        ("a cache_path of 1 to 4096 bytes expected, none or a longer one found", "cache_path"),
        ("a customer id like c0000000000001 expected, another found", "id"),
        ("at most 10000 ids expected, 10001 found", ""),
        ("", ""),
    ],
)
def test_a_field_is_read_from_the_message(message: str, field: str) -> None:
    assert errors.field_of(message) == field


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "libkhach expected at"), ("cc", "khach_version_number expected in")],
)
def test_a_library_that_is_none_is_an_import_error(
    tmp_path: Path, content: str | None, expected: str
) -> None:
    import subprocess

    from khach import _ffi

    path = tmp_path / "libother.so"
    if content is not None:
        subprocess.run(["cc", "-shared", "-xc", "-", "-o", path], input=b"int other;", check=True)
    with pytest.raises(ImportError, match=expected):
        _ffi.load(str(path))
