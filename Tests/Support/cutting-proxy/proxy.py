"""A proxy that cuts its first connections: what a network does to a long answer.

usage: proxy.py HOST PORT CUTS BYTES close|hang

Says "listening tcp:127.0.0.1:PORT". Of the first CUTS connections, each ends after BYTES from the
server, in the middle of whatever that is, or stays open and says no more; the others live.
"""

import socket
import sys
import threading


def forward(source, target, bytes_max):
    count = 0
    while data := source.recv(1 << 16):
        count += len(data)
        if bytes_max is not None and count > bytes_max:
            target.sendall(data[: len(data) - (count - bytes_max)])
            break
        target.sendall(data)


def serve(client, server, bytes_max):
    threading.Thread(target=quietly, args=(client, server, None), daemon=True).start()
    quietly(server, client, bytes_max)
    if bytes_max is not None and sys.argv[5] == "hang":
        return
    for peer in (client, server):
        try:
            peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        peer.close()


def quietly(*arguments):
    try:
        forward(*arguments)
    except OSError:
        pass


def main():
    host, port, cuts, bytes_max = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening tcp:127.0.0.1:{listener.getsockname()[1]}", flush=True)
    number = 0
    while True:
        client, _ = listener.accept()
        server = socket.create_connection((host, port))
        limit = bytes_max if number < cuts else None
        number += 1
        threading.Thread(target=serve, args=(client, server, limit), daemon=True).start()


main()
