"""A cache that is kept live: reports, stops, what callbacks may do, and Control-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from shop import Shop

import khach
from khach._turn import _State

#: How long a test waits for what is to come at once.
SECONDS_MAX = 60


class Watching:
    """A watch on a thread of its own; its reports are waited for."""

    def __init__(
        self,
        client: khach.OfflineClient,
        on_report: Callable[[khach.WatchReport], object] | None = None,
    ) -> None:
        self.watch = client.watch(backoff=0.01, backoff_max=0.01)
        self.reports: list[khach.WatchReport] = []
        self.failure: BaseException | None = None
        self._news = threading.Condition()
        self._on_report = on_report
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.watch.run(self._take)
        except BaseException as failure:
            self.failure = failure
        with self._news:
            self._news.notify_all()

    def _take(self, report: khach.WatchReport) -> None:
        with self._news:
            self.reports.append(report)
            self._news.notify_all()
        if self._on_report is not None:
            self._on_report(report)

    def until(self, holds: Callable[[khach.WatchReport], bool]) -> khach.WatchReport:
        with self._news:
            assert self._news.wait_for(
                lambda: any(map(holds, self.reports)) or not self._thread.is_alive(), SECONDS_MAX
            ), self.reports
            return next(filter(holds, self.reports))

    def join(self) -> None:
        self._thread.join(SECONDS_MAX)
        assert not self._thread.is_alive()


def is_live(report: khach.WatchReport) -> bool:
    return report.state is khach.WatchState.LIVE


def test_a_watched_cache_follows_what_is_recorded(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    watching = Watching(client)
    begun = watching.until(is_live)
    assert (begun.customers_count, begun.failure, begun.message) == (2, None, "")
    assert begun.as_of is not None
    shop.record(shop.message("minh", "ib"))
    watching.until(lambda report: is_live(report) and report.customers_count == 3)
    with khach.OfflineClient(tmp_path / "cache.db") as other:
        assert other.count() == 3
        other.set_address(shop.id("minh"), "12 Hàng Bạc", actor="other")
    watching.until(lambda report: report.waiting_count == 1)
    watching.until(lambda report: is_live(report) and report.seq > begun.seq + 1)
    shop.server.kill()
    lost = watching.until(lambda report: report.state is khach.WatchState.WAITING)
    assert lost.failure is khach.Code.NETWORK
    assert lost.message
    watching.watch.stop()
    watching.join()
    assert watching.failure is None
    assert client.count() == 3


def test_a_watch_that_is_stopped_before_it_runs_ends_at_once(client: khach.OfflineClient) -> None:
    watch = client.watch()
    watch.stop()
    watch.run()
    watch.stop()
    watch.run()
    assert client.count() == 2


def test_what_a_callback_raises_ends_the_watch(client: khach.OfflineClient) -> None:
    class Enough(Exception):
        pass

    def stop(report: khach.WatchReport) -> None:
        if is_live(report):
            raise Enough

    with pytest.raises(Enough):
        client.watch().run(stop)
    assert client.sync().phase is khach.Phase.COMPLETE


def test_a_callback_may_ask_and_stop_and_do_nothing_else(
    shop: Shop, client: khach.OfflineClient, tmp_path: Path
) -> None:
    counts: list[int] = []
    refused: list[str] = []
    watch = client.watch()
    calls: dict[str, Callable[[], object]] = {
        "sync": client.sync,
        "verify": client.verify,
        "repair": client.repair,
        "checkup": client.checkup,
        "close": client.close,
        "run": lambda: client.watch().run(),
        "edit": lambda: client.block(shop.id("an"), actor="lan"),
        "wait": lambda: client.wait_for("0" * 32 + "-1", 1),
    }

    def ask(report: khach.WatchReport) -> None:
        if not is_live(report):
            return
        counts.append(client.count())
        assert len(client.customers()) == client.state().customers_count == 2
        client.export(tmp_path / "out.csv", khach.ExportOptions(format=khach.ExportFormat.CSV))
        for name, call in calls.items():
            with pytest.raises(khach.BusyError, match="a question to the cache expected"):
                call()
            refused.append(name)
        watch.stop()

    watch.run(ask)
    assert counts == [2]
    assert refused == list(calls)
    assert not client.is_closed
    assert client.outbox() == ()


def test_no_other_thread_waits_for_a_watch(client: khach.OfflineClient) -> None:
    watching = Watching(client)
    watching.until(is_live)
    for call in (client.count, client.sync, client.close, client.watch().run):
        with pytest.raises(khach.BusyError, match="open another of the same cache"):
            call()
    watching.watch.stop()
    watching.join()
    assert client.count() == 2
    client.close()


def test_a_client_is_not_called_within_a_call(client: khach.OfflineClient) -> None:
    """A signal handler runs between two steps of the thread that waits in a watch."""
    found: list[BaseException] = []
    watch = client.watch()

    def handle(_number: int, _frame: object) -> None:
        try:
            client.count()
        except khach.BusyError as error:
            found.append(error)
        watch.stop()

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        main = threading.get_ident()
        turn = client._turn

        def interrupt() -> None:
            with turn._changed:
                turn._changed.wait_for(lambda: turn._state is _State.WATCHED)
            signal.pthread_kill(main, signal.SIGUSR1)

        other = threading.Thread(target=interrupt)

        def kick(report: khach.WatchReport) -> None:
            if is_live(report) and other.ident is None:
                # Its signal comes when this thread waits for the next report.
                other.start()

        watch.run(kick)
    finally:
        signal.signal(signal.SIGUSR1, before)
    other.join()
    assert [str(error) for error in found] == [
        "KHACH_E_INVALID: a call after the one under way expected, one within it found"
    ]


def test_control_c_ends_a_watch(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    script = (
        "import khach, sys\n"
        "with khach.OfflineClient(sys.argv[1], business_id=sys.argv[2], address=sys.argv[3])"
        " as client:\n"
        "    try:\n"
        "        client.watch().run(lambda report: print(report.state.name, flush=True))\n"
        "    except KeyboardInterrupt:\n"
        "        print('INTERRUPTED', client.count(), flush=True)\n"
    )
    arguments = [str(path), shop.business, shop.server.address]
    with subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "LIVE":
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().split("\n")
        assert process.wait(SECONDS_MAX) == 0
    assert "INTERRUPTED 2" in rest


def test_what_does_not_pass_by_itself_is_raised(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    address = shop.server.address
    with (
        khach.OfflineClient(path, business_id="b0000000000zzz", address=address) as client,
        pytest.raises(khach.NotFoundError),
    ):
        client.watch().run()
