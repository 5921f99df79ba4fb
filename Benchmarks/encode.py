"""Turns text into files of ready request payloads: a 4-byte big-endian length before each.

    encode.py interactions BATCH < interactions.jsonl > payloads
    encode.py customers < customers.jsonl > payloads

So that a load generator spends its time on the wire and not on encoding.
"""

import calendar
import json
import struct
import sys

CHANNELS = {
    "FACEBOOK": 1, "INSTAGRAM": 2, "ZALO_OA": 3, "SHOPEE": 4, "LAZADA": 5, "TIKTOK_SHOP": 6,
    "WEB_CHAT": 7, "OTHER": 8,
}
DIRECTIONS = {"INBOUND": 1, "OUTBOUND": 2}
KINDS = {"MESSAGE": 1, "COMMENT": 2}
OPERATIONS = {"CREATE": 1, "EDIT": 2, "REMOVE": 3}
SOURCES = {
    "NAME_SOURCE_EVENT": 45, "NAME_SOURCE_PROFILE": 50, "NAME_SOURCE_SHARED_FORM": 40,
}


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def text(field, value):
    if not value:
        return b""
    raw = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(raw)) + raw


def timestamp(value):
    """RFC 3339 in UTC, as the generator writes it."""
    date, clock = value.rstrip("Z").split("T")
    clock, _, fraction = clock.partition(".")
    year, month, day = map(int, date.split("-"))
    hour, minute, second = map(int, clock.split(":"))
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    return number(1, seconds) + number(2, int((fraction + "0" * 9)[:9]))


def interaction(item):
    return b"".join((
        number(1, CHANNELS[item["channel"]]), text(2, item["externalPageId"]),
        text(3, item["eventKey"]), text(4, item.get("externalUserId")),
        number(5, DIRECTIONS[item["direction"]]), number(6, KINDS[item["kind"]]),
        text(7, item.get("conversationKey")), text(8, item.get("postId")),
        text(9, timestamp(item["occurredAt"])), text(10, item.get("text")),
        text(11, item.get("nameHint")), number(12, SOURCES.get(item.get("nameHintSource"), 0)),
        text(13, item.get("usernameHint")), number(14, OPERATIONS.get(item.get("operation"), 0)),
        number(15, int(item.get("revision", 0))),
    ))


def write(payload):
    sys.stdout.buffer.write(struct.pack(">I", len(payload)) + payload)


def main():
    if sys.argv[1] == "customers":
        for line in sys.stdin:
            write(text(1, json.loads(line)["id"]))
        return
    batch, size = [], int(sys.argv[2])
    for line in sys.stdin:
        batch.append(text(1, interaction(json.loads(line))))
        if len(batch) == size:
            write(b"".join(batch))
            batch = []
    if batch:
        write(b"".join(batch))


main()
