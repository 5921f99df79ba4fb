"""What `src/list_loop.c` does, by the Python client: list_python.py CACHE ROUNDS"""

import json
import statistics
import sys
import time

import khach

ROWS = 100


def main() -> None:
    cache, rounds = sys.argv[1], int(sys.argv[2])
    times = []
    with khach.OfflineClient(cache) as client:
        for _ in range(rounds):
            began = time.perf_counter()
            rows = client.customers(limit=ROWS)
            times.append(time.perf_counter() - began)
            if len(rows) != ROWS:
                raise SystemExit(f"{ROWS} customers expected, {len(rows)} found")
    print(json.dumps({"p50_us": statistics.median(times) * 1e6}))


main()
