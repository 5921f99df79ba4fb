#!/usr/bin/env python3
"""A server and its clients at work for a while: memory, descriptors and logs must stay as they are.

One khachd, two caches that `khach sync --watch` keeps live, and beside them workers who record,
ask the server and the caches, edit on both, and connect only to leave again. The first quarter is
for warming up; the second quarter and the last are compared. Ends with 1 when a bound is broken.

usage: soak.py FOLDER_OF_KHACHD_AND_KHACH SECONDS [SEED]
"""
import json
import os
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

MIB = 1 << 20
CUSTOMERS = 2000  # of the sample; all are there before the soak begins, so that it adds no rows
PATIENCE = 120  # seconds that anything may take before it hangs
BATCH = 50
FRAME = bytes([0, 0, 0, 8, 0, 0, 0, 1, 1, 0])  # a header, whose body never comes

# What may be more in the last quarter than in the second, and what may never be exceeded.
BOUNDS = {
    ("khachd", "memory"): (12 * MIB, 512 * MIB),
    ("khachd", "descriptors"): (4, 256),
    # A log beyond 64 MiB is cut at its next checkpoint.
    ("khachd", "log"): (8 * MIB, 96 * MIB),
    ("cache", "memory"): (4 * MIB, 128 * MIB),
    ("cache", "descriptors"): (2, 64),
    ("cache", "log"): (8 * MIB, 64 * MIB),
}


