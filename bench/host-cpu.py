#!/usr/bin/env python3
"""CPU milliseconds (user + system, children included) of commands, in turns: each round runs every command once.

  host-cpu.py SECONDS ROUNDS < {"name": ["argv", ...], "floor": null, ...}   prints {"name": [ms, ...], ...}

Ends after ROUNDS or SECONDS, whichever comes first; at least one round is run. `null` stands for the floor: an inet_diag dump of both
families without TIME_WAIT, read and thrown away (include/uapi/linux/inet_diag.h), its own CPU only. Standard library only.
"""
import json
import resource
import socket
import struct
import subprocess
import sys
import time


def spent(who):
    usage = resource.getrusage(who)
    return (usage.ru_utime + usage.ru_stime) * 1000


def floor():
    before = spent(resource.RUSAGE_SELF)
    buffer = bytearray(1 << 20)
    for family in (socket.AF_INET, socket.AF_INET6):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as link:
            request = struct.pack("=BBBBI48s", family, socket.IPPROTO_TCP, 0, 0, 0xFFF & ~(1 << 6), bytes(48))
            link.send(struct.pack("=IHHII", 16 + len(request), 20, 0x301, 1, 0) + request)
            ended = False
            while not ended:
                size = link.recv_into(buffer)
                at = 0
                while at < size:
                    length, kind = struct.unpack_from("=IH", buffer, at)
                    if kind in (2, 3):
                        ended = True
                        break
                    # Rows are not looked at: the first header of a datagram tells whether it is the last one.
                    break
    return spent(resource.RUSAGE_SELF) - before


def once(argv):
    if argv is None:
        return floor()
    before = spent(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return spent(resource.RUSAGE_CHILDREN) - before


if __name__ == "__main__":
    seconds, rounds = float(sys.argv[1]), int(sys.argv[2])
    commands = json.load(sys.stdin)
    found = {name: [] for name in commands}
    start = time.monotonic()
    for _ in range(rounds):
        for name, argv in commands.items():
            found[name].append(once(argv))
        if time.monotonic() - start > seconds:
            break
    json.dump(found, sys.stdout)
