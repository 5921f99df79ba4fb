"""What happened on local days, counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

from . import _ffi, _values
from ._ffi import lib
from ._values import Day
from .customers import Channel


class Grouping(IntEnum):
    """What rows are about."""

    PAGE = 1
    CHANNEL = 2
    BUSINESS = 3


class Basis(IntEnum):
    """What makes a customer new."""

    CREATED = 1
    """The earliest interaction, by the channel's clock."""
    FIRST_RECORDED = 2
    """The server's clock when the customer was first recorded."""
    FIRST_INBOUND = 3
    """The first message from the customer."""


class Measure(IntEnum):
    """What is counted, each once."""

    NEW_CUSTOMERS = 0
    ACTIVE_CUSTOMERS = 1
    MESSAGING_CUSTOMERS = 2
    COMMENTING_CUSTOMERS = 3
    NEW_MESSAGE_CONVERSATIONS = 4
    NEW_COMMENT_CONVERSATIONS = 5
    PHONES_FOUND = 6
    EMAILS_FOUND = 7
    BLOCKED = 8
    UNBLOCKED = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsQuery:
    """What to count, by local day of the business; at most 400 days, both inclusive."""

    day_from: Day
    day_to: Day
    #: Empty means every page of the business; at most 1,000.
    page_ids: Sequence[str] = ()
    #: Empty means every channel.
    channels: Collection[Channel] = ()
    grouping: Grouping = Grouping.PAGE
    basis: Basis = Basis.CREATED


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """What was counted of one page, one channel or the business, on a day or in the range."""

    #: "YYYY-MM-DD"; None in a total.
    day: str | None
    #: None unless rows are about pages.
    page_id: str | None
    #: None when rows are about the business.
    channel: Channel | None
    #: One for each `Measure`, in their order.
    measures: tuple[int, ...]

    def __getitem__(self, measure: Measure) -> int:
        return self.measures[measure]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Rows of days, and the totals of their range."""

    #: In order of day, then page or channel, without those in which everything is 0.
    rows: tuple[StatisticsRow, ...]
    #: Of the whole range: what is distinct in it is not the sum of its days.
    totals: tuple[StatisticsRow, ...]
    #: The commit sequence that the statistics show.
    seq: int


def query(wanted: StatisticsQuery) -> _ffi.StatisticsQuery:
    """The query as C has it; what it points to lives as long as it does."""
    page_ids, page_id_count = _values.texts("page_ids", wanted.page_ids)
    channels, channel_count = _values.numbers("channels", wanted.channels)
    return _ffi.StatisticsQuery(
        page_ids=page_ids,
        page_id_count=page_id_count,
        channels=channels,
        channel_count=channel_count,
        day_from=_values.day("day_from", wanted.day_from),
        day_to=_values.day("day_to", wanted.day_to),
        grouping=_values.number("grouping", wanted.grouping),
        basis=_values.number("basis", wanted.basis),
    )


def statistics(handle: int | None) -> Statistics:
    """Copies what was counted."""
    return Statistics(
        rows=tuple(
            StatisticsRow(
                day=lib.khach_statistics_row_day_at(handle, index).decode(),
                page_id=lib.khach_statistics_row_page_id_at(handle, index).decode() or None,
                channel=_channel(lib.khach_statistics_row_channel_at(handle, index)),
                measures=tuple(
                    lib.khach_statistics_row_measure_at(handle, index, measure)
                    for measure in Measure
                ),
            )
            for index in range(lib.khach_statistics_row_count(handle))
        ),
        totals=tuple(
            StatisticsRow(
                day=None,
                page_id=lib.khach_statistics_total_page_id_at(handle, index).decode() or None,
                channel=_channel(lib.khach_statistics_total_channel_at(handle, index)),
                measures=tuple(
                    lib.khach_statistics_total_measure_at(handle, index, measure)
                    for measure in Measure
                ),
            )
            for index in range(lib.khach_statistics_total_count(handle))
        ),
        seq=lib.khach_statistics_seq(handle),
    )


def _channel(number: int) -> Channel | None:
    return Channel(number) if number else None
