"""Python's answers are those of `khach offline`, for random questions."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from conftest import opened
from hypothesis import HealthCheck, given, settings
from shop import DAYS, FIRST_DAY, NAMES, Shop, objects
from shop import khach as command

import khach

ROUNDS = settings(
    max_examples=40,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DAY = st.integers(-2, DAYS + 2).map(lambda day: (FIRST_DAY + timedelta(days=day)).date())
MAYBE = st.sampled_from([None, None, True, False])
WORDS = st.sampled_from([None, None, "nguyen", "linh", "an", "Phạm L", "đào d", "khong ai"])
STATUSES = [khach.NameStatus.REAL, khach.NameStatus.USERNAME, khach.NameStatus.PLACEHOLDER]
CHANNELS = [khach.Channel.FACEBOOK, khach.Channel.INSTAGRAM, khach.Channel.SHOPEE]
ORDERS = {
    khach.Order.CREATED_DESCENDING: "newest",
    khach.Order.CREATED_ASCENDING: "oldest",
    khach.Order.LAST_INBOUND_DESCENDING: "last-message",
}


def filters() -> st.SearchStrategy[tuple[set[int], khach.CustomerFilter]]:
    """Numbers of pages, and the other conditions."""
    conditions = st.builds(
        khach.CustomerFilter,
        created_from=st.none() | DAY,
        created_to=st.none() | DAY,
        channels=st.sets(st.sampled_from(CHANNELS), max_size=2),
        name_statuses=st.sets(st.sampled_from(STATUSES), max_size=2),
        name=WORDS,
        messaged_from=st.none() | DAY,
        messaged_to=st.none() | DAY,
        messaged_kind=st.sampled_from(khach.Activity),
        has_phone=MAYBE,
        has_email=MAYBE,
        is_blocked=MAYBE,
    )
    return st.tuples(st.sets(st.integers(0, 2), max_size=2), conditions.filter(is_in_order))


def is_in_order(wanted: khach.CustomerFilter) -> bool:
    """Whether ranges begin before they end: the refusal of others is in `test_errors.py`."""
    return all(
        begin is None or end is None or str(begin) <= str(end)
        for begin, end in [
            (wanted.created_from, wanted.created_to),
            (wanted.messaged_from, wanted.messaged_to),
        ]
    )


def conditions(shop: Shop, pages: set[int], wanted: khach.CustomerFilter) -> list[str]:
    """The same as options of the command line, but for the name."""
    said: list[str] = []

    def say(option: str, value: object) -> None:
        if value is not None:
            said.extend([option, str(value)])

    for page in sorted(pages):
        say("--page", shop.pages[page])
    for channel in wanted.channels:
        say("--channel", channel.name.lower())
    for status in wanted.name_statuses:
        say("--name-status", status.name.lower())
    say("--created-from", wanted.created_from)
    say("--created-to", wanted.created_to)
    say("--messaged-from", wanted.messaged_from)
    say("--messaged-to", wanted.messaged_to)
    if wanted.messaged_from is not None or wanted.messaged_to is not None:
        say("--messaged", wanted.messaged_kind.name.lower())
    for option, value in [
        ("--has-phone", wanted.has_phone),
        ("--has-email", wanted.has_email),
        ("--blocked", wanted.is_blocked),
    ]:
        say(option, None if value is None else "yes" if value else "no")
    return said


def milliseconds(text: str | None) -> int | None:
    """A time of protobuf JSON."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    return round(moment.timestamp() * 1000)


def contacts(found: list[Any] | None) -> tuple[khach.ContactPoint, ...]:
    return tuple(
        khach.ContactPoint(item["value"], item.get("rejected", False), item.get("pinned", False))
        for item in found or []
    )


def assert_is(row: khach.Customer, line: dict[str, Any]) -> None:
    """A row of Python is a line of the command."""
    block = line.get("block", {})
    state = block.get("state", "NONE")
    expected: list[tuple[object, object]] = [
        (row.id, line["id"]),
        (row.page_id, line["pageId"]),
        (row.external_user_id, line["externalUserId"]),
        (row.name, line.get("name", "")),
        (row.name_status.name, line["nameStatus"]),
        (row.channel.name, line["channel"]),
        (row.created_at_ms, milliseconds(line["createdAt"])),
        (row.first_recorded_at_ms, milliseconds(line["firstRecordedAt"])),
        (row.first_inbound_at_ms, milliseconds(line.get("firstInboundAt"))),
        (row.last_inbound_at_ms, milliseconds(line.get("lastInboundAt"))),
        (row.last_outbound_at_ms, milliseconds(line.get("lastOutboundAt"))),
        (row.phones, contacts(line.get("phones"))),
        (row.emails, contacts(line.get("emails"))),
        (row.address, line.get("address", {}).get("text", "")),
        (row.block_state.name, state),
        (row.block_since_ms, milliseconds(block.get("since"))),
    ]
    for found, wanted in expected:
        assert found == wanted
    assert row.created_at is not None
    assert round(row.created_at.timestamp() * 1000) == row.created_at_ms


