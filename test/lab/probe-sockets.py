#!/usr/bin/env python3
"""Makes real sockets in every state that can be reached with two network namespaces, and holds them until stdin closes.

Runs in the target namespace; argument 1 is the peer namespace's path, 2 the target's IPv4 address, 3 its IPv6 address,
4 and 5 the peer's. Prints "ready" when all are there. Standard library only.
"""
import ctypes
import os
import socket
import subprocess
import sys
import time

PEER, TARGET4, TARGET6, PEER4, PEER6 = sys.argv[1:6]
libc = ctypes.CDLL(None, use_errno=True)
home = os.open("/proc/self/ns/net", os.O_RDONLY)
there = os.open(PEER, os.O_RDONLY)
held = []


def in_peer(make):
    """A socket made in the peer's namespace stays there, whoever holds it."""
    assert libc.setns(there, 0x40000000) == 0
    try:
        return make()
    finally:
        assert libc.setns(home, 0x40000000) == 0


def listen(family, address, port, backlog=1024):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen(backlog)
    held.append(s)
    return s


def pairs(server, family, address, count, client_in_peer=True, source=None):
    made = []
    for _ in range(count):
        def dial():
            c = socket.socket(family)
            c.connect((address, server.getsockname()[1]))
            return c
        c = in_peer(dial) if client_in_peer else dial()
        made.append((server.accept()[0], c))
    return made


def drop(chain, *rule):
    for tool in ("iptables", "ip6tables"):
        subprocess.run([tool, "-w", "-A", chain, *rule, "-j", "DROP"], check=True)


for family, target, peer, n in ((socket.AF_INET, TARGET4, PEER4, 1), (socket.AF_INET6, TARGET6, PEER6, 2)):
    server = listen(family, target, 8080)
    there_server = in_peer(lambda: listen(family, peer, 9090))
    held += pairs(server, family, target, 700 * n)                                   # ESTABLISHED
    for mine, theirs in pairs(server, family, target, 60 * n):                       # CLOSE_WAIT
        theirs.close()
        held.append(mine)
    for mine, theirs in pairs(server, family, target, 45 * n):                       # TIME_WAIT, server side
        mine.close()
        theirs.close()
    for _ in range(1200 * n):                                                        # TIME_WAIT, client side
        c = socket.socket(family)
        c.connect((peer, 9090))
        s = there_server.accept()[0]
        c.close()
        s.close()
    for mine, theirs in pairs(server, family, target, 30 * n):                       # FIN_WAIT2, owned
        mine.shutdown(socket.SHUT_WR)
        held.append((mine, theirs))
    for mine, theirs in pairs(server, family, target, 25 * n):                       # FIN_WAIT2, orphaned: mini-sockets
        mine.close()
        held.append(theirs)

# A dual-stack listener: its IPv4 clients are IPv6 sockets with mapped addresses.
dual = socket.socket(socket.AF_INET6)
dual.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
dual.bind(("::", 8081))
dual.listen(64)
held.append(dual)
held += pairs(dual, socket.AF_INET, TARGET4, 40)

time.sleep(0.3)
# From here on the peer is silent for some ports: what needs an answer stays as it is.
fin1, last, syn = [], [], []
for family, target in ((socket.AF_INET, TARGET4), (socket.AF_INET6, TARGET6)):
    server = listen(family, target, 8082)
    fin1 += pairs(server, family, target, 21)
    last += pairs(server, family, target, 17)
for _, theirs in last:
    theirs.close()
time.sleep(0.3)
drop("INPUT", "-p", "tcp", "--dport", "8082")
for mine, theirs in fin1 + last:                                                     # FIN_WAIT1, LAST_ACK
    mine.close()
    held.append(theirs)
drop("OUTPUT", "-p", "tcp", "--dport", "9191")
for family, peer in ((socket.AF_INET, PEER4), (socket.AF_INET6, PEER6)):             # SYN_SENT
    for _ in range(13):
        c = socket.socket(family)
        c.setblocking(False)
        c.connect_ex((peer, 9191))
        held.append(c)
# SYN_RECV: the peer's SYN arrives, our SYN+ACK never does.
drop("OUTPUT", "-p", "tcp", "--sport", "8083")
for family, target in ((socket.AF_INET, TARGET4), (socket.AF_INET6, TARGET6)):
    listen(family, target, 8083)

    def dial():
        c = socket.socket(family)
        c.setblocking(False)
        c.connect_ex((target, 8083))
        return c
    for _ in range(9):
        held.append(in_peer(dial))
time.sleep(0.5)
print("ready", flush=True)
sys.stdin.read()
