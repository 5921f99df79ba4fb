#!/usr/bin/env python3
"""An agent's tool: who wrote today and left a phone, from the cache; block one; sync.

usage: agent.py CACHE [--business ID] [--server ADDRESS] [--day YYYY-MM-DD]
                [--block ID] [--actor WHO]

Without --server nothing needs the network, and a block waits in the outbox.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import khach


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("cache")
    parser.add_argument("--business")
    parser.add_argument("--server")
    parser.add_argument("--day")
    parser.add_argument("--block", metavar="ID")
    parser.add_argument("--actor", default=getpass.getuser())
    given = parser.parse_args()
    try:
        with khach.OfflineClient(
            given.cache, business_id=given.business, address=given.server
        ) as client:
            if given.block:
                client.block(given.block, actor=given.actor, reason="by agent.py")
            if given.server:
                sync(client)
            show(client, given.day)
    except khach.KhachError as error:
        print(f"agent.py: {error}", file=sys.stderr)
        return 1
    return 0


def sync(client: khach.OfflineClient) -> None:
    """The server may be away: then the cache answers as of when it was last there."""
    try:
        done = client.sync()
        print(f"synced: {done.upserts_count} changed, {done.pushed_count} edits sent")
    except (khach.NetworkError, khach.ServerTimeoutError) as error:
        print(f"not synced: {error}", file=sys.stderr)


def show(client: khach.OfflineClient, day: str | None) -> None:
    zone = ZoneInfo(client.business().zone)
    today = day or datetime.now(zone).date().isoformat()
    wrote = khach.CustomerFilter(messaged_from=today, messaged_to=today, has_phone=True)
    for customer in client.every_customer(wrote, order=khach.Order.LAST_INBOUND_DESCENDING):
        mark = "blocked" if customer.is_blocked else ""
        print(f"{customer.id}  {customer.display_name:<24} {customer.phone}  {mark}".rstrip())
    state = client.state()
    when = state.as_of.astimezone(zone).isoformat(timespec="seconds") if state.as_of else "never"
    print(f"as of {when}; {state.waiting_count} edits to send, {state.failed_count} not done")


if __name__ == "__main__":
    sys.exit(main())