@given(wanted=filters(), order=st.sampled_from(list(ORDERS)), page=st.integers(1, 60))
@ROUNDS
def test_rows_are_those_of_the_command_line(
    full_shop: Shop,
    full_cache: Path,
    wanted: tuple[set[int], khach.CustomerFilter],
    order: khach.Order,
    page: int,
) -> None:
    pages, given_filter = wanted
    filter = with_pages(full_shop, pages, given_filter)
    said = conditions(full_shop, pages, filter)
    offline = ["--cache", str(full_cache), *said]
    named = [] if filter.name is None else ["search", filter.name]
    listing = ["offline", *(named or ["list"]), *offline, "--order", ORDERS[order], "--all"]
    lines = objects(command(*listing, "--output", "jsonl"))
    with khach.OfflineClient(full_cache) as client:
        rows = list(client.every_customer(filter, order=order, page=page))
        count = client.count(filter)
        first = client.customers(filter, order=order, limit=page)
    assert [row.id for row in rows] == [line["id"] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        assert_is(row, line)
    assert count == len(rows)
    assert list(first) == rows[:page]
    assert (first.next is None) == (len(rows) <= page)
    name = [] if filter.name is None else ["--name", filter.name]
    counted = objects(command("offline", "count", *offline, *name, "--output", "jsonl"))[0]
    assert count == int(counted.get("count", 0))


def with_pages(
    shop: Shop, pages: set[int], given_filter: khach.CustomerFilter
) -> khach.CustomerFilter:
    members = {name: getattr(given_filter, name) for name in khach.CustomerFilter.__slots__}
    return khach.CustomerFilter(**{**members, "page_ids": [shop.pages[page] for page in pages]})


@pytest.mark.parametrize("text", [*NAMES, "linh nguyen", "AN", "user1", "khong ai ca"])
def test_a_search_is_that_of_the_command_line(full_cache: Path, text: str) -> None:
    search = ["offline", "search", text, "--cache", str(full_cache), "--limit", "30"]
    lines = objects(command(*search, "--output", "jsonl"))
    with khach.OfflineClient(full_cache) as client:
        rows = client.search(text, limit=30).customers
    assert [row.id for row in rows] == [line["id"] for line in lines]


@pytest.mark.parametrize("grouping", list(khach.Grouping))
@pytest.mark.parametrize("basis", list(khach.Basis))
def test_statistics_are_those_of_the_command_line(
    full_cache: Path, grouping: khach.Grouping, basis: khach.Basis
) -> None:
    names = {1: "created", 2: "recorded", 3: "inbound"}
    day_from = FIRST_DAY.date()
    day_to = day_from + timedelta(days=DAYS)
    wanted = ["--from", str(day_from), "--to", str(day_to), "--by", grouping.name.lower()]
    stats = ["offline", "stats", "--cache", str(full_cache), *wanted, "--basis", names[basis]]
    lines = objects(command(*stats, "--output", "jsonl"))
    with khach.OfflineClient(full_cache) as client:
        query = khach.StatisticsQuery(
            day_from=day_from, day_to=day_to, grouping=grouping, basis=basis
        )
        found = client.statistics(query)
    rows = [*found.rows, *found.totals]
    assert len(rows) == len(lines) > 0
    for row, line in zip(rows, lines, strict=True):
        assert row.day == line.get("day")
        assert row.page_id == line.get("pageId")
        assert (row.channel.name if row.channel else None) == line.get("channel")
        for measure in khach.Measure:
            words = measure.name.lower().split("_")
            member = words[0] + "".join(word.capitalize() for word in words[1:])
            assert row[measure] == int(line["measures"].get(member, 0))


@pytest.mark.parametrize("format", list(khach.ExportFormat))
@pytest.mark.parametrize("is_masked", [False, True], ids=["whole", "masked"])
def test_an_export_is_that_of_the_command_line(
    full_cache: Path, tmp_path: Path, format: khach.ExportFormat, is_masked: bool
) -> None:
    made, expected = (tmp_path / f"{name}.{format.name.lower()}" for name in ("made", "expected"))
    mask = ["--mask"] if is_masked else []
    wanted = ["--cache", str(full_cache), "--has-phone", "yes", "--language", "en", *mask]
    command("offline", "export", "--to", str(expected), *wanted)
    with khach.OfflineClient(full_cache) as client:
        told: list[khach.ExportProgress] = []
        options = khach.ExportOptions(
            filter=khach.CustomerFilter(has_phone=True),
            format=format,
            language=khach.ExportLanguage.ENGLISH,
            masks_contacts=is_masked,
        )
        found = client.export(made, options, told.append)
        count = client.count(options.filter)
    assert told[-1] == found
    assert found.rows_done == found.rows_total == count
    assert made.stat().st_mode & 0o777 == 0o600
    assert made.read_bytes() == expected.read_bytes()


def test_a_state_is_that_of_the_command_line(full_shop: Shop, full_cache: Path) -> None:
    status = json.loads(
        command("offline", "status", "--cache", str(full_cache), "--output", "json")
    )
    with opened(full_shop, full_cache) as client:
        state = client.state()
        business = client.business()
        position = client.position()
    assert state.phase is khach.Phase.COMPLETE
    assert state.customers_count == int(status["customersCount"])
    assert state.seq == int(status["seq"])
    assert state.schema_version == status["schemaVersion"]
    assert state.as_of_ms == milliseconds(status["asOf"])
    assert position == status["position"]
    assert (business.id, business.name) == (full_shop.business, "Nhà Mây")
    assert sorted(page.id for page in business.pages) == sorted(full_shop.pages)
