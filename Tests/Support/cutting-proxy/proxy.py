"""A proxy that cuts its first connections: what a network does to a long answer.

usage: proxy.py HOST PORT CUTS BYTES close|hang

Says "listening tcp:127.0.0.1:PORT". Of the first CUTS connections, each ends after BYTES from the
server, in the middle of whatever that is, or stays open and says no more; the others live.
After SIGUSR1 the connections that there are stay open and say no more, neither way.
"""

import signal
import socket
import sys
import threading


accepted = 0
silenced = 0


def silence(*_):
    global silenced
    silenced = accepted


def forward(source, target, bytes_max, number):
    count = 0
    while data := source.recv(1 << 16):
        if number < silenced:
            threading.Event().wait()
        count += len(data)
        if bytes_max is not None and count > bytes_max:
            target.sendall(data[: len(data) - (count - bytes_max)])
            break
        target.sendall(data)


def serve(client, server, bytes_max, number):
    threading.Thread(target=quietly, args=(client, server, None, number), daemon=True).start()
    quietly(server, client, bytes_max, number)
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
    global accepted
    host, port, cuts, bytes_max = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    signal.signal(signal.SIGUSR1, silence)
    # A thread that starts a process may have it blocked.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"listening tcp:127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.create_connection((host, port))
        limit = bytes_max if accepted < cuts else None
        number = accepted
        accepted += 1
        threading.Thread(target=serve, args=(client, server, limit, number), daemon=True).start()


main()
