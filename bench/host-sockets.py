#!/usr/bin/env python3
"""Fills a network namespace with real TCP sockets, for measuring what looking at them costs. Standard library only.

  host-sockets.py time-wait N     N TIME_WAIT sockets, half closed by the server, half by the client; prints "ready" and
                                  keeps its listeners until stdin closes
  host-sockets.py established N   N ESTABLISHED sockets (both ends are here); prints "ready" and holds them until stdin closes
"""
import os
import resource
import signal
import socket
import sys

PORTS = (80, 443, 8080, 9000)
BATCH = 100


def listeners(shift=0):
    made = []
    for port in (port + shift for port in PORTS):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(4096)
        made.append((listener, port))
    return made


def pairs(made, count, shift=0):
    """Connections as (client end, server end), spread over ports and loopback addresses so that no tuple runs dry."""
    per_address = 5000
    for start in range(0, count, BATCH):
        listener, port = made[(start // BATCH) % len(made)]
        address = "127.0.%d.1" % (1 + shift + start // (per_address * len(made)))
        batch = []
        for _ in range(min(BATCH, count - start)):
            client = socket.socket()
            client.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: each address has all ports
            client.bind((address, 0))
            client.connect((address, port))
            batch.append(client)
        yield [(client, listener.accept()[0]) for client in batch]


def time_wait(count):
    made = listeners()
    for number, batch in enumerate(pairs(made, count)):
        for client, server in batch:
            first, second = (client, server) if number % 2 else (server, client)
            first.close()
            second.close()
    print("ready", flush=True)
    sys.stdin.read()
    return made


def established(count):
    # In two processes: one may not hold as many files as that.
    second = os.fork() == 0
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    made = listeners(1 if second else 0)
    held = list(pairs(made, count // 4, 128 if second else 0))
    if second:
        os.kill(os.getppid(), signal.SIGUSR1)
    else:
        signal.sigwait({signal.SIGUSR1})
        print("ready", flush=True)
    sys.stdin.read()
    return made, held


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    {"time-wait": time_wait, "established": established}[sys.argv[1]](int(sys.argv[2]))
