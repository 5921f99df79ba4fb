"""A store of a million customers and a cache of it: first sync, comparison, repair, catch-up."""

import json
import subprocess
import sys
import time

from harness import Server, heading, number, peak_mib, row, timed

RECORD = ("khach.v1.InteractionService", "RecordInteractions")
NAMES = ("Nguyễn Thị Lan", "Trần Văn Nam", "Lê Hoa", "Phạm Ngọc Mai", "Đặng Đào", "Võ Thanh Trúc")


def interactions(count, first, day):
    """One message of each of so many people, as `khach interactions` reads them."""
    for index in range(first, first + count):
        yield json.dumps({
            "channel": "FACEBOOK", "externalPageId": f"p{index % 20}",
            "eventKey": f"d{day}-{index}", "externalUserId": f"u{index}", "direction": "INBOUND",
            "kind": "MESSAGE", "occurredAt": f"2026-06-{day:02}T{index % 24:02}:00:00Z",
            "text": f"gọi em 09{index % 100_000_000:08}" if index % 3 == 0 else "xin chào",
            "nameHint": f"{NAMES[index % len(NAMES)]} {index % 1000}"}) + "\n"


class Million:
    def send(self, server, name, lines):
        path = self.folder / name
        with open(path, "wb") as out:
            encode = subprocess.Popen([sys.executable, "Benchmarks/encode.py", "interactions", "500"],
                                      stdin=subprocess.PIPE, stdout=out, text=True)
            encode.stdin.writelines(lines)
            encode.stdin.close()
            if encode.wait() != 0:
                raise SystemExit("encode.py failed")
        found = self.load(server.address, 1, 8, 0, RECORD, path)
        path.unlink()
        return found

    def million(self):
        count = 20_000 if self.quick else 1_000_000
        data, cache = self.folder / "data-million", self.folder / "million.db"
        listen = ("--listen", "tcp:127.0.0.1:0", "--log-level", "error")
        server = Server(self.bin / "khachd", "serve", "--data", data, *listen)
        business = json.loads(self.khach(
            "business", "create", "Million", "--server", server.address, "--output", "json"))["id"]
        for page in range(20):
            self.khach("page", "create", f"Page {page}", "--business", business, "--channel",
                       "facebook", "--external-id", f"p{page}", "--server", server.address)
        self.send(server, "million", interactions(count, 0, 1))
        server.stop()
        server = Server(self.bin / "khachd", "serve", "--data", data, *listen)
        before = peak_mib(server.process.pid)

        seconds, peak = timed([str(self.build / "libkhach/examples/example_sync"), server.address,
                               business, str(cache)])
        rate = self.loop("cache_loop", "rows_per_second", self.folder / "cache-loop.db", count, 1000)
        heading(f"first sync of {number(count)} customers, searchable", "seconds", "rows/s",
                "client MiB", "C loop s", "time ratio", "server MiB", "of them idle")
        row("into the C cache", f"{seconds:.1f}", number(count / seconds), f"{peak:.0f}",
            f"{count / rate:.1f}", f"{seconds * rate / count:.2f}",
            f"{peak_mib(server.process.pid):.0f}", f"{before:.0f}")
        self.compare(server, count, cache)
        self.catch_up(server, cache, count)
        server.stop()

    def catch_up(self, server, cache, count):
        """So many people write while the cache is away."""
        heading(f"a cache of {number(count)} customers catches up", "seconds", "bytes received",
                "bytes per change")
        for day, changed in enumerate((1, 10, 100, 1_000, 10_000), start=2):
            self.send(server, "changes", interactions(changed, changed * 7, day))
            began = time.monotonic()
            found = json.loads(self.khach("sync", "--once", "--cache", cache, "--server",
                                          server.address, "--output", "json"))
            received = int(found["bytes"])
            row(f"{number(changed)} changes", f"{time.monotonic() - began:.2f}", number(received),
                number(received / changed))
