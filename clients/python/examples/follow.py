#!/usr/bin/env python3
"""Keeps a cache live and says how it stands, until Control-C: follow.py CACHE ADDRESS [BUSINESS]"""

from __future__ import annotations

import sys

import khach


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print("usage: follow.py CACHE ADDRESS [BUSINESS]", file=sys.stderr)
        return 64
    cache, address, *business = sys.argv[1:]

    def show(report: khach.WatchReport) -> None:
        print(
            report.state.name.lower(),
            f"seq {report.seq}, {report.customers_count} customers",
            report.message,
            flush=True,
        )

    try:
        with khach.OfflineClient(
            cache, address=address, business_id=business[0] if business else None
        ) as client:
            client.watch().run(show)
    except KeyboardInterrupt:
        return 0
    except khach.KhachError as error:
        print(f"follow.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
