"""Whose turn it is with a C client, which belongs to one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from .errors import BusyError, ClosedError, Code


class _State(Enum):
    FREE = auto()
    CALLED = auto()
    """A thread is in a call, which has a bound."""
    WATCHED = auto()
    """A watch runs, which has none."""
    REPORTED = auto()
    """The watch waits for its callback, whose thread may ask the cache."""
    CLOSED = auto()


class Turn:
    """One state and who is in it. Calls wait for each other; nobody waits for a watch.

    What comes from a signal handler or a finaliser in the middle of a call of the same thread is
    refused: it could wait for ever.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._state = _State.FREE
        self._thread: int | None = None

    @property
    def is_closed(self) -> bool:
        return self._state is _State.CLOSED

    @contextmanager
    def call(self) -> Iterator[None]:
        """A call of any kind."""
        self._take(_State.CALLED)
        try:
            yield
        finally:
            self._set(_State.FREE)

    @contextmanager
    def question(self) -> Iterator[None]:
        """A call that only asks the cache: within a report of a watch too."""
        with self._changed:
            is_report = self._state is _State.REPORTED and self._is_mine()
        if not is_report:
            with self.call():
                yield
            return
        self._set(_State.WATCHED)
        try:
            yield
        finally:
            self._set(_State.REPORTED)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """A run of a watch."""
        self._take(_State.WATCHED)
        try:
            yield
        finally:
            self._set(_State.FREE)

    @contextmanager
    def report(self) -> Iterator[None]:
        """A callback of the watch, on the thread that runs it."""
        self._set(_State.REPORTED)
        try:
            yield
        finally:
            self._set(_State.WATCHED)

    def close(self) -> bool:
        """Waits for a call to end, and lets no other begin; False when it was closed already."""
        try:
            self._take(_State.CLOSED)
        except ClosedError:
            return False
        return True

    def _take(self, state: _State) -> None:
        with self._changed:
            while self._state is not _State.FREE:
                if self._state is _State.CLOSED:
                    raise ClosedError(Code.INVALID, "an open client expected, a closed one found")
                if self._is_mine():
                    raise BusyError(
                        Code.INVALID,
                        "a call after the one under way expected, one within it found"
                        if self._state is not _State.REPORTED
                        else "a question to the cache expected in a report, another call found",
                    )
                if self._state is not _State.CALLED:
                    raise BusyError(
                        Code.INVALID,
                        "a client at rest expected, one that is watched found:"
                        " open another of the same cache",
                    )
                self._changed.wait()
            self._state = state
            self._thread = threading.get_ident()

    def _set(self, state: _State) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _is_mine(self) -> bool:
        return self._thread == threading.get_ident()
