"""Reads sysctls of many network namespaces all the time, and says when one changes. A /proc/sys file that was opened in a
namespace is that namespace's for good, so nothing has to be entered again.

Arguments: PID ... (a process of each namespace) -- PATH ... (below /proc/sys). One JSON line a change: index of the namespace,
path, value, seconds of the boot clock (as a host's uptime), milliseconds of the wall clock; and one when the machine did not let
it look for more than 300 ms.
"""

import ctypes
import json
import os
import sys
import time

CLONE_NEWNET = 0x40000000
EVERY_S = 0.02
STALL_S = 0.3

libc = ctypes.CDLL(None, use_errno=True)
at = sys.argv.index("--")
pids, paths = sys.argv[1:at], sys.argv[at + 1 :]
watched = []
for index, pid in enumerate(pids):
    namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    for path in paths:
        watched.append([index, path, os.open(f"/proc/sys/{path}", os.O_RDONLY), None])
    os.close(namespace)


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


before = time.clock_gettime(time.CLOCK_BOOTTIME)
while os.getppid() != 1:
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    if now - before > STALL_S:
        say({"stall": now - before, "boot": now})
    before = now
    for entry in watched:
        value = os.pread(entry[2], 200, 0)
        if value != entry[3]:
            entry[3] = value
            words = " ".join(value.decode().split())
            moment = time.clock_gettime(time.CLOCK_BOOTTIME)
            say({"at": entry[0], "path": entry[1], "value": words, "boot": moment, "wall": time.time() * 1000})
    time.sleep(EVERY_S)
