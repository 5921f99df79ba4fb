"""Runs every benchmark and prints one table, ours beside the comparator in the same run.

Started by scripts/bench.sh, which builds what it needs. Machines are shared and noisy: each pair is
run in turn several times, and the ratio is the median of the pairs' ratios.
"""

import argparse
import atexit
import json
import os
import pathlib
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

from harness import Server, heading, middle, number, peak_mib, ratio, row, shuffled, timed, WIDTH
from million import Million
from network import Network

ECHO = ("ttrpc.integration.streaming.Streaming", "Echo")
RECORD = ("khach.v1.InteractionService", "RecordInteractions")
GET = ("khach.v1.CustomerService", "GetCustomer")
SHAPES = [(1, 1), (1, 16), (1, 128), (16, 16)]


class Bench(Network, Million):
    """Every part is a method; the store that was recorded is what several of them read."""

    def __init__(self, bin_folder, build, quick):
        self.bin, self.build, self.quick = pathlib.Path(bin_folder), pathlib.Path(build), quick
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="khach-bench-"))
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        self.rounds = 2 if quick else 5
        self.seconds = 0.5 if quick else 2
        self.data = None
        message = bytes.fromhex("0801120568656c6c6f")
        self.echo_payload = self.folder / "echo"
        self.echo_payload.write_bytes(struct.pack(">I", len(message)) + message)

    def load(self, address, connections, in_flight, seconds, method, payloads, *options):
        run = subprocess.run(
            [str(self.build / "rpc_load"), address, str(connections), str(in_flight), str(seconds),
             *method, str(payloads), *options], stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"rpc_load failed: {run.stdout}")
        return json.loads(run.stdout)

    def khach(self, *arguments):
        return subprocess.run(
            [str(self.bin / "khach"), *map(str, arguments)], stdout=subprocess.PIPE, text=True,
            check=True).stdout

    def measured(self, server, *arguments):
        """A load and the server's CPU microseconds per request during it."""
        before = server.cpu_seconds()
        result = self.load(server.address, *arguments)
        result["cpu_us"] = (server.cpu_seconds() - before) * 1e6 / max(1, result["requests"])
        return result

    # Echo: the runtime against a raw epoll loop.

    def echo(self):
        ours = Server(self.bin / "ttrpc-testd", "tcp:127.0.0.1:0")
        raw = Server(self.build / "raw_epoll", "0")
        heading("echo, connections x in flight",
                "req/s", "p50 us", "p99 us", "cpu us", "raw req/s", "raw p50", "raw cpu",
                "req/s ratio", "p50 ratio")
        for connections, in_flight in SHAPES:
            pairs = []
            for _ in range(self.rounds):
                arguments = (connections, in_flight, self.seconds, ECHO, self.echo_payload)
                pairs.append((self.measured(ours, *arguments), self.measured(raw, *arguments)))
            a, b = middle(pairs)
            row(f"{connections} x {in_flight}",
                number(a["per_second"]), f"{a['p50_us']:.0f}", f"{a['p99_us']:.0f}",
                f"{a['cpu_us']:.2f}", number(b["per_second"]), f"{b['p50_us']:.0f}",
                f"{b['cpu_us']:.2f}", ratio(pairs, "per_second"), ratio(pairs, "p50_us"))
        raw.kill()
        ours.stop()

    # Phones and e-mails in texts, against a bare loop over the same bytes.

    def detect(self):
        texts = b"".join(path.read_bytes()
                         for path in sorted(pathlib.Path("Tests/Vectors").glob("detection*.tsv")))
        lines = subprocess.run([str(self.bin / "contact-bench")], input=texts,
                               stdout=subprocess.PIPE, check=True).stdout.splitlines()
        heading("phones and e-mails in a text", "texts", "bytes/text", "us/text", "asked/text",
                "bare us/text", "ratio")
        for index, line in enumerate(map(json.loads, lines)):
            row(line["name"], number(line["texts"]), number(line["bytes"]), f"{line['us']:.2f}",
                f"{line['validations'] / line['texts']:.2f}", f"{line['bare_us']:.3f}",
                f"{line['ratio']:.1f}")
            if index == 0 and line["validations"] != 0:
                raise SystemExit(f"{line['name']}: no number for libphonenumber expected, "
                                 f"found {line['validations']}")

    # The store: durable interactions against a bare loop over SQLite.

    def sample(self):
        size = "S" if self.quick else "M"
        sample = self.folder / "sample"
        self.khach("sample", "--size", size, "--out", sample)
        self.interactions = sample / "interactions.jsonl"
        self.pages = sample

    def prepare(self, address):
        """One business with every page of the sample, so that one cache holds all customers."""
        business = json.loads(self.khach(
            "business", "create", "Bench", "--server", address, "--output", "json"))["id"]
        pages = set()
        with open(self.interactions) as lines:
            for line in lines:
                item = json.loads(line)
                pages.add((item["channel"], item["externalPageId"]))
        for channel, external in sorted(pages):
            self.khach("call", "khach.v1.DirectoryService/CreatePage", json.dumps({
                "businessId": business, "channel": channel, "externalPageId": external,
                "name": "Page"}), "--server", address)
        return business

    def encode(self, batch):
        path = self.folder / f"interactions-{batch}"
        with open(self.interactions) as lines, open(path, "wb") as out:
            subprocess.run([sys.executable, "Benchmarks/encode.py", "interactions", str(batch)],
                           stdin=lines, stdout=out, check=True)
        return path

    def record(self):
        self.sample()
        lines = sum(1 for _ in open(self.interactions))
        customers = 10_000 if self.quick else 100_000
        heading(f"RecordInteractions, {number(lines)} interactions, durable",
                "interactions/s", "p50 ms", "cpu us", "KB written", "C loop rows/s", "ratio",
                "server MiB")
        for batch, in_flight in ((500, 1), (500, 8)):
            payloads = self.encode(batch)
            data = self.folder / f"data-{in_flight}"
            server = Server(self.bin / "khachd", "serve", "--data", data, "--listen",
                            "tcp:127.0.0.1:0", "--log-level", "error")
            self.business = self.prepare(server.address)
            before = server.written_bytes()
            result = self.measured(server, 1, in_flight, 0, RECORD, payloads)
            written = server.written_bytes() - before
            rate = lines / result["seconds"]
            peak = peak_mib(server.process.pid)
            server.stop()
            loop = self.loop("store_loop", "interactions_per_second", self.folder / "loop.db", lines, batch,
                             lines // customers)
            row(f"batches of {batch}, {in_flight} in flight", number(rate),
                f"{result['p50_us'] / 1e3:.1f}",
                f"{result['cpu_us'] / batch:.1f}", f"{written / 1e3 / lines:.1f}", number(loop),
                f"{rate / loop:.2f}", f"{peak:.0f}")
        self.data = data

    def loop(self, program, figure, path, *arguments):
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(str(path) + suffix).unlink(missing_ok=True)
        run = subprocess.run([str(self.build / program), str(path), *map(str, arguments)],
                             stdout=subprocess.PIPE, text=True, check=True)
        return float(json.loads(run.stdout)[figure])

    # Reads and the first sync, over what was recorded.

    def read(self):
        if self.data is None:
            self.record()
        raw = Server(self.build / "raw_epoll", "0")
        server = Server(self.bin / "khachd", "serve", "--data", self.data, "--listen",
                        "tcp:127.0.0.1:0", "--log-level", "error")
        customers = self.khach("customers", "list", "--business", self.business, "--all",
                               "--output", "jsonl", "--server", server.address)
        count = customers.count("\n")
        payloads = self.folder / "ids"
        with open(payloads, "wb") as out:
            subprocess.run([sys.executable, "Benchmarks/encode.py", "customers"],
                           input=shuffled(customers).encode(), stdout=out, check=True)
        heading(f"GetCustomer of {number(count)}, 16 x 16", "req/s", "p50 us", "p99 us", "cpu us",
                "raw echo req/s", "ratio")
        pairs = []
        for _ in range(self.rounds):
            pairs.append((
                self.measured(server, 16, 16, self.seconds, GET, payloads),
                self.measured(raw, 16, 16, self.seconds, ECHO, self.echo_payload)))
        raw.kill()
        a, b = middle(pairs)
        row("point read", number(a["per_second"]), f"{a['p50_us']:.0f}", f"{a['p99_us']:.0f}",
            f"{a['cpu_us']:.2f}", number(b["per_second"]), ratio(pairs, "per_second"))
        self.first_sync(server, count)
        self.python_list()
        self.compare(server, count, self.folder / "cache-0.db")
        self.drain(server)
        server.stop()
        self.export(count)

    def first_sync(self, server, count):
        heading(f"first sync of {number(count)} customers, searchable",
                "seconds", "rows/s", "client MiB", "C loop s", "time ratio")
        pairs = []
        for index in range(self.rounds):
            cache = self.folder / f"cache-{index}.db"
            seconds, peak = timed([str(self.build / "libkhach/examples/example_sync"), server.address,
                                   self.business, str(cache)])
            rate = self.loop("cache_loop", "rows_per_second", self.folder / "cache-loop.db", count, 1000)
            pairs.append((seconds, count / rate, peak))
        pairs.sort(key=lambda pair: pair[0] / pair[1])
        seconds, loop, _ = pairs[len(pairs) // 2]
        row("into the C cache", f"{seconds:.2f}", number(count / seconds),
            f"{max(pair[2] for pair in pairs):.0f}", f"{loop:.2f}", f"{seconds / loop:.2f}")

    def python_list(self):
        """A page of a list through Python, beside the same of the C library."""
        cache, rounds = str(self.folder / "cache-0.db"), "50" if self.quick else "500"
        environment = {**os.environ, "PYTHONPATH": "clients/python/src",
                       "KHACH_LIBRARY": str(self.build / "libkhach/libkhach.so")}
        heading("100 rows of a list, every value read", "p50 us", "us per row", "C p50 us", "ratio")
        pairs = []
        for _ in range(self.rounds):
            commands = ([sys.executable, "Benchmarks/list_python.py", cache, rounds],
                        [str(self.build / "list_loop"), cache, rounds])
            pairs.append(tuple(
                json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                                          env=environment).stdout) for command in commands))
        pairs.sort(key=lambda pair: pair[0]["p50_us"] / pair[1]["p50_us"])
        a, b = pairs[len(pairs) // 2]
        row("by the Python client", f"{a['p50_us']:.0f}", f"{a['p50_us'] / 100:.1f}",
            f"{b['p50_us']:.0f}", ratio(pairs, "p50_us"))

    def compare(self, server, count, cache):
        """A cache compares itself with its server, and fetches what was damaged."""
        target = ("--cache", cache, "--server", server.address, "--output", "json")
        heading(f"a cache of {number(count)} customers and its server", "seconds", "bare walk s",
                "ratio", "bytes received", "bytes per row")
        database = sqlite3.connect(cache)
        began = time.monotonic()
        database.execute("SELECT sum(length(record)) FROM base_customers").fetchone()
        walk = time.monotonic() - began
        began = time.monotonic()
        found = json.loads(self.khach("offline", "verify", *target))
        seconds = time.monotonic() - began
        row("verify", f"{seconds:.2f}", f"{walk:.2f}", f"{seconds / walk:.0f}",
            number(int(found["receivedBytes"])), "")
        for damaged in (1, 10, 100, 1_000):
            database.execute(
                "UPDATE base_customers SET seq = seq - 1 WHERE id IN"
                " (SELECT id FROM base_customers ORDER BY random() LIMIT ?)", (damaged,))
            database.commit()
            began = time.monotonic()
            found = json.loads(self.khach("offline", "repair", *target))
            received = int(found["receivedBytes"])
            if int(found["fetchedCount"]) != damaged:
                raise SystemExit(f"{damaged} rows to be fetched expected, found {found}")
            row(f"repair, {number(damaged)} damaged", f"{time.monotonic() - began:.2f}", "", "",
                number(received), number(received / damaged))
        database.close()

    def drain(self, server):
        """Edits that waited are sent, and what others write meanwhile comes."""
        cache = self.folder / "cache-1.db"
        count = 500 if self.quick else 20_000
        ids = self.folder / "edited"
        listed = self.khach("offline", "list", "--cache", cache, "--limit", count, "--output", "jsonl")
        ids.write_text(listed)
        began = time.monotonic()
        self.khach("offline", "block", "--from", ids, "--cache", cache, "--actor", "bench",
                   "--output", "jsonl")
        made = time.monotonic() - began
        began = time.monotonic()
        synced = json.loads(self.khach("sync", "--once", "--cache", cache, "--server", server.address,
                                       "--output", "json"))
        seconds = time.monotonic() - began
        pushed = int(synced["pushed"])
        heading(f"an outbox of {number(pushed)} edits", "seconds", "edits/s")
        row("accepted, each flushed to the disk", f"{made:.2f}", number(pushed / made))
        row("sent, answered and followed", f"{seconds:.2f}", number(pushed / seconds))

    def export(self, count):
        """Files of all customers: a client's command from its start to the file on the disk.

        The server is a fresh one, so that its peak is that of exports.
        """
        server = Server(self.bin / "khachd", "serve", "--data", self.data, "--listen",
                        "tcp:127.0.0.1:0", "--log-level", "error")
        khach = str(self.bin / "khach")
        online = [khach, "customers", "export", "--business", self.business, "--server",
                  server.address, "--actor", "bench", "--force", "--to"]
        offline = [khach, "offline", "export", "--cache", str(self.folder / "cache-0.db"),
                   "--force", "--to"]
        for format in ("csv", "xlsx"):
            heading(f"export of {number(count)} customers, {format}", "rows/s", "client MiB",
                    "server MiB", "C loop rows/s", "ratio")
            for name, command in (("from the server", online), ("from a cache", offline)):
                pairs, peaks = [], []
                for _ in range(self.rounds):
                    path = self.folder / f"export.{format}"
                    seconds, peak = timed([*command, str(path)])
                    rate = self.loop("export_loop", "rows_per_second",
                                     self.folder / "export-loop", count, format)
                    pairs.append(({"per_second": count / seconds}, {"per_second": rate}))
                    peaks.append(peak)
                a, b = middle(pairs)
                of_server = f"{peak_mib(server.process.pid):.0f}" if command is online else ""
                row(name, number(a["per_second"]), f"{max(peaks):.0f}", of_server,
                    number(b["per_second"]), ratio(pairs, "per_second"))
        server.stop()

    # A commit until it is visible in a live cache, beside a bare round trip in the same run.

    def live(self):
        server = Server(self.bin / "khachd", "serve", "--data", self.folder / "data-live",
                        "--listen", "tcp:127.0.0.1:0", "--log-level", "error")
        business = json.loads(self.khach(
            "business", "create", "Live", "--server", server.address, "--output", "json"))["id"]
        self.khach("page", "create", "Page", "--business", business, "--channel", "facebook",
                   "--external-id", "p1", "--server", server.address)
        payloads = self.folder / "live"
        lines = "".join(json.dumps({
            "channel": "FACEBOOK", "externalPageId": "p1", "eventKey": f"m{index}",
            "externalUserId": f"u{index}", "direction": "INBOUND", "kind": "MESSAGE",
            "occurredAt": "2026-06-01T00:00:00Z", "text": "xin chào", "nameHint": "Lan",
        }) + "\n" for index in range(200 if self.quick else 2_000))
        with open(payloads, "wb") as out:
            subprocess.run([sys.executable, "Benchmarks/encode.py", "interactions", "1"],
                           input=lines.encode(), stdout=out, check=True)
        run = subprocess.run(
            [str(self.build / "live_watch"), server.address, business,
             str(self.folder / "live.db"), "100", str(payloads)],
            stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(run.stdout)
        heading(f"a commit in a live cache, {found['watchers']} watchers", "p50 ms", "p99 ms")
        for name, key in (("request sent to visible", "visible"),
                          ("request answered to visible", "after_answer"),
                          ("the durable write alone", "answer"),
                          ("bare round trip of a byte", "bare")):
            row(name, f"{found[key + '_p50_ms']:.3f}", f"{found[key + '_p99_ms']:.3f}")
        server.stop()

    # Questions over a million customers, beside a bare SELECT in the same run.

    def questions(self):
        count, rounds = (50_000, 2) if self.quick else (1_000_000, 20)
        path = self.folder / "index.db"
        subprocess.run([str(self.build / "index_make"), str(path), str(count)], check=True)
        for side in ("server", "cache"):
            heading(f"questions over {number(count)} customers, {side}", "p50 ms", "p99 ms",
                    "max ms", "p50 / bare")
            lines = subprocess.run(
                [str(self.build / "index_ask"), str(path), str(rounds), side],
                stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
            bare = None
            for line in map(json.loads, lines):
                bare = bare or line
                row(line["name"][:WIDTH - 2], f"{line['p50_ms']:.2f}", f"{line['p99_ms']:.2f}",
                    f"{line['max_ms']:.2f}", f"{line['p50_ms'] / bare['p50_ms']:.1f}")
        path.unlink()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


PARTS = ("echo", "secure", "neighbours", "idle", "detect", "record", "read", "live", "questions",
         "million")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--build", required=True)
    parser.add_argument("--size", choices=["full", "quick"], default="full")
    parser.add_argument("--part", choices=PARTS, action="append", help="this one alone; all by default")
    arguments = parser.parse_args()
    bench = Bench(arguments.bin, arguments.build, arguments.size == "quick")
    try:
        for part in arguments.part or PARTS:
            getattr(bench, part)()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
