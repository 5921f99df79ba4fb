"""A caller who does not wait any more frees the thread that reads for it.

Over ttrpc: Tests/IntegrationTests/LongQueryTests.swift.
"""

from __future__ import annotations

import os
import select
import subprocess
from pathlib import Path
from typing import Any

import grpc
import pytest
from conftest import PEOPLE
from peer import CHECKOUT, SECONDS_MAX, Client, Server, message, refused

Code = grpc.StatusCode
COUNT = "CustomerService/CountCustomers"
#: Threads of a store that read.
READERS = 2


class LongQuery:
    """Queries that last for ever, unless the server ends them."""

    def __init__(self, folder: Path, *, has_deadline: bool) -> None:
        """`has_deadline` when time passes for them: their deadline ends them too."""
        library, told = folder / "long_query.so", folder / "told"
        source = CHECKOUT / "Tests" / "Support" / "long-query" / "long_query.c"
        subprocess.run(
            ["cc", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"],
            check=True,
        )
        #: While it is there, a query that begins is one.
        self.trigger = folder / "long"
        os.mkfifo(told)
        # Both ends, so that neither side waits for the other to open it.
        self.descriptor = os.open(told, os.O_RDWR | os.O_CLOEXEC)
        self.environment = {
            "LD_PRELOAD": str(library),
            "QUERY_WHILE": str(self.trigger),
            "QUERY_TELL": str(told),
            "QUERY_TIME": "passes" if has_deadline else "still",
        }

    def told(self, count: int) -> bytes:
        """Waits until so many have begun (`b`) or ended (`e`)."""
        events = b""
        while len(events) < count:
            ready, _, _ = select.select([self.descriptor], [], [], SECONDS_MAX)
            assert ready, events
            events += os.read(self.descriptor, count - len(events))
        return events


@pytest.mark.parametrize("ending", ["cancel", "deadline", "close"])
def test_it_ends_in_sqlite(peopled: tuple[Path, str], tmp_path: Path, ending: str) -> None:
    """Every thread that reads has a query that lasts for ever; another waits behind them."""
    data, business = peopled
    query = LongQuery(tmp_path, has_deadline=ending == "deadline")
    request: Any = message("khach.v1.CountCustomersRequest")
    request.filter.business_id = business
    request.filter.messaged_from, request.filter.messaged_to = "2026-01-01", "2026-12-31"
    counted = f'khach_calls_total{{method="khach.v1.{COUNT}",code='
    with Server(data, environment=query.environment) as server, server.channel() as channel:
        left = server.channel()
        query.trigger.touch()
        calls = [
            Client(left).future(COUNT, request, timeout=10 if ending == "deadline" else None)
            for _ in range(READERS)
        ]
        assert query.told(READERS) == b"b" * READERS
        query.trigger.unlink()
        if ending == "cancel":
            for call in calls:
                call.cancel()
        if ending == "close":
            left.close()
        assert query.told(READERS) == b"e" * READERS
        if ending == "deadline":
            told = [refused(call.result).code() for call in calls]
            assert told == [Code.DEADLINE_EXCEEDED] * READERS
        assert Client(channel).call(COUNT, request).count == PEOPLE
        server.await_metric("khach_calls_running", lambda count: count == 0)
        codes = ["OK", "CANCELLED", "DEADLINE_EXCEEDED"]
        counts = [server.counted(f'{counted}"{code}"}}') for code in codes]
        # At its deadline a query ends, and the call is cancelled: whichever comes first.
        assert counts[0] == 1 and sum(counts[1:]) == READERS
        assert ending == "deadline" or counts[2] == 0
        left.close()
        server.terminate()
        assert server.ended() == 0
