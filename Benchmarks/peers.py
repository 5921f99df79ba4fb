"""Our servers beside stock ones on the same echo: one connection, 128 in flight, 128 bytes.

Started by scripts/bench-peers.sh, which builds what it needs. Machines are shared and noisy: the
servers are loaded in turn several times, and each figure is a median of its rounds.
"""

import argparse
import json
import pathlib
import statistics
import struct
import subprocess
import tempfile

from harness import Server

ECHO = ("ttrpc.integration.streaming.Streaming", "Echo")
IN_FLIGHT = 128
ROUNDS = 5
SECONDS = 2


def measured(server, *command):
    before = server.cpu_seconds()
    run = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                         check=True)
    result = json.loads(run.stdout)
    result["cpu_us"] = (server.cpu_seconds() - before) * 1e6 / max(1, result["requests"])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    build, ours = arguments.build, arguments.bin
    with tempfile.TemporaryDirectory(prefix="khach-bench-") as folder:
        payloads = pathlib.Path(folder) / "echo"
        message = b"\x08\x01\x12\x7c" + b"x" * 124
        payloads.write_bytes(struct.pack(">I", len(message)) + message)

        def grpc(server):
            address = server.address.removeprefix("tcp:")
            return measured(server, build / "grpc_peer", "load", address, IN_FLIGHT, SECONDS)

        def ttrpc(server):
            return measured(server, build / "rpc_load", server.address, 1, IN_FLIGHT, SECONDS,
                            *ECHO, payloads)

        servers = [
            ("gRPC", "khachd's listener", grpc, Server(ours / "grpc-echo")),
            ("gRPC", "gRPC C++ of Debian", grpc, Server(build / "grpc_peer", "serve")),
            ("ttrpc", "khachd's listener", ttrpc, Server(ours / "ttrpc-testd", "tcp:127.0.0.1:0")),
            ("ttrpc", "Go ttrpc of Debian", ttrpc, Server(build / "go_echo")),
        ]
        try:
            rounds = [[load(server) for _, _, load, server in servers] for _ in range(ROUNDS)]
        finally:
            for *_, server in servers:
                server.kill()
    print(f"unary echo, 1 connection x {IN_FLIGHT} in flight, 128 bytes, "
          f"{ROUNDS} rounds of {SECONDS} s each, medians\n")
    heads = ["protocol", "server", "requests/s", "p50 us", "p99 us", "server CPU us/request",
             "to its peer"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for index, (protocol, name, _, _) in enumerate(servers):
        def median(key):
            return statistics.median(found[index][key] for found in rounds)

        ratio = "1"
        if index % 2 == 0:
            pairs = [(found[index], found[index + 1]) for found in rounds]
            ratio = statistics.median(our["per_second"] / peer["per_second"] for our, peer in pairs)
            ratio = f"{ratio:.2f} x"
        print(f"| {protocol} | {name} | {median('per_second'):,.0f} | {median('p50_us'):.0f} | "
              f"{median('p99_us'):.0f} | {median('cpu_us'):.2f} | {ratio} |")


if __name__ == "__main__":
    main()
