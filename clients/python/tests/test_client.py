"""The life of a client: sync, edits, several processes, threads, the end."""

from __future__ import annotations

import gc
import io
import json
import os
import select
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import opened
from shop import Server, Shop, objects
from shop import khach as command

import khach
from khach import _ffi


def test_a_sync_tells_of_each_step_and_gives_their_sum(full_shop: Shop, tmp_path: Path) -> None:
    with opened(full_shop, tmp_path / "cache.db", page_rows=20) as client:
        steps: list[khach.SyncProgress] = []
        total = client.sync(steps.append)
        assert len(steps) > 3
        assert [step.has_more for step in steps] == [True] * (len(steps) - 1) + [False]
        assert total.upserts_count == sum(step.upserts_count for step in steps)
        assert total.page_bytes == sum(step.page_bytes for step in steps)
        assert total.customers_count == client.count() == len(full_shop.list("--all"))
        assert total.phase is khach.Phase.COMPLETE
        assert total.seq == total.head_seq == client.state().seq
        again = client.sync()
        assert (again.upserts_count, again.has_more) == (0, False)


def test_what_a_callback_raises_ends_the_sync_and_the_next_goes_on(
    full_shop: Shop, tmp_path: Path
) -> None:
    class Enough(Exception):
        pass

    def stop(step: khach.SyncProgress) -> None:
        if step.customers_count >= 40:
            raise Enough

    with opened(full_shop, tmp_path / "cache.db", page_rows=20) as client:
        with pytest.raises(Enough):
            client.sync(stop)
        assert client.state().phase is khach.Phase.SNAPSHOT
        assert not client.customers().is_complete
        kept = client.count()
        rest = client.sync()
        assert rest.phase is khach.Phase.COMPLETE
        assert client.count() == kept + rest.upserts_count


def test_a_sync_is_cancelled_between_steps(full_shop: Shop, tmp_path: Path) -> None:
    cancel = threading.Event()
    with opened(full_shop, tmp_path / "cache.db", page_rows=20) as client:
        with pytest.raises(khach.StoppedError) as caught:
            client.sync(lambda _: cancel.set(), cancel=cancel)
        assert caught.value.code is khach.Code.STOPPED
        assert 0 < client.count() <= 20