def memory(pid):
    """What is the process's own: pages of the mapped store grow with it, and are the kernel's."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) * 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def size(path):
    return path.stat().st_size if path.exists() else 0


class Soak:
    def __init__(self, folder, work, seconds, seed):
        self.folder, self.work, self.seconds = folder, work, seconds
        self.seed = seed
        self.server, self.watchers = None, []
        self.stopping = threading.Event()
        self.counts, self.failures = {}, []
        self.samples = {}  # (who, what) -> [(when, value)]

    def khach(self, *arguments, given=None, check=True):
        run = subprocess.run(
            [self.folder / "khach", *map(str, arguments)],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=PATIENCE,
        )
        if check and run.returncode != 0:
            raise RuntimeError(f"khach {arguments[:2]}: {run.returncode}: {run.stderr.strip()}")
        return run.stdout

    def ask(self, *arguments):
        return self.khach(*arguments, "--server", self.address)

    def prepare(self):
        self.environment = dict(os.environ, KHACH_ACTOR="soak", HOME=str(self.work))
        self.server = subprocess.Popen(
            [self.folder / "khachd", "serve", "--data", self.work / "data"]
            + ["--listen", "tcp:127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=(self.work / "khachd.log").open("w"),
            text=True,
        )
        line = next(line for line in self.server.stdout if line.startswith("listening "))
        self.address = line.split()[1]
        self.ask("sample", "setup", "--size", "S")
        lines = self.khach("sample", "write", "--size", "S", "--out", "-").splitlines()
        events = [json.loads(line) for line in lines]
        who = list(dict.fromkeys(event.get("externalUserId") for event in events))[:CUSTOMERS]
        known = set(who) - {None}
        self.events = [event for event in events if event.get("externalUserId") in known]
        self.record(self.events)
        rows = self.ask("business", "list", "--output", "jsonl").splitlines()
        self.businesses = [json.loads(row)["id"] for row in rows]
        self.caches = []
        for number in range(2):
            cache = self.work / f"cache{number}"
            self.ask("sync", "--cache", cache, "--business", self.businesses[number], "--once")
            self.caches.append(cache)
            self.watchers.append(
                subprocess.Popen(
                    [self.folder / "khach", "sync", "--cache", cache, "--watch"]
                    + ["--server", self.address],
                    stdout=subprocess.DEVNULL,
                    stderr=(self.work / f"watch{number}.log").open("w"),
                    env=self.environment,
                )
            )
        self.customers = [self.offline_ids(cache) for cache in self.caches]

    def offline_ids(self, cache):
        rows = self.khach("offline", "list", "--cache", cache, "--limit", 200, "--output", "jsonl")
        return [json.loads(row)["id"] for row in rows.splitlines()]

    def record(self, events):
        given = "\n".join(json.dumps(event) for event in events) + "\n"
        where = ("--server", self.address)
        self.khach("interactions", "record", "-", *where, given=given)

    # What the workers do, each in a loop.

    def records(self, draws):
        number = self.counts.get("records", 0)
        batch = draws.choices(self.events, k=BATCH)
        self.record(
            dict(event, eventKey=f"{event['eventKey']}-{number}-{place}")
            for place, event in enumerate(batch)
        )

    def questions(self, draws):
        business = draws.choice(self.businesses)
        asks = (
            ("customers", "list", "--limit", 100),
            ("customers", "count"),
            ("customers", "list", "--has-phone", "yes", "--limit", 20),
        )
        self.ask(*draws.choice(asks), "--business", business)

    def offline_questions(self, draws):
        cache = draws.choice(self.caches)
        asks = (("list", "--limit", 100), ("count",), ("status",))
        name, *rest = draws.choice(asks)
        self.khach("offline", name, *rest, "--cache", cache)

    def edits(self, draws):
        number = draws.randrange(2)
        customer = draws.choice(self.customers[number])
        text = f"{draws.randrange(1000)} Hai Ba Trung"
        self.khach("offline", "address", customer, text, "--cache", self.caches[number])

    def connects(self, _):
        host, port = self.address.removeprefix("tcp:").rsplit(":", 1)
        connections = [socket.create_connection((host, int(port))) for _ in range(20)]
        for place, connection in enumerate(connections):
            connection.sendall(FRAME[: place % len(FRAME) + 1])
        for connection in connections:
            connection.close()

    def work_on(self, job, pause):
        draws = random.Random(f"{self.seed} {job.__name__}")
        while not self.stopping.wait(pause):
            try:
                job(draws)
                self.counts[job.__name__] = self.counts.get(job.__name__, 0) + 1
            except Exception as error:
                self.failures.append(f"{job.__name__}: {error}")
                self.stopping.wait(1)

    def sample(self, began):
        when = time.monotonic() - began
        found = {
            ("khachd", "memory"): memory(self.server.pid),
            ("khachd", "descriptors"): descriptors(self.server.pid),
            ("khachd", "log"): size(self.work / "data/khach.db-wal"),
        }
        for number, watcher in enumerate(self.watchers):
            wal = self.caches[number].with_name(self.caches[number].name + "-wal")
            found[(f"cache {number}", "memory")] = memory(watcher.pid)
            found[(f"cache {number}", "descriptors")] = descriptors(watcher.pid)
            found[(f"cache {number}", "log")] = size(wal)
        for key, value in found.items():
            self.samples.setdefault(key, []).append((when, value))

    def run(self):
        jobs = (
            (self.records, 0.1),
            (self.questions, 0.2),
            (self.offline_questions, 0.2),
            (self.edits, 0.3),
            (self.connects, 0.1),
        )
        threads = [threading.Thread(target=self.work_on, args=job) for job in jobs]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        while time.monotonic() - began < self.seconds:
            self.sample(began)
            gone = [each for each in (self.server, *self.watchers) if each.poll() is not None]
            if gone:
                self.failures.append(f"it ended with {gone[0].returncode}: {gone[0].args[1:3]}")
                break
            self.stopping.wait(0.5)
        self.stopping.set()
        for thread in threads:
            thread.join(PATIENCE)
            if thread.is_alive():
                self.failures.append(f"{thread.name} did not end within {PATIENCE} s")

    def judge(self):
        """Prints the table; true when every bound holds."""
        quarter = self.seconds / 4
        is_good = True
        print(f"{'who':<9}{'what':<13}{'2nd quarter':>13}{'last':>13}{'most':>13}  bounds")
        for key, samples in sorted(self.samples.items()):
            second = [value for when, value in samples if quarter <= when < 2 * quarter]
            last = [value for when, value in samples if when >= 3 * quarter]
            before, after = statistics.median(second), statistics.median(last)
            most = max(value for when, value in samples if when >= quarter)
            more, limit = BOUNDS[(key[0].split()[0], key[1])]
            holds = after <= before + more and most <= limit
            is_good = is_good and holds
            shown = [self.shown(key[1], number) for number in (before, after, most, more, limit)]
            print(
                f"{key[0]:<9}{key[1]:<13}{shown[0]:>13}{shown[1]:>13}{shown[2]:>13}"
                f"  +{shown[3]}, {shown[4]}{'' if holds else '  BROKEN'}"
            )
        return is_good

    @staticmethod
    def shown(what, number):
        return f"{number:.0f}" if what == "descriptors" else f"{number / MIB:.1f} MiB"

    def settle(self):
        """The watchers alone must bring both caches to the server's state, and then end well."""
        for cache in self.caches:
            until = time.monotonic() + PATIENCE
            while not self.is_equal(cache):
                if time.monotonic() > until:
                    raise RuntimeError(f"{cache.name} is not equal after {PATIENCE} s of calm")
                time.sleep(0.5)
        for watcher in self.watchers:
            watcher.send_signal(signal.SIGINT)
            if watcher.wait(PATIENCE) not in (0, 130):
                raise RuntimeError(f"a watcher ended with {watcher.returncode}")

    def is_equal(self, cache):
        """Whether every edit was sent, and each row is the server's."""
        status = json.loads(self.khach("offline", "status", "--cache", cache, "--output", "json"))
        verified = json.loads(
            self.khach(
                *("offline", "verify", "--cache", cache, "--output", "json"),
                *("--server", self.address),
                check=False,
            )
            or "{}"
        )
        return status.get("waitingCount", "0") == "0" and verified.get("isEqual") is True

    def stop(self):
        for process in (*self.watchers, self.server):
            if process is not None and process.poll() is None:
                process.terminate()
                process.wait(PATIENCE)


def main():
    folder, seconds = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().getrandbits(32)
    print(f"soak of {seconds:.0f} s, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as work:
        soak = Soak(folder, pathlib.Path(work), seconds, seed)
        try:
            soak.prepare()
            soak.run()
            is_good = soak.judge() if not soak.failures else False
            print("done: " + ", ".join(f"{n} {name}" for name, n in sorted(soak.counts.items())))
            if not soak.failures:
                soak.settle()
                print("both caches are equal to the server")
        finally:
            soak.stop()
    for failure in soak.failures[:10]:
        print(f"FAILED: {failure}")
    sys.exit(0 if is_good and not soak.failures else 1)


main()
