#!/usr/bin/env python3
"""Makes the seeds of the corpora: from the golden vectors of ttrpc, and from what khachd and khach
say to each other on a wire. What is there stays, so that inputs that once failed do.

usage: Tests/Fuzz/seed.py FOLDER_OF_KHACHD_AND_KHACH
"""
import hashlib
import json
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
SEED_BYTES_MAX = 4096
GENERATION = bytes([7] * 16)
LIST = '{"filter":{"businessId":"%s"}}'


def put(target, body):
    """A seed, under its hash; a longer one than a mutation can do something with is left out."""
    if len(body) <= SEED_BYTES_MAX:
        folder = HERE / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(body).hexdigest()[:12]).write_bytes(body)


def frames(stream):
    """Header and body of each frame."""
    while len(stream) >= 10:
        length = int.from_bytes(stream[:4], "big")
        yield stream[:10], stream[10 : 10 + length]
        stream = stream[10 + length :]


def fields(message):
    """Number and bytes of each field with a length, as far as they go."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        if tag & 7 == 0:
            varint()
        else:
            length = varint()
            yield tag >> 3, message[at : at + length]
            at += length


def field(message, number):
    return next((body for found, body in fields(message) if found == number), b"")


class Tap:
    """Takes connections, and keeps what goes each way."""

    def __init__(self, port):
        self.port, self.kept = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "tcp:127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client = self.listener.accept()[0]
            server = socket.create_connection(("127.0.0.1", self.port))
            kept = {"asked": b"", "answered": b""}
            self.kept.append(kept)
            for pair in ((client, server, "asked"), (server, client, "answered")):
                threading.Thread(target=self.copy, args=(*pair, kept), daemon=True).start()

    @staticmethod
    def copy(source, sink, name, kept):
        while piece := source.recv(65536):
            kept[name] += piece
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


def captured(folder, work):
    """What a made-up shop, its first sync, a repair and some calls say."""
    server = subprocess.Popen(
        [folder / "khachd", "serve", "--data", work / "data", "--listen", "tcp:127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = next(line for line in server.stdout if line.startswith("listening "))
        tap = Tap(int(line.rsplit(":", 1)[1]))

        def khach(*arguments, given=None, check=True):
            run = [folder / "khach", *arguments, "--server", tap.address]
            done = subprocess.run(run, input=given, capture_output=True, text=True)
            if check and done.returncode != 0:
                raise RuntimeError(f"khach {arguments[:2]}: {done.returncode}: {done.stderr}")
            return done.stdout

        khach("sample", "setup", "--actor", "seed")
        sample = [folder / "khach", "sample", "--size", "S", "--out", "-"]
        lines = subprocess.run(sample, capture_output=True, text=True, check=True).stdout.splitlines()[:40]
        khach("interactions", "record", "-", given="\n".join(lines) + "\n")
        businesses = khach("business", "list", "--output", "jsonl").splitlines()
        for number, business in enumerate(json.loads(line)["id"] for line in businesses):
            cache = work / ("cache%d" % number)
            khach("sync", "--cache", cache, "--business", business, "--once")
            with sqlite3.connect(cache) as database:
                database.execute("DELETE FROM base_customers WHERE id % 2 = 0")
            khach("offline", "repair", "--cache", cache)
            khach("call", "CustomerService/ListCustomers", LIST % business)
        khach("call", "CustomerService/GetCustomer", '{"id":"c0000000000000"}', check=False)
        return tap.kept
    finally:
        server.terminate()
        server.wait()


def put_conversation(asked, answered):
    """Frames and bodies of one direction each, and the messages that the C client reads."""
    put("frame", asked[:SEED_BYTES_MAX])
    put("frame", answered[:SEED_BYTES_MAX])
    put("c-frame", answered[:SEED_BYTES_MAX])
    methods, replies = {}, []
    for header, body in frames(asked):
        if header[8] == 1:
            put("envelope", b"\0" + body)
            methods[header[4:8]] = field(body, 2).decode()
            if methods[header[4:8]] == "RecordInteractions":
                put("scan", b"\0" + field(body, 3))
            elif methods[header[4:8]] in ("ListCustomers", "CountCustomers"):
                put("scan", b"\1" + field(body, 3))
    for header, body in frames(answered):
        if header[8] == 2:
            put("envelope", b"\1" + body)
            put("c-envelope", body)
            put_reply(methods.get(header[4:8]), field(body, 2), replies)
        elif header[8] >= 0xE0:
            put("envelope", bytes([2]) + header[8:9] + body)
    if replies:
        told = b"".join(len(reply).to_bytes(2, "big") + reply for reply in replies)
        for goal in range(3):
            put("c-feed", bytes([goal, 2]) + told)
            put("c-feed", bytes([goal, 0]) + told)


def put_reply(method, reply, replies):
    if method in ("PullChanges", "BatchGetRecords"):
        put("c-page", reply)
        for number, change in fields(reply):
            if number == 1:
                for kind, record in fields(change):
                    put("c-record", bytes([kind - 2]) + record)
    elif method in ("GetDigests", "ListRevisions"):
        put("c-digest", reply)
    else:
        return
    replies.append(reply)


def put_by_hand():
    """What no wire had: cursors, settings, notices, ids."""
    for kind, key, scope in ((2, 5, 0), (1, 0, 0), (4, 2**63 - 1, 9), (3, 1, 1)):
        body = bytes([2]) + GENERATION + (1 << 40).to_bytes(8, "big") + (99).to_bytes(8, "big")
        body += bytes([kind]) + key.to_bytes(8, "big") + scope.to_bytes(8, "big")
        put("cursor", body)
        put("cursor", bytes([1]) + body[1:-8])
    for text in (
        "{}",
        '{"data": "/srv/khach", "drain": 5, "listen": ["unix:/run/k.sock", "tcp:[::1]:7440"]}',
        '{"log-level": "debug", "log-format": "json", "allow-plaintext": true, "loops": 2}',
        '{"drian": 1}',
        '{"drain": "1"}',
        '{"keep-tombstones": "90d", "disk-reserve": "2GiB", "keep-texts": 30}',
        '{"metrics-listen": "tcp:127.0.0.1:0", "listen": "tcp:0.0.0.0:1"}',
        '{"drain": 1, "drain": 2}',
        "[",
    ):
        put("settings", text.encode())
    put("c-record", b"\4\x0a\2\x08\5")
    put("c-record", b"\4\x12\x0a\x08\7\x12\6\x08\x80\x94\xeb\xdc\3")
    put("c-record", b"\5c000000000000z")
    # A request that is too late, and a status with a code that nobody knows.
    late = b"\x0a\1a\x12\1b\x20" + b"\xff" * 9 + b"\1"
    put("envelope", b"\0" + late)
    put("envelope", b"\1\x0a\5\x08\x63\x12\1x")
    # Several of each; fields that nobody knows between them, groups among these.
    group = b"\x7b\x12\1a\x13\x14\x7c"
    between = (b"", b"\x78\1", b"\x7b\x7c", group, b"\x7b", b"\x7c", b"\x7d\0\0\0\0")
    for unknown in between:
        put("scan", b"\0" + b"\x0a\2\x0a\0" + unknown + b"\x0a\3\x12\1p" * 5)
        put("scan", b"\1" + b"\x0a\6\x0a\1b\x12\1p" + unknown + b"\x0a\6\x12\1p\x12\1q")
        inner = b"\x12\1p" + unknown + b"\x12\1q"
        put("scan", b"\1" + b"\x0a" + bytes([len(inner)]) + inner)
        put("scan", b"\2" + b"\x0a\1b" + b"\x1a\2\x08\1" * 6 + unknown + b"\x1a\0")
    # Tokens about as long as one may be.
    for count in (511, 512, 513):
        put("c-digest", b"\x12" + bytes([count & 0x7F | 0x80, count >> 7]) + b"t" * count)


def main():
    golden = json.loads((HERE.parent / "Vectors/ttrpc-golden-vectors.json").read_text())
    for name in {frame["vector"] for frame in golden}:
        sides = {"C->S": b"", "S->C": b""}
        for frame in golden:
            if frame["vector"] == name and frame["dir"] in sides:
                sides[frame["dir"]] += bytes.fromhex(frame["header"] + frame["body"])
        put_conversation(sides["C->S"], sides["S->C"])
    put_by_hand()
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(sys.argv[1]).resolve()
        for kept in captured(folder, pathlib.Path(work)):
            put_conversation(kept["asked"], kept["answered"])


main()