def test_a_cache_is_compared_mended_and_looked_over(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    assert client.verify().is_equal
    lan = client.customer(shop.id("lan"))
    with sqlite3.connect(tmp_path / "cache.db") as database:
        database.execute(
            "DELETE FROM base_customers WHERE id = (SELECT max(id) FROM base_customers)"
        )
    database.close()
    found = client.verify()
    assert (found.is_equal, found.cause, found.rows_count) == (False, khach.Cause.ASKED, 2)
    repaired = client.repair()
    assert (repaired.is_equal, repaired.fetched_count, repaired.dropped_count) == (True, 1, 0)
    state = client.state()
    assert (state.repairs_count, state.repaired_rows_count) == (1, 1)
    assert state.verified_seq == state.seq
    client.restart_sync()
    assert client.sync().phase is khach.Phase.COMPLETE
    assert client.state().full_resyncs_count == 1
    assert client.customer(lan.id) == lan


def test_a_cache_says_what_it_knows(shop: Shop, client: khach.OfflineClient) -> None:
    findings = client.checkup()
    assert {finding.name for finding in findings} >= {"server", "lock", "comparison"}
    assert all(finding.grade is not khach.Grade.BAD for finding in findings), findings
    assert client.difference().new_count == 0
    lan = client.customer(shop.id("lan"))
    assert (lan.name, lan.phone, lan.email) == ("Lan Phạm", "+84912345678", None)
    assert lan.id.encode() in lan.record
    explained = client.explain(lan.id)
    assert explained.presence is khach.Presence.PRESENT
    assert (explained.server_word, explained.server_seq) == (khach.ServerWord.SAME, lan.seq)
    assert (explained.page_id, explained.cache_seq) == (lan.page_id, client.state().seq)


EDITS: dict[str, tuple[Callable[[khach.OfflineClient, str], int], str, str]] = {
    "an address": (lambda c, i: c.set_address(i, "12 Hàng Bạc", actor="an"), "address", "APPLIED"),
    "a name": (lambda c, i: c.rename(i, "Lan", actor="an"), "name", "APPLIED"),
    "a block": (lambda c, i: c.block(i, actor="an", reason="spam"), "block", "APPLIED"),
    "no end of a block": (lambda c, i: c.unblock(i, actor="an"), "unblock", "MODIFIED"),
    "a phone": (lambda c, i: c.add_contact(i, "0987654321", actor="an"), "contact add", "APPLIED"),
    "an e-mail": (lambda c, i: c.add_contact(i, "a@b.vn", actor="an"), "contact add", "APPLIED"),
    "no phone": (
        lambda c, i: c.reject_contact(i, "0912345678", actor="an"),
        "contact reject",
        "APPLIED",
    ),
    "a pin": (lambda c, i: c.pin_contact(i, "0912345678", actor="an"), "contact pin", "APPLIED"),
    "no pin": (
        lambda c, i: c.unpin_contact(i, "0912345678", actor="an"),
        "contact unpin",
        "MODIFIED",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_shown_at_once_and_sent_by_the_next_sync(
    shop: Shop, client: khach.OfflineClient, name: str
) -> None:
    make, words, outcome = EDITS[name]
    lan = shop.id("lan")
    assert make(client, lan) == 1
    (waiting,) = client.outbox()
    assert (waiting.state, waiting.customer_id) == (khach.MutationState.WAITING, lan)
    assert waiting.members()["change"] == words
    assert client.state().waiting_count == client.explain(lan).pending_count == 1
    shown = client.customer(lan)
    assert client.sync().pushed_count == 1
    (done,) = client.outbox()
    assert done.state.name == outcome, done
    assert done.is_done
    stored = client.customer(lan)
    assert not stored.is_pending
    assert (shown.address, shown.name, shown.is_blocked) == (
        stored.address,
        stored.name,
        stored.is_blocked,
    )
    assert {phone.value for phone in shown.phones} == {phone.value for phone in stored.phones}


def test_an_outbox_is_listed_retried_discarded_and_exported(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    lan, an = shop.id("lan"), shop.id("an")
    assert client.set_address(lan, "12 Hàng Bạc", actor="an") == 1
    assert client.block(an, actor="an", reason="spam") == 2
    client.discard_mutation(2)
    shop.khach("customers", "address", lan, "1 Lý Thường Kiệt", "--revision", "0")
    client.sync()
    lost = client.outbox()[0]
    assert lost.state is khach.MutationState.SUPERSEDED
    assert (lost.stored, lost.stored_by) == ("1 Lý Thường Kiệt", "lan")
    assert client.state().failed_count == 1
    new = client.retry_mutation(1)
    assert new > 1
    client.sync()
    assert client.customer(lan).address == "12 Hàng Bạc"
    with pytest.raises(khach.KhachError):
        client.retry_mutation(new)
    client.block(an, actor="Nguyễn “An”\n", reason="")
    text = io.StringIO()
    count = client.export_outbox(text)
    exported = objects(text.getvalue())
    path = str(tmp_path / "cache.db")
    assert exported == objects(command("offline", "outbox", "export", "--cache", path))
    assert count == len(exported) > 1


def test_a_role_is_a_rejection(shop: Shop, client: khach.OfflineClient) -> None:
    shop.khach("page", "roles", "set", shop.pages[0], "an=ADMIN")
    client.block(shop.id("an"), actor="lan")
    client.sync()
    (refused,) = client.outbox()
    assert (refused.state, refused.reason) == (khach.MutationState.REJECTED, "ROLE_ON_PAGE")
    client.discard_mutation(refused.id)
    assert client.state().failed_count == 0


def test_two_processes_share_a_cache(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    """Another process edits and syncs; this one hears of it, and shows what it wrote."""
    descriptor = client.changes_descriptor()
    assert not client.take_changes()
    script = (
        "import khach, sys\n"
        "with khach.OfflineClient(sys.argv[1], address=sys.argv[2]) as client:\n"
        "    client.set_address(sys.argv[3], '12 Hàng Bạc', actor='other')\n"
        "    client.sync()\n"
        "    print(client.position())\n"
    )
    lan = shop.id("lan")
    arguments = [str(tmp_path / "cache.db"), shop.server.address, lan]
    position = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert select.select([descriptor], [], [], 60)[0] == [descriptor]
    assert client.take_changes()
    assert not client.take_changes()
    assert client.customer(lan).address == "12 Hàng Bạc"
    assert client.position() == position
    with khach.OfflineClient(tmp_path / "cache.db") as offline:
        offline.wait_for(position, 60)


def test_a_position_is_waited_for(shop: Shop, client: khach.OfflineClient) -> None:
    lan = shop.id("lan")
    reply = json.loads(shop.khach("customers", "address", lan, "1 Hàng Bạc", "--output", "json"))
    client.wait_for(reply["position"], 60)
    assert client.customer(lan).address == "1 Hàng Bạc"
    generation, seq = reply["position"].split("-")
    later = f"{generation}-{int(seq) + 1000}"
    with pytest.raises(khach.NotFreshError) as caught:
        client.wait_for(later, 0.01)
    assert isinstance(caught.value, TimeoutError)
    with pytest.raises(khach.GenerationChangedError):
        client.wait_for(f"{'0' * 32}-1", 60)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(khach.StoppedError):
        client.wait_for(later, 60, cancel=cancel)


def test_a_token_is_needed_where_there_are_tokens(tmp_path: Path) -> None:
    from shop import BINARIES

    data = tmp_path / "data"
    made = subprocess.run(
        [BINARIES / "khachd", "init", "--data", data], check=True, capture_output=True, text=True
    )
    secret = next(word for word in made.stdout.split() if word.startswith("khach_"))
    server = Server(data)
    try:
        shop = Shop(server, secret)
        shop.record(shop.message("lan", "sđt 0912345678"))
        with opened(shop, tmp_path / "cache.db") as client:
            assert client.sync().customers_count == 1
        with opened(shop, tmp_path / "other.db", token=None) as client:
            with pytest.raises(khach.RefusedError) as caught:
                client.sync()
            assert caught.value.reason
            assert not caught.value.is_retryable
    finally:
        server.stop()


CALLS: dict[str, Callable[[khach.OfflineClient], object]] = {
    "state": lambda c: c.state(),
    "customers": lambda c: c.customers(),
    "every customer": lambda c: list(c.every_customer()),
    "count": lambda c: c.count(),
    "search": lambda c: c.search("lan"),
    "customer": lambda c: c.customer("c0000000000001"),
    "business": lambda c: c.business(),
    "statistics": lambda c: c.statistics(
        khach.StatisticsQuery(day_from="2026-03-01", day_to="2026-03-02")
    ),
    "sync": lambda c: c.sync(),
    "verify": lambda c: c.verify(),
    "repair": lambda c: c.repair(),
    "restart": lambda c: c.restart_sync(),
    "watch": lambda c: c.watch().run(),
    "position": lambda c: c.position(),
    "wait": lambda c: c.wait_for("here", 1),
    "changes": lambda c: c.changes_descriptor(),
    "take": lambda c: c.take_changes(),
    "difference": lambda c: c.difference(),
    "explain": lambda c: c.explain("c0000000000001"),
    "checkup": lambda c: c.checkup(),
    "edit": lambda c: c.block("c0000000000001", actor="lan"),
    "outbox": lambda c: c.outbox(),
    "retry": lambda c: c.retry_mutation(1),
    "discard": lambda c: c.discard_mutation(1),
    "export": lambda c: c.export(1),
    "enter": lambda c: c.sync_step(),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_client_says_so(full_cache: Path, name: str) -> None:
    client = khach.OfflineClient(full_cache)
    client.close()
    client.close()
    assert client.is_closed
    assert "closed" in repr(client)
    with pytest.raises(khach.ClosedError, match="an open client expected, a closed one found"):
        CALLS[name](client)


def test_what_a_client_gave_lives_on(full_cache: Path) -> None:
    with khach.OfflineClient(full_cache) as client:
        rows = client.customers(limit=5)
    names = [row.display_name for row in rows]
    gc.collect()
    assert names == [row.display_name for row in rows]
    assert all(rows.customers) and all(names)


def test_a_client_that_nobody_holds_is_closed(full_shop: Shop, tmp_path: Path) -> None:
    client = opened(full_shop, tmp_path / "cache.db", page_rows=10)
    client.sync_step()
    del client
    gc.collect()
    khach.wipe(tmp_path / "cache.db")
    assert not (tmp_path / "cache.db").exists()


def test_a_fork_of_the_process_is_refused(full_cache: Path) -> None:
    script = (
        "import khach, os, sys\n"
        "client = khach.OfflineClient(sys.argv[1])\n"
        "count = client.count()\n"
        "if os.fork() == 0:\n"
        "    try:\n"
        "        client.count()\n"
        "    except khach.InvalidError as error:\n"
        "        os._exit(7 if 'fork' in error.message else 1)\n"
        "    os._exit(2)\n"
        "_, status = os.wait()\n"
        "assert os.waitstatus_to_exitcode(status) == 7, status\n"
        "assert client.count() == count\n"
    )
    subprocess.run([sys.executable, "-c", script, full_cache], check=True)


def test_a_wipe_needs_the_clients_of_this_process_to_be_closed(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    path = tmp_path / "cache.db"
    (tmp_path / "link.db").symlink_to(path)
    for name in (path, tmp_path / "link.db"):
        with pytest.raises(khach.BusyError, match="an open one found"):
            khach.wipe(name)
    assert client.count() == 2
    client.close()
    khach.wipe(path)
    assert not path.exists()
    with pytest.raises(khach.NotFoundError):
        khach.wipe(path)


def test_a_cache_that_another_process_wiped_is_gone(
    client: khach.OfflineClient, tmp_path: Path
) -> None:
    path = str(tmp_path / "cache.db")
    subprocess.run([sys.executable, "-c", f"import khach; khach.wipe({path!r})"], check=True)
    with pytest.raises(khach.CacheForeignError, match="wiped"):
        client.count()


def test_threads_take_turns(full_shop: Shop, full_cache: Path, tmp_path: Path) -> None:
    """Eight threads on one client while another syncs a cache of its own."""
    failures: list[BaseException] = []
    with khach.OfflineClient(full_cache) as client:
        expected = client.customers(limit=50)

        def ask() -> None:
            try:
                for _ in range(20):
                    assert client.customers(limit=50) == expected
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        with opened(full_shop, tmp_path / "cache.db", page_rows=5) as other:
            assert other.sync().customers_count == client.count()
        for thread in threads:
            thread.join()
    assert not failures


def test_other_threads_run_while_c_waits(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    """One call of C waits for what another thread of Python does meanwhile."""
    lan = shop.id("lan")
    reply = json.loads(shop.khach("customers", "address", lan, "1 Hàng Bạc", "--output", "json"))
    worker = threading.Thread(target=client.sync)
    with khach.OfflineClient(tmp_path / "cache.db") as offline:
        worker.start()
        position = reply["position"].encode()
        offline._call(_ffi.lib.khach_wait_for, offline._pointer, position, 60_000)
        assert offline.customer(lan).address == "1 Hàng Bạc"
    worker.join()


def test_an_export_goes_on_while_the_client_is_used_and_closed(
    full_cache: Path, tmp_path: Path
) -> None:
    client = khach.OfflineClient(full_cache)
    count = client.count()

    def use(_: khach.ExportProgress) -> None:
        if not client.is_closed:
            assert client.count() == count
            client.close()

    options = khach.ExportOptions(format=khach.ExportFormat.CSV, separator=";")
    assert client.export(tmp_path / "out.csv", options, use).rows_done == count


def test_a_file_of_an_export_is_whole_or_not_there(full_cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    options = khach.ExportOptions(format=khach.ExportFormat.CSV)

    def fail(_: khach.ExportProgress) -> None:
        raise KeyError("stop")

    with khach.OfflineClient(full_cache) as client:
        with pytest.raises(KeyError):
            client.export(path, options, fail)
        assert list(tmp_path.iterdir()) == []
        client.export(path, options)
        whole = path.read_bytes()
        with pytest.raises(FileExistsError):
            client.export(path, options)
        with pytest.raises(KeyError):
            client.export(path, options, fail, replace=True)
        assert path.read_bytes() == whole
        client.export(path, khach.ExportOptions(format=khach.ExportFormat.JSONL), replace=True)
        assert len(objects(path.read_text())) == client.count()
        first = client.customers(limit=3)
        ids = [row.id for row in reversed(first.customers)]
        client.export(
            path,
            khach.ExportOptions(ids=ids, format=khach.ExportFormat.CSV, columns=["customer_id"]),
            replace=True,
        )
        assert path.read_text("utf-8-sig").split()[-3:] == ids
        with path.open("wb") as file:
            client.export(file.fileno(), options)
        assert path.read_bytes() == whole
    assert [item.name for item in tmp_path.iterdir()] == ["out.csv"]
    assert os.stat(path).st_mode & 0o077 == 0
