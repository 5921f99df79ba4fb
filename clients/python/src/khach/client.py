"""The local cache of one business, which follows the server and answers without it."""

from __future__ import annotations

import ctypes
import json
import os
import time
import weakref
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import TracebackType
from typing import Protocol, TextIO, TypeVar

from . import _ffi, _values, customers, export, outbox, state, statistics
from ._ffi import lib
from ._turn import Turn
from .customers import Business, Customer, CustomerFilter, CustomerList, Order
from .errors import BusyError, Code, NotFreshError, StoppedError, taken
from .export import ExportOptions, ExportProgress
from .outbox import CustomerEdit, EditKind, Mutation
from .state import (
    CacheDifference,
    CacheExplanation,
    CacheFinding,
    CacheState,
    Comparison,
    SyncProgress,
)
from .statistics import Statistics, StatisticsQuery
from .watch import Watch

_Value = TypeVar("_Value")
_PATH = str | os.PathLike[str]
#: How long a wait stays in C before it hears of Control-C and of `cancel`.
_SLICE_MS = 1000

#: The clients of this process that are open: none may have a cache that is wiped.
_open_clients: weakref.WeakSet[OfflineClient] = weakref.WeakSet()


class Cancel(Protocol):
    """What says that a call shall end: a `threading.Event`, for one."""

    def is_set(self) -> bool: ...


