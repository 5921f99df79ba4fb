"""What every part of the benchmarks has in common: servers, processes that are watched, the table."""

import os
import pathlib
import random
import statistics
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A process that says where it listens on its first line."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        if not line.startswith("listening "):
            raise SystemExit(f"{command[0]}: a listening line expected, found {line!r}")
        self.address = line.split()[1]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def written_bytes(self):
        """What it gave to the disk so far, log and file together."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/io").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)

    def kill(self):
        self.process.kill()
        self.process.wait(60)


def timed(command):
    """Wall seconds and peak MiB of a process that runs to its end.

    The peak is watched from outside: what the kernel tells of a child that has ended counts the
    memory of the parent that it was forked from.
    """
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_mib(process.pid))
        time.sleep(0.005)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed with status {process.returncode}")
    return time.monotonic() - start, peak


def peak_mib(pid):
    """The highest resident size of a process so far."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0)


def shuffled(text):
    lines = text.splitlines(True)
    random.Random(7).shuffle(lines)
    return "".join(lines)


def middle(pairs):
    """The pair whose ratio is the median."""
    ordered = sorted(pairs, key=lambda pair: pair[0]["per_second"] / pair[1]["per_second"])
    return ordered[len(ordered) // 2]


def ratio(pairs, key):
    return f"{statistics.median(a[key] / b[key] for a, b in pairs):.2f}"


def number(value):
    return f"{value:,.0f}"


WIDTH = 46


def heading(name, *columns):
    print(f"\n{name:<{WIDTH}}" + "".join(f"{column:>15}" for column in columns))


def row(name, *columns):
    print(f"  {name:<{WIDTH - 2}}" + "".join(f"{column:>15}" for column in columns), flush=True)
