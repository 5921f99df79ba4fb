"""The examples do what they say."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from shop import CHECKOUT, FIRST_DAY, SECONDS_MAX, Shop

EXAMPLES = CHECKOUT / "clients/python/examples"


def run(name: str, *arguments: str | Path, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def test_an_agent_lists_blocks_and_syncs(shop: Shop, tmp_path: Path) -> None:
    cache = tmp_path / "cache.db"
    day = ["--day", str(FIRST_DAY.date())]
    server = ["--server", shop.server.address]
    lan = shop.id("lan")
    first = run("agent.py", cache, "--business", shop.business, *server, *day).splitlines()
    assert first[0] == "synced: 2 changed, 0 edits sent"
    assert first[1].split() == [lan, "Lan", "Phạm", "+84912345678"]
    assert len(first) == 3
    offline = run("agent.py", cache, *day, "--block", lan, "--actor", "an").splitlines()
    assert offline[0].endswith("blocked")
    assert offline[1].endswith("; 1 edits to send, 0 not done")
    again = run("agent.py", cache, *server, *day).splitlines()
    assert "1 edits sent" in again[0]
    assert [item["id"] for item in shop.list("--blocked", "yes")] == [lan]
    assert "KHACH_E_INVALID: messaged_from: " in run("agent.py", cache, "--day", "today", status=1)


@pytest.mark.parametrize("is_wrong", [False, True])
def test_a_follower_says_how_it_stands(shop: Shop, tmp_path: Path, is_wrong: bool) -> None:
    if is_wrong:
        assert run("follow.py", status=64).startswith("usage: follow.py")
        return
    arguments = [str(tmp_path / "cache.db"), shop.server.address, shop.business]
    with subprocess.Popen(
        [sys.executable, EXAMPLES / "follow.py", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("live"):
                break
        assert "2 customers" in line
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(SECONDS_MAX) == 0
