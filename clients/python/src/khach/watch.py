"""A cache that is kept live."""

from __future__ import annotations

import ctypes
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

from . import _ffi, _values
from ._ffi import lib
from .errors import Code, KhachError, taken

if TYPE_CHECKING:
    from .client import OfflineClient


class WatchState(IntEnum):
    """What a watch does."""

    CONNECTING = 0
    """A stream is asked for; nothing was heard over it yet."""
    BEHIND = 1
    """The server has more than the cache: it is pulled."""
    LIVE = 2
    """The cache has all that the server has spoken of."""
    WAITING = 3
    """Something failed; after `wait_ms` it is tried again."""


@dataclass(frozen=True, slots=True)
class WatchReport:
    """How a watch stands."""

    state: WatchState
    #: Why it waits; else why the server does not take the outbox, which is tried again by itself.
    failure: Code | None
    #: The same, for people; empty when nothing failed.
    message: str
    wait_ms: int
    #: The last commit sequence that the cache covers, and the server's own, as last heard.
    seq: int
    head_seq: int
    as_of_ms: int | None
    verified_at_ms: int | None
    customers_count: int
    #: Edits that wait for the server, and those that were not done.
    waiting_count: int
    failed_count: int

    @property
    def as_of(self) -> datetime | None:
        """When the cache last had everything, by the server's clock, in UTC."""
        return _values.moment(self.as_of_ms)


#: A signal that comes just before a wait begins is heard after it: no wait is longer.
_HEAR_SECONDS = 1

OnReport = Callable[[WatchReport], object]


class Watch:
    """Syncs, and keeps a cache live until it is stopped. `OfflineClient.watch` makes it.

    The C watch runs on a thread of its own, which waits while a report is handled: so reports come
    on the thread that called `run`, and that thread hears of Control-C.
    """

    def __init__(
        self,
        client: OfflineClient,
        *,
        silence: float | timedelta = 30,
        pull: float | timedelta = 60,
        backoff: float | timedelta = 0.5,
        backoff_max: float | timedelta = 60,
    ) -> None:
        self._client = client
        self._waits = {
            "silence_ms": _values.milliseconds("silence", silence),
            "pull_ms": _values.milliseconds("pull", pull),
            "backoff_ms": _values.milliseconds("backoff", backoff),
            "backoff_max_ms": _values.milliseconds("backoff_max", backoff_max),
        }
        # A lock that a signal handler can take again: it may call stop().
        self._lock = threading.RLock()
        self._handle: int | None = None
        self._is_stopped = False

    def run(self, on_report: OnReport | None = None) -> None:
        """Blocks until `stop`; raises what does not pass by itself, and what `on_report` raises.

        `on_report` may ask the client's cache, and may call `stop`; other calls on the client are
        refused with `BusyError` meanwhile, on every thread.
        """
        reports: queue.SimpleQueue[WatchReport | _End] = queue.SimpleQueue()
        handled = threading.Semaphore(0)
        is_over = threading.Event()

        def tell(_context: int | None, found: ctypes._Pointer[_ffi.WatchReport]) -> None:
            if not is_over.is_set():
                reports.put(_report(found.contents))
                handled.acquire()

        callback = _ffi.WATCH_CALLBACK(tell)
        with self._client._turn.watch():
            handle = self._open(callback)
            thread = threading.Thread(
                target=lambda: reports.put(_run(handle)), name="khach-watch", daemon=True
            )
            try:
                thread.start()
                end = self._follow(reports, handled, on_report)
            finally:
                is_over.set()
                handled.release()
                self._finish(thread)
        if end.error is not None:
            raise end.error

    def stop(self) -> None:
        """Ends `run`, now or when it is called; from any thread, and from a signal handler."""
        with self._lock:
            self._is_stopped = True
            if self._handle is not None:
                lib.khach_watch_stop(self._handle)

    def _follow(
        self,
        reports: queue.SimpleQueue[WatchReport | _End],
        handled: threading.Semaphore,
        on_report: OnReport | None,
    ) -> _End:
        while True:
            try:
                said = reports.get(timeout=_HEAR_SECONDS)
            except queue.Empty:
                continue
            if isinstance(said, _End):
                return said
            if on_report is not None:
                with self._client._turn.report():
                    on_report(said)
            handled.release()

    def _finish(self, thread: threading.Thread) -> None:
        """Comes to the end whatever has happened: the C watch must not outlive its client."""
        interruption: KeyboardInterrupt | None = None
        while thread.is_alive():
            try:
                lib.khach_watch_stop(self._handle)
                thread.join()
            except KeyboardInterrupt as again:
                interruption = again
        with self._lock:
            handle, self._handle = self._handle, None
        lib.khach_watch_close(handle)
        if interruption is not None:
            raise interruption

    def _open(self, callback: object) -> int:
        options = _ffi.WatchOptions(callback=callback, **self._waits)
        handle, error = ctypes.c_void_p(), ctypes.c_void_p()
        status = lib.khach_watch_open(
            ctypes.byref(handle),
            self._client._pointer,
            ctypes.byref(options),
            ctypes.byref(error),
        )
        if status != 0 or handle.value is None:
            raise taken(status, error.value)
        with self._lock:
            self._handle = handle.value
            if self._is_stopped:
                lib.khach_watch_stop(handle)
        return handle.value


@dataclass(frozen=True, slots=True)
class _End:
    """The run is over."""

    error: KhachError | None


def _run(handle: int) -> _End:
    error = ctypes.c_void_p()
    status = lib.khach_watch_run(handle, ctypes.byref(error))
    return _End(None if status == 0 else taken(status, error.value))


def _report(found: _ffi.WatchReport) -> WatchReport:
    return WatchReport(
        state=WatchState(found.state),
        failure=Code(found.status) if found.status else None,
        message=(found.message or b"").decode(errors="replace"),
        wait_ms=found.wait_ms,
        seq=found.seq,
        head_seq=found.head_seq,
        as_of_ms=_values.known(found.as_of_ms),
        verified_at_ms=_values.known(found.verified_at_ms),
        customers_count=found.customers_count,
        waiting_count=found.waiting_count,
        failed_count=found.failed_count,
    )
