"""What TLS, tokens, idle connections and noisy neighbours cost."""

import json
import os
import resource
import socket
import statistics
import struct
import subprocess
import time

from harness import Server, heading, number, ratio, row

CHECK = ("grpc.health.v1.Health", "Check")
LIMITS = ("khach.v1.DirectoryService", "GetLimits")
LIST = ("khach.v1.CustomerService", "ListCustomers")
# A server whose limits do not stand in the way of the load of one address.
WIDE = ("--token-rate", "0", "--business-rate", "0", "--connections", "20000",
        "--connections-per-address", "20000")


class Network:
    def serve(self, name, *arguments, listen="tcp:127.0.0.1:0"):
        return Server(self.bin / "khachd", "serve", "--data", self.folder / name, "--listen", listen,
                      "--log-level", "error", *arguments)

    def administrator(self, name, *arguments):
        """A store that needs tokens; its first one."""
        return subprocess.run(
            [str(self.bin / "khachd"), "init", "--data", str(self.folder / name), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout.strip()

    def secure(self):
        """Calls that read nothing, on three servers in turn: one thing more on each.

        A check of health is as short as an echo, and asks nobody who calls; the limits are asked of
        somebody known, and their answer has 2 kB.
        """
        empty = self.folder / "empty"
        empty.write_bytes(struct.pack(">I", 0))
        authority = self.folder / "authority"
        token = self.administrator("data-token")
        secret = self.administrator("data-tls", "--development-ca", str(authority))
        servers = [
            (self.serve("data-plain", *WIDE), ()),
            (self.serve("data-token", *WIDE), (f"token={token}",)),
            (self.serve("data-tls", *WIDE, "--tls-certificate", authority / "server.pem",
                        "--tls-key", authority / "server.key", listen="tls:127.0.0.1:0"),
             (f"token={secret}", f"ca={authority / 'ca.pem'}")),
        ]
        names = ("plaintext, no tokens", "plaintext, a token", "TLS 1.3, a token")
        for title, method in (("a check of health", CHECK), ("GetLimits", LIMITS)):
            heading(f"{title}, 1 x 128", "req/s", "p50 us", "p99 us", "server cpu us",
                    "to plaintext", "cpu us more")
            rounds = [[self.measured(server, 1, 128, self.seconds, method, empty, *options)
                       for server, options in servers] for _ in range(self.rounds)]
            for index, name in enumerate(names):
                taken = [found[index] for found in rounds]
                pairs = [(found[index], found[0]) for found in rounds]
                more = statistics.median(a["cpu_us"] - b["cpu_us"] for a, b in pairs)
                row(name, number(statistics.median(a["per_second"] for a in taken)),
                    *(f"{statistics.median(a[key] for a in taken):.{digits}f}"
                      for key, digits in (("p50_us", 0), ("p99_us", 0), ("cpu_us", 2))),
                    ratio(pairs, "per_second"), f"{more:.2f}" if index else "")
        for server, _ in servers:
            server.stop()

    def idle(self):
        """Connections that have made one call and wait."""
        count = 500 if self.quick else 10_000
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        if files < count + 100:
            raise SystemExit(f"{count + 100} open files expected, the limit is {files}")
        server = self.serve("data-idle", *WIDE)
        host, port = server.address.rpartition(":")[0].removeprefix("tcp:"), server.address.rpartition(":")[2]
        call = request(*LIMITS)
        before = resident_mib(server)
        opened = []
        for _ in range(count):
            connection = socket.create_connection((host, int(port)), timeout=30)
            connection.sendall(call)
            read_frame(connection)
            opened.append(connection)
        after = resident_mib(server)
        heading(f"{number(count)} idle connections, one call each", "before MiB", "after MiB",
                "KiB each")
        row("khachd's memory", f"{before:.0f}", f"{after:.0f}",
            f"{(after - before) * 1024 / count:.1f}")
        for connection in opened:
            connection.close()
        server.stop()

    def neighbours(self):
        """One business asks for a page of a list each 2 ms; another floods, with its limits on.

        What a token may do at once after a pause, two seconds' calls, comes at a flood's beginning.
        """
        os.environ["KHACH_TOKEN"] = self.administrator("data-neighbours")
        server = self.serve("data-neighbours", "--connections-per-address", "20000")
        tokens, payloads = [], []
        for name in ("Quiet", "Loud"):
            who = ("--server", server.address)
            business = json.loads(self.khach("business", "create", name, *who, "--output", "json"))["id"]
            made = self.khach("token", "create", name, "--business", business, "--may", "read", *who,
                              "--output", "json")
            tokens.append(json.loads(made)["secret"])
            path = self.folder / f"list-{name}"
            message = b"\x0a" + bytes([len(business)]) + business.encode()
            message = b"\x0a" + bytes([len(message)]) + message
            path.write_bytes(struct.pack(">I", len(message)) + message)
            payloads.append(path)
        # Connections, calls in flight of each, and for how many seconds before it is looked at.
        floods = {
            "alone": None,
            "beside 4 x 64 calls, from their beginning": (4, 64, 0),
            "beside 4 x 64 calls, 2 s later": (4, 64, 2),
            "beside 64 x 1 calls, from their beginning": (64, 1, 0),
            "beside 64 x 1 calls, 2 s later": (64, 1, 2),
        }
        heading("ListCustomers, 500 a second, of a quiet business", "p50 us", "p99 us",
                "p99 to alone")
        found = {name: [] for name in floods}
        for _ in range(self.rounds):
            for name, shape in floods.items():
                flood = shape and subprocess.Popen(
                    [str(self.build / "rpc_load"), server.address, str(shape[0]), str(shape[1]),
                     str(self.seconds * 2 + 1 + shape[2]), *LIST, str(payloads[1]),
                     f"token={tokens[1]}", "refused=yes"], stdout=subprocess.DEVNULL)
                if flood:
                    time.sleep(shape[2])
                found[name].append(self.load(server.address, 1, 1, self.seconds * 2, LIST, payloads[0],
                                             f"token={tokens[0]}", "every=2"))
                if flood:
                    flood.wait(60)
        for name, taken in found.items():
            row(name, *(f"{statistics.median(a[key] for a in taken):.0f}" for key in ("p50_us", "p99_us")),
                ratio(list(zip(taken, found["alone"])), "p99_us"))
        del os.environ["KHACH_TOKEN"]
        server.stop()


def request(service, method):
    body = b"".join(bytes([field << 3 | 2, len(text)]) + text.encode()
                    for field, text in ((1, service), (2, method)))
    return struct.pack(">IIBB", len(body), 1, 1, 0) + body


def read_frame(connection):
    left, body = 10, b""
    header = b""
    while left > 0:
        got = connection.recv(left)
        if not got:
            raise SystemExit("a reply expected, the connection ended")
        if len(header) < 10:
            header += got
            left = 10 - len(header)
            if left == 0:
                left = struct.unpack(">I", header[:4])[0]
        else:
            body += got
            left -= len(got)
    return body


def resident_mib(server):
    with open(f"/proc/{server.process.pid}/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