class OfflineClient:
    """A cache, and the way to its server.

    Every call blocks its thread, on the disk or on the network, without the interpreter's lock.
    Calls on one client wait for each other; to ask while a sync or a watch is under way, open
    another client of the same cache. A client is of the process that opened it, not of its forks.
    """

    def __init__(
        self,
        cache_path: _PATH,
        *,
        business_id: str | None = None,
        address: str | None = None,
        token: str | None = None,
        ca_file: _PATH | None = None,
        certificate_file: _PATH | None = None,
        key_file: _PATH | None = None,
        page_rows: int = 1000,
        page_bytes: int = 1 << 20,
        connect_timeout: float | timedelta = 10,
        call_timeout: float | timedelta = 30,
        lock_timeout: float | timedelta = 5,
    ) -> None:
        """Opens the cache at `cache_path`, and makes it when there is none; does not connect.

        `business_id` is needed to make a cache, and is compared with that of one that is there.
        `address` is `unix:/path`, `tcp:host:port` or `tls:host:port`; without it the client is
        offline. `token` is the secret of a token, for a server that knows tokens; it is not in the
        cache. For a `tls` address, `ca_file` has the authorities that the server is trusted by, if
        not the system's; `certificate_file` and `key_file` say who the client is.
        """
        self._turn = Turn()
        self.cache_path = os.fspath(cache_path)
        options = _ffi.Options(
            address=_values.text("address", address),
            business_id=_values.text("business_id", business_id),
            cache_path=_values.path("cache_path", cache_path),
            connect_timeout_ms=_values.milliseconds("connect_timeout", connect_timeout),
            call_timeout_ms=_values.milliseconds("call_timeout", call_timeout),
            page_rows=_values.number("page_rows", page_rows),
            page_bytes=_values.number("page_bytes", page_bytes),
            lock_timeout_ms=_values.milliseconds("lock_timeout", lock_timeout),
            token=_values.text("token", token),
            ca_file=None if ca_file is None else _values.path("ca_file", ca_file),
            certificate_file=None
            if certificate_file is None
            else _values.path("certificate_file", certificate_file),
            key_file=None if key_file is None else _values.path("key_file", key_file),
        )
        client, error = ctypes.c_void_p(), ctypes.c_void_p()
        status = lib.khach_client_open(
            ctypes.byref(client), ctypes.byref(options), ctypes.byref(error)
        )
        if status != 0 or client.value is None:
            raise taken(status, error.value)
        self._pointer = client.value
        # At the end of the process a thread may still be in a call: the system closes it then.
        self._end = weakref.finalize(self, lib.khach_client_close, client.value)
        self._end.atexit = False
        _open_clients.add(self)

    def close(self) -> None:
        """Closes the client, once the call that is under way has ended; again, it does nothing.

        What the client gave lives on.
        """
        if self._turn.close():
            self._end()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed; any call is then a `ClosedError`."""
        return self._turn.is_closed

    def __enter__(self) -> OfflineClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<khach.OfflineClient {self.cache_path!r}{' closed' if self.is_closed else ''}>"

    # --- sync ---

    def sync_step(self) -> SyncProgress:
        """Goes one call to the server further; nothing of it is kept when it raises."""
        found = _ffi.SyncProgress()
        with self._turn.call():
            self._call(lib.khach_sync_step, self._pointer, ctypes.byref(found))
        return state.progress(found)

    def sync(
        self,
        on_progress: Callable[[SyncProgress], object] | None = None,
        *,
        cancel: Cancel | None = None,
    ) -> SyncProgress:
        """Sends what waits and pulls until the server has no more; the sums of all steps.

        `on_progress` is called after each step; what it raises ends the sync. `cancel` is asked
        between steps, and ends it with `StoppedError`. Either way the cache keeps what it has, and
        the next sync goes on from there.
        """
        total: SyncProgress | None = None
        while True:
            _go_on(cancel)
            step = self.sync_step()
            total = step if total is None else total.plus(step)
            if on_progress is not None:
                on_progress(step)
            if not step.has_more:
                return total

    def verify(self) -> Comparison:
        """Syncs, and compares the cache with the server, byte for byte; mends nothing."""
        found = _ffi.Comparison()
        with self._turn.call():
            self._call(lib.khach_verify, self._pointer, ctypes.byref(found))
        return state.comparison(found)

    def repair(self, *, accept_shrink: bool = False) -> Comparison:
        """Syncs, compares, fetches what differs, and drops what the server does not have.

        `accept_shrink`: also when the server has far fewer customers than the cache.
        """
        found = _ffi.Comparison()
        flags = _ffi.REPAIR_ACCEPT_SHRINK if accept_shrink else 0
        with self._turn.call():
            self._call(lib.khach_repair, self._pointer, flags, ctypes.byref(found))
        return state.comparison(found)

    def restart_sync(self) -> None:
        """Forgets the cursor and keeps the rows; nothing ever needs it."""
        with self._turn.call():
            self._call(lib.khach_sync_restart, self._pointer)

    def watch(
        self,
        *,
        silence: float | timedelta = 30,
        pull: float | timedelta = 60,
        backoff: float | timedelta = 0.5,
        backoff_max: float | timedelta = 60,
    ) -> Watch:
        """A watch that keeps this cache live while it runs.

        `silence`: after how long a silent server counts as gone. `pull`: after how long is pulled
        unasked. `backoff`, `backoff_max`: the longest wait after a first failure, and of all.
        """
        return Watch(self, silence=silence, pull=pull, backoff=backoff, backoff_max=backoff_max)

    def state(self) -> CacheState:
        """What the cache holds, and of when."""
        found = _ffi.CacheState()
        with self._turn.question():
            self._call(lib.khach_cache_state_read, self._pointer, ctypes.byref(found))
        return state.cache_state(found)

    def position(self) -> str:
        """How far the cache is: a text that `wait_for` takes, as that of an edit's reply."""
        text = ctypes.create_string_buffer(_ffi.POSITION_BYTES_MAX)
        with self._turn.question():
            self._call(lib.khach_position_read, self._pointer, text, len(text))
        return text.value.decode()

    def wait_for(
        self, position: str, timeout: float | timedelta, *, cancel: Cancel | None = None
    ) -> None:
        """Returns once the cache shows the state that `position` names, or a later one.

        With an address it pulls; without one it waits for another process that does. Raises
        `NotFreshError` when that takes longer than `timeout`, `StoppedError` when `cancel` is set.
        """
        wanted = _values.some_text("position", position)
        left_ms = _values.milliseconds("timeout", timeout)
        end = time.monotonic() + left_ms / 1000
        with self._turn.call():
            while True:
                _go_on(cancel)
                try:
                    self._call(lib.khach_wait_for, self._pointer, wanted, min(left_ms, _SLICE_MS))
                    return
                except NotFreshError:
                    left_ms = int((end - time.monotonic()) * 1000)
                    if left_ms <= 0:
                        raise

    def changes_descriptor(self) -> int:
        """A descriptor that `select` calls readable when somebody else may have changed the cache.

        Then ask `take_changes`. The client closes it.
        """
        found = ctypes.c_int(-1)
        with self._turn.question():
            self._call(lib.khach_changes_fd, ctypes.byref(found), self._pointer)
        return found.value

    def take_changes(self) -> bool:
        """Whether anybody but this client has changed the cache since this was last asked."""
        found = ctypes.c_int32()
        with self._turn.question():
            self._call(lib.khach_changes_take, ctypes.byref(found), self._pointer)
        return found.value != 0

    # --- questions ---

    def customer(self, id: str) -> Customer:
        """The customer with this id; `NotFoundError` when the business has none."""
        wanted = _values.some_text("id", id)
        return self._ask(
            lib.khach_get, wanted, copy=customers.customer, free=lib.khach_customer_free
        )

    def customers(
        self,
        filter: CustomerFilter | None = None,
        *,
        order: Order = Order.UNSPECIFIED,
        limit: int = 0,
        after: str | None = None,
    ) -> CustomerList:
        """Customers, the newest first unless another order is given.

        `limit` is at most 1,000; 0 means 200. `after` is the `next` of a list of the same filter
        and order.
        """
        wanted = customers.query(filter, order, limit, after)
        return self._ask(
            lib.khach_list,
            ctypes.byref(wanted),
            copy=customers.customer_list,
            free=lib.khach_customer_list_free,
        )

    def every_customer(
        self,
        filter: CustomerFilter | None = None,
        *,
        order: Order = Order.UNSPECIFIED,
        page: int = 1000,
    ) -> Iterator[Customer]:
        """The same over all pages, one page in memory at a time; a sync meanwhile shows."""
        after: str | None = None
        while True:
            found = self.customers(filter, order=order, limit=page, after=after)
            yield from found
            after = found.next
            if after is None:
                return

    def search(
        self, text: str, filter: CustomerFilter | None = None, *, limit: int = 0
    ) -> CustomerList:
        """Customers whose names answer `text`, best first."""
        words = _values.some_text("text", text)
        wanted = customers.query(filter, Order.UNSPECIFIED, limit)
        return self._ask(
            lib.khach_search,
            words,
            ctypes.byref(wanted),
            copy=customers.customer_list,
            free=lib.khach_customer_list_free,
        )

    def count(self, filter: CustomerFilter | None = None) -> int:
        """How many customers the filter holds for."""
        wanted = customers.query(filter)
        found = ctypes.c_uint64()
        with self._turn.question():
            self._call(lib.khach_count, ctypes.byref(found), self._pointer, ctypes.byref(wanted))
        return found.value

    def statistics(self, query: StatisticsQuery) -> Statistics:
        """What happened on some local days, counted."""
        wanted = statistics.query(query)
        return self._ask(
            lib.khach_statistics_read,
            ctypes.byref(wanted),
            copy=statistics.statistics,
            free=lib.khach_statistics_free,
        )

    def business(self) -> Business:
        """The business and its pages."""
        return self._ask(lib.khach_pages, copy=customers.business, free=lib.khach_page_list_free)

    def export(
        self,
        to: int | _PATH,
        options: ExportOptions | None = None,
        on_progress: Callable[[ExportProgress], object] | None = None,
        *,
        replace: bool = False,
        cancel: Cancel | None = None,
    ) -> ExportProgress:
        """Writes customers to a file: the bytes that the server gives at the same `seq`.

        `to` is a path, whose file has its name once it is whole, or a descriptor, for XLSX of an
        empty regular file. The file shows one state of the cache; other calls on the client go on
        meanwhile. `on_progress` is called after at most 1,000 rows each; what it raises ends the
        export.
        """
        wanted = options if options is not None else ExportOptions()
        if isinstance(to, int):
            return self._export(to, wanted, on_progress, cancel)
        with export.file_at(to, replace=replace) as fd:
            return self._export(fd, wanted, on_progress, cancel)

    def difference(self) -> CacheDifference:
        """What has changed since the cache was last offline."""
        found = _ffi.Difference()
        with self._turn.question():
            self._call(lib.khach_difference_read, ctypes.byref(found), self._pointer)
        return state.difference(found)

    def explain(self, id: str) -> CacheExplanation:
        """Why a customer is, or is not, in the answers; and what the server says, if it answers."""
        wanted = _values.some_text("id", id)
        found = _ffi.Explanation()
        with self._turn.call():
            self._call(lib.khach_explain, ctypes.byref(found), self._pointer, wanted)
        return state.explanation(found)

    def checkup(self) -> tuple[CacheFinding, ...]:
        """Looks over the cache and, if there is an address, its server; changes nothing."""
        with self._turn.call():
            return self._copied(
                lib.khach_checkup_make, copy=state.findings, free=lib.khach_checkup_free
            )

    # --- edits ---

    def mutate(self, edit: CustomerEdit) -> int:
        """Accepts an edit, and gives its number.

        It is on the disk and shown by every answer when this returns; the next sync sends it.
        """
        wanted = outbox.edit(edit)
        number = ctypes.c_uint64()
        with self._turn.call():
            self._call(lib.khach_mutate, self._pointer, ctypes.byref(wanted), ctypes.byref(number))
        return number.value

    def set_address(self, id: str, text: str, *, actor: str) -> int:
        """Saves the address; an empty text clears it."""
        return self.mutate(CustomerEdit(id, actor, EditKind.ADDRESS, text))

    def rename(self, id: str, text: str, *, actor: str) -> int:
        """Saves a name by hand; an empty text clears it."""
        return self.mutate(CustomerEdit(id, actor, EditKind.MANUAL_NAME, text))

    def block(self, id: str, *, actor: str, reason: str = "") -> int:
        """Blocks the customer."""
        return self.mutate(CustomerEdit(id, actor, EditKind.BLOCK, reason))

    def unblock(self, id: str, *, actor: str, reason: str = "") -> int:
        """Ends a block."""
        return self.mutate(CustomerEdit(id, actor, EditKind.UNBLOCK, reason))

    def add_contact(self, id: str, value: str, *, actor: str) -> int:
        """Adds a phone, or with an @ an e-mail address."""
        return self._contact(EditKind.ADD_CONTACT, id, value, actor)

    def reject_contact(self, id: str, value: str, *, actor: str) -> int:
        """Says that a phone or an e-mail address is not the customer's."""
        return self._contact(EditKind.REJECT_CONTACT, id, value, actor)

    def pin_contact(self, id: str, value: str, *, actor: str) -> int:
        """Makes a phone or an e-mail address the primary one."""
        return self._contact(EditKind.PIN_CONTACT, id, value, actor)

    def unpin_contact(self, id: str, value: str, *, actor: str) -> int:
        """Ends that."""
        return self._contact(EditKind.UNPIN_CONTACT, id, value, actor)

    def outbox(self) -> tuple[Mutation, ...]:
        """What waits, what was not done, and what was done lately, in the order it was made."""
        with self._turn.question():
            handle = self._made(lib.khach_outbox_list_read, self._pointer, is_out_first=False)
        try:
            return outbox.mutations(handle)
        finally:
            lib.khach_outbox_list_free(handle)

    def export_outbox(self, to: TextIO) -> int:
        """Writes the outbox as `khach offline outbox export` does; how many lines."""
        lines = [json.dumps(edit.members(), ensure_ascii=False) for edit in self.outbox()]
        to.writelines(f"{line}\n" for line in lines)
        return len(lines)

    def retry_mutation(self, number: int) -> int:
        """Makes an edit that was not done once more, against what is stored now; its number."""
        old = _values.number("number", number, _values.UINT64_MAX)
        new = ctypes.c_uint64()
        with self._turn.call():
            self._call(lib.khach_outbox_retry, self._pointer, old, ctypes.byref(new))
        return new.value

    def discard_mutation(self, number: int) -> None:
        """Takes back an edit that was never sent, or takes one that was not done off the list."""
        old = _values.number("number", number, _values.UINT64_MAX)
        with self._turn.call():
            self._call(lib.khach_outbox_discard, self._pointer, old)

    # --- how C is called ---

    def _contact(self, kind: EditKind, id: str, value: str, actor: str) -> int:
        return self.mutate(CustomerEdit(id, actor, kind, value, outbox.contact_kind(value)))

    def _export(
        self,
        fd: int,
        wanted: ExportOptions,
        on_progress: Callable[[ExportProgress], object] | None,
        cancel: Cancel | None,
    ) -> ExportProgress:
        # Lent until the export is closed, which is before this returns.
        options = export.options(wanted, fd)
        with self._turn.question():
            handle = self._made(lib.khach_export_open, self._pointer, ctypes.byref(options))
        try:
            found = _ffi.ExportProgress()
            while found.is_finished == 0:
                _go_on(cancel)
                self._call(lib.khach_export_step, handle, ctypes.byref(found))
                if on_progress is not None:
                    on_progress(export.progress(found))
            return export.progress(found)
        finally:
            lib.khach_export_close(handle)

    def _ask(
        self,
        function: Callable[..., int],
        *arguments: object,
        copy: Callable[[int | None], _Value],
        free: Callable[[int | None], None],
    ) -> _Value:
        """A question whose answer is copied and freed; other calls need not wait for the copy."""
        with self._turn.question():
            handle = self._made(function, self._pointer, *arguments)
        try:
            return copy(handle)
        finally:
            free(handle)

    def _copied(
        self,
        function: Callable[..., int],
        *,
        copy: Callable[[int | None], _Value],
        free: Callable[[int | None], None],
    ) -> _Value:
        handle = self._made(function, self._pointer)
        try:
            return copy(handle)
        finally:
            free(handle)

    @classmethod
    def _made(
        cls, function: Callable[..., int], *arguments: object, is_out_first: bool = True
    ) -> int | None:
        """Calls a function that gives a handle, which is the caller's to free."""
        out = ctypes.c_void_p()
        if is_out_first:
            cls._call(function, ctypes.byref(out), *arguments)
        else:
            cls._call(function, *arguments, ctypes.byref(out))
        return out.value

    @staticmethod
    def _call(function: Callable[..., int], *arguments: object) -> None:
        """Calls a function whose last parameter is the error, and raises what it reports."""
        error = ctypes.c_void_p()
        status = function(*arguments, ctypes.byref(error))
        if status != 0:
            raise taken(status, error.value)


def wipe(cache_path: _PATH) -> None:
    """Overwrites a cache and removes it with what lies beside it; edits that wait go with it.

    No client of this process may have it open: `BusyError`. Those of other processes read nothing
    of it any more. `CacheLockedError` while a process writes or leads the sync.
    """
    path = _values.path("cache_path", cache_path)
    for client in list(_open_clients):
        if not client.is_closed and _is_same(client.cache_path, cache_path):
            raise BusyError(
                Code.INVALID, "a cache that this process has closed expected, an open one found"
            )
    error = ctypes.c_void_p()
    status = lib.khach_wipe(path, ctypes.byref(error))
    if status != 0:
        raise taken(status, error.value)


def library_version() -> str:
    """The version of libkhach, as "major.minor.patch"."""
    return str(lib.khach_version_string().decode())


def _is_same(left: _PATH, right: _PATH) -> bool:
    try:
        return os.path.samefile(left, right)
    except OSError:
        return False


def _go_on(cancel: Cancel | None) -> None:
    if cancel is not None and cancel.is_set():
        raise StoppedError(Code.STOPPED, "a caller that goes on expected, one that stops found")
