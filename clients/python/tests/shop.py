"""A khachd of its own on loopback, and a shop that people have written to."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
BINARIES = Path(os.environ.get("KHACH_BINARIES", CHECKOUT / ".build" / "debug"))
#: How long a start, an end or a command may take; each is a fraction of a second.
SECONDS_MAX = 60

PAGES = [("facebook", "fb1", "Nhà Mây"), ("instagram", "ig1", "may.shop"), ("zalo_oa", "z1", "Mây")]
NAMES = ["Lan Phạm", "Đặng Thị Đào", "Nguyễn Văn An", "Nguyễn Thị Linh", "Phạm Linh Đan", "Trần An"]
TEXTS = [
    "còn hàng không shop",
    "sđt 09{digits}",
    "gọi em 03{digits}",
    "mail lan{digits}@gmail.com nha",
    "09{digits}, an{digits}@example.vn",
]
FIRST_DAY = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 60


class Server:
    """khachd, until it is told to stop."""

    def __init__(self, data: Path, *more: str, environment: dict[str, str] | None = None) -> None:
        self.log = data.parent / f"{data.name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [BINARIES / "khachd", "serve", "--data", data, *_listening(more)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], SECONDS_MAX)
        line = self._process.stdout.readline().decode() if ready else ""
        if not line.startswith("listening "):
            self._process.kill()
            raise AssertionError(f"a listening line expected, {line!r} found: {self.log_text}")
        self.address = line.removeprefix("listening ").strip()

    @property
    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(SECONDS_MAX)
        assert self._process.stdout is not None
        self._process.stdout.close()
        assert status == 0, self.log_text

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(SECONDS_MAX)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _listening(more: Sequence[str]) -> list[str]:
    return [*(() if "--listen" in more else ("--listen", "tcp:127.0.0.1:0")), *more]


def khach(
    *arguments: str | Path,
    input: str = "",
    status: int = 0,
    environment: dict[str, str] | None = None,
) -> str:
    """What `khach` prints, as lan."""
    done = subprocess.run(
        [BINARIES / "khach", *arguments],
        input=input.encode(),
        capture_output=True,
        timeout=SECONDS_MAX,
        env={**os.environ, "KHACH_ACTOR": "lan", **(environment or {})},
    )
    assert done.returncode == status, f"{arguments}: {done.returncode}: {done.stderr.decode()}"
    return done.stdout.decode()


def objects(text: str) -> list[Any]:
    """Every line as JSON."""
    return [json.loads(line) for line in text.splitlines()]


class Shop:
    """A business with three pages on a server, and people who write to it."""

    def __init__(self, server: Server, token: str = "") -> None:
        self.server = server
        self.token = token
        self.count = 0
        made = self.khach("business", "create", "Nhà Mây", "--output", "json")
        self.business: str = json.loads(made)["id"]
        self.pages: list[str] = []
        for channel, external_id, name in PAGES:
            create = ["page", "create", name, "--business", self.business, "--channel", channel]
            more = ["--external-id", f"{self.business}{external_id}", "--output", "json"]
            self.pages.append(json.loads(self.khach(*create, *more))["id"])

    def khach(self, *arguments: str, input: str = "", status: int = 0) -> str:
        return khach(
            *arguments,
            "--server",
            self.server.address,
            input=input,
            status=status,
            environment={"KHACH_TOKEN": self.token} if self.token else None,
        )

    def message(self, person: str, text: str, *, page: int = 0, **more: str) -> dict[str, str]:
        """An interaction; `record` records it."""
        self.count += 1
        channel, external_id, _ = PAGES[page]
        return {
            "channel": channel.upper(),
            "externalPageId": f"{self.business}{external_id}",
            "eventKey": f"m{self.count}",
            "externalUserId": person,
            "direction": "INBOUND",
            "kind": "MESSAGE",
            "occurredAt": FIRST_DAY.isoformat().replace("+00:00", "Z"),
            "text": text,
            **more,
        }

    def record(self, *interactions: dict[str, str]) -> None:
        lines = "".join(json.dumps(item) + "\n" for item in interactions)
        self.khach("interactions", "record", "-", input=lines)

    def fill(self, seed: int, people: int) -> None:
        """Records what a shop hears, and marks some of them; the same for the same seed."""
        chance = random.Random(seed)
        items = []
        for person in range(people):
            page = chance.randrange(len(PAGES))
            named: dict[str, str] = {}
            if chance.random() < 0.7:
                named = {"nameHint": chance.choice(NAMES), "nameHintSource": "NAME_SOURCE_PROFILE"}
            elif chance.random() < 0.5:
                named = {"usernameHint": f"user{person}"}
            for _ in range(chance.randint(1, 4)):
                time = FIRST_DAY + timedelta(seconds=chance.randrange(DAYS * 86_400))
                text = chance.choice(TEXTS).format(digits=chance.randrange(10**7, 10**8))
                more = dict(named, occurredAt=time.isoformat().replace("+00:00", "Z"))
                if page < 2 and chance.random() < 0.3:
                    more |= {"kind": "COMMENT", "postId": f"post{chance.randrange(5)}"}
                elif chance.random() < 0.2:
                    more |= {"direction": "OUTBOUND"}
                items.append(self.message(f"u{person}", text, page=page, **more))
        self.record(*items)
        ids = [item["id"] for item in self.list("--all")]
        self.khach("customers", "block", *chance.sample(ids, len(ids) // 8))
        for item in chance.sample(self.list("--has-phone", "yes", "--all"), 6):
            self.khach("contacts", "reject", item["id"], item["phones"][0]["value"])

    def list(self, *conditions: str) -> list[Any]:
        wanted = ["customers", "list", "--business", self.business, *conditions]
        return objects(self.khach(*wanted, "--output", "jsonl"))

    def id(self, person: str) -> str:
        """The customer of a person."""
        found = [item["id"] for item in self.list("--all") if item["externalUserId"] == person]
        assert len(found) == 1, f"one customer of {person} expected, {found} found"
        return str(found[0])
