#!/usr/bin/env python3
"""sockets.py - real TCP behaviour and misbehaviour for the cases of the lab (standard library only).

Every subcommand is bounded in count (--n) and in time (--secs) and exits by itself.
It is run inside a network namespace that lib.sh made.

  serve    a TCP server with a chosen (mis)behaviour
  conn     a TCP client that opens --n connections and reports what happened
  synflood raw SYNs from spoofed sources that never complete the handshake
  stream   sends data without end
  udpserve / udpq   a tiny UDP echo ("DNS") and its query
  neighbours   one datagram to each of many addresses
"""
import argparse, errno, json, os, random, resource, select, signal, socket, struct, sys, time

IP_BIND_ADDRESS_NO_PORT = 24
T0 = time.monotonic()


def now():
    return time.monotonic() - T0


def pct(a, p):
    if not a:
        return None
    a = sorted(a)
    return round(a[min(len(a) - 1, int(len(a) * p / 100))] * 1000, 2)


def emit(o, path=None):
    s = json.dumps(o, sort_keys=True)
    if path:
        tmp = path + ".tmp"
        with open(tmp, "w") as f:
            f.write(s + "\n")
        os.replace(tmp, path)
    print(s, flush=True)


def raise_nofile(n=None):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))   # soft only, like a systemd default
    else:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (400000, 400000))
        except (ValueError, PermissionError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def parse_eps(s):
    out = []
    for e in s.split(","):
        h, p = e.rsplit(":", 1)
        h = h.strip("[]")
        if "-" in p:
            a, b = p.split("-")
            out += [(h, q) for q in range(int(a), int(b) + 1)]
        else:
            out.append((h, int(p)))
    return out


def expand_ips(s):
    """'10.1.0.1-10.1.0.9' or 'a,b,c'"""
    out = []
    for part in s.split(","):
        if "-" in part:
            a, b = part.split("-")
            ia = struct.unpack("!I", socket.inet_aton(a))[0]
            ib = struct.unpack("!I", socket.inet_aton(b))[0]
            out += [socket.inet_ntoa(struct.pack("!I", i)) for i in range(ia, ib + 1)]
        else:
            out.append(part)
    return out


# ---------------------------------------------------------------- server
def cmd_serve(a):
    raise_nofile(a.nofile)
    ls = []
    for ep in parse_eps(a.listen):
        fam = socket.AF_INET6 if ":" in ep[0] else socket.AF_INET
        s = socket.socket(fam, socket.SOCK_STREAM)
        if not a.noreuse:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if a.rcvbuf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, a.rcvbuf)
        if a.keepalive:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        try:
            s.bind(ep)
        except OSError as e:
            emit({"bind_error": errno.errorcode.get(e.errno, str(e.errno)), "ep": "%s:%d" % ep}, a.out)
            sys.exit(3)
        s.listen(a.backlog)
        s.setblocking(False)
        ls.append(s)
    if a.ready:
        open(a.ready, "w").write(str(os.getpid()))
    st = {"accepted": 0, "accept_err": {}, "closed": 0, "mode": a.mode}
    held = {}
    end = time.monotonic() + a.secs
    if a.mode == "noaccept":
        while time.monotonic() < end:
            time.sleep(0.2)
        emit(st, a.out)
        return
    ep = select.epoll()
    lf = {s.fileno(): s for s in ls}
    for f in lf:
        ep.register(f, select.EPOLLIN)
    blob = b"x" * a.send
    lin = struct.pack("ii", 1, 0)
    later = []          # (when, sock) for --delay

    def done(c):
        if a.rst:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lin)
        c.close()
        st["closed"] += 1

    last_err = 0.0
    while time.monotonic() < end:
        to = 0.05 if later else 0.2
        for f, ev in ep.poll(to):
            if f in lf:
                for _ in range(256):
                    if a.accept_rate:
                        time.sleep(1.0 / a.accept_rate)
                    try:
                        c, _peer = lf[f].accept()
                    except BlockingIOError:
                        break
                    except OSError as e:
                        k = errno.errorcode.get(e.errno, str(e.errno))
                        st["accept_err"][k] = st["accept_err"].get(k, 0) + 1
                        time.sleep(0.05)      # a polite app backs off; a bad one spins
                        break
                    st["accepted"] += 1
                    if a.mode == "closefirst":
                        if blob:
                            try:
                                c.sendall(blob)
                            except OSError:
                                pass
                        done(c)
                    elif a.mode == "halfclose":
                        c.shutdown(socket.SHUT_WR)
                        held[c.fileno()] = c
                    elif a.mode in ("hold", "leak"):
                        held[c.fileno()] = c   # never registered: EOF is never noticed
                        if blob:
                            c.setblocking(False)
                            try:
                                c.send(blob)
                            except OSError:
                                pass
                    elif a.mode == "sendclose":
                        c.setblocking(False)
                        try:
                            c.send(blob)
                        except OSError:
                            pass
                        done(c)
                    else:                      # peerclose / echo
                        c.setblocking(False)
                        held[c.fileno()] = c
                        ep.register(c.fileno(), select.EPOLLIN)
            else:
                c = held.get(f)
                if c is None:
                    continue
                try:
                    d = c.recv(65536)
                except BlockingIOError:
                    continue
                except OSError:
                    d = b""
                if d and a.mode == "echo":
                    try:
                        c.send(d)
                    except OSError:
                        pass
                if not d:
                    ep.unregister(f)
                    del held[f]
                    if a.delay:
                        later.append((time.monotonic() + a.delay, c))
                    else:
                        done(c)
        while later and later[0][0] <= time.monotonic():
            done(later.pop(0)[1])
    st["held"] = len(held)
    st["secs"] = round(now(), 1)
    emit(st, a.out)


# ---------------------------------------------------------------- client
def cmd_conn(a):
    raise_nofile(a.nofile)
    eps = parse_eps(a.to)
    srcs = expand_ips(a.src) if a.src else [None]
    st = {"tried": 0, "ok": 0, "err": {}, "mode": a.mode}
    lat = []
    held = []
    end = time.monotonic() + a.secs
    t0 = time.monotonic()
    lin = struct.pack("ii", 1, 0)
    i = 0
    pend = {}
    ep = select.epoll() if a.parallel else None
    nexteval = 0

    def err(e):
        k = errno.errorcode.get(e.errno, str(e.errno)) if getattr(e, "errno", None) else type(e).__name__
        st["err"][k] = st["err"].get(k, 0) + 1

    def mk():
        s = socket.socket(socket.AF_INET6 if ":" in eps[0][0] else socket.AF_INET, socket.SOCK_STREAM)
        src = srcs[i % len(srcs)]
        if src or a.bind0:
            if a.noport:
                s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            if a.reuse:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((src or "0.0.0.0", 0))
        if a.keepalive:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if a.rcvbuf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, a.rcvbuf)
        return s

    def after(s, t):
        st["ok"] += 1
        lat.append(time.monotonic() - t)
        s.setblocking(True)
        s.settimeout(a.timeout)
        if a.mode == "close":
            s.close()
        elif a.mode == "rst":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lin)
            s.close()
        elif a.mode == "waitclose":
            try:
                while s.recv(65536):
                    pass
            except OSError as e:
                err(e)
            s.close()
        elif a.mode == "req":
            try:
                s.sendall(b"ping\n")
                if not s.recv(64):
                    raise OSError(errno.ECONNRESET, "eof")
            except OSError as e:
                st["ok"] -= 1
                err(e)
            s.close()
        elif a.mode == "hold":
            held.append(s)
        elif a.mode == "shut":
            s.shutdown(socket.SHUT_WR)
            held.append(s)

    def report(path):
        o = dict(st)
        o.update(secs=round(time.monotonic() - t0, 2), rate=round(st["ok"] / max(0.001, time.monotonic() - t0), 1),
                 p50_ms=pct(lat[-20000:], 50), p99_ms=pct(lat[-20000:], 99), max_ms=pct(lat[-20000:], 100), held=len(held))
        if path:
            tmp = path + ".tmp"
            with open(tmp, "w") as f:
                f.write(json.dumps(o, sort_keys=True) + "\n")
            os.replace(tmp, path)
        return o

    if a.stop_at:
        a.n = a.stop_at
    while st["tried"] < a.n and time.monotonic() < end:
        if a.rate:
            due = t0 + st["tried"] / a.rate
            while True:
                d = due - time.monotonic()
                if d <= 0:
                    break
                if ep is not None and pend:
                    drain(ep, pend, after, err, min(d, 0.05), a.timeout)
                else:
                    time.sleep(d)
        st["tried"] += 1
        t = time.monotonic()
        s = None
        try:
            s = mk()
            if ep is not None:
                s.setblocking(False)
                r = s.connect_ex(eps[i % len(eps)])
                if r not in (0, errno.EINPROGRESS):
                    raise OSError(r, os.strerror(r))
                pend[s.fileno()] = (s, t)
                ep.register(s.fileno(), select.EPOLLOUT)
            else:
                s.settimeout(a.timeout)
                s.connect(eps[i % len(eps)])
                after(s, t)
        except OSError as e:
            err(e)
            if s:
                s.close()
        i += 1
        if ep is not None and pend:
            drain(ep, pend, after, err, 0 if len(pend) < a.parallel else 0.05, a.timeout)
        if a.live and time.monotonic() > nexteval:
            report(a.live)
            nexteval = time.monotonic() + 0.5
    while ep is not None and pend and time.monotonic() < end:
        drain(ep, pend, after, err, 0.2, a.timeout)
        if a.live:
            report(a.live)
    st["pending"] = len(pend)
    o = report(a.live)
    emit(o, a.out)
    if a.mode in ("hold", "shut") and held:
        while time.monotonic() < end:
            time.sleep(0.2)


def drain(ep, pend, after, err, to, timeout):
    for f, ev in ep.poll(to):
        s, t = pend.pop(f)
        ep.unregister(f)
        e = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if e:
            err(OSError(e, os.strerror(e)))
            s.close()
        else:
            after(s, t)
    nowt = time.monotonic()
    for f in [f for f, (s, t) in pend.items() if nowt - t > timeout]:
        s, t = pend.pop(f)
        ep.unregister(f)
        err(OSError(errno.ETIMEDOUT, "client timeout"))
        s.close()


# ---------------------------------------------------------------- raw helpers
def csum(b):
    if len(b) % 2:
        b += b"\0"
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    s = (s >> 16) + (s & 0xFFFF)
    s += s >> 16
    return ~s & 0xFFFF


def tcp_pkt(src, dst, sp, dp, seq, ack, flags, opts=b"", win=64240, data=b""):
    off = (20 + len(opts)) // 4
    h = struct.pack("!HHIIBBHHH", sp, dp, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, off << 4, flags, win, 0, 0) + opts
    ps = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 6, len(h) + len(data))
    c = csum(ps + h + data)
    h = h[:16] + struct.pack("!H", c) + h[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(h) + len(data), random.randrange(65536), 0, 64, 6, 0,
                     socket.inet_aton(src), socket.inet_aton(dst))
    return ip + h + data


def cmd_synflood(a):
    dst, dp = parse_eps(a.to)[0]
    r = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    base = struct.unpack("!I", socket.inet_aton(a.spoof))[0]
    end = time.monotonic() + a.secs
    t0 = time.monotonic()
    opts = struct.pack("!BBH", 2, 4, 1460)
    n = 0
    while n < a.n and time.monotonic() < end:
        src = socket.inet_ntoa(struct.pack("!I", base + random.randrange(2, 65000)))
        r.sendto(tcp_pkt(src, dst, random.randrange(1024, 65535), dp, random.getrandbits(32), 0, 2, opts), (dst, 0))
        n += 1
        if a.rate:
            d = t0 + n / a.rate - time.monotonic()
            if d > 0:
                time.sleep(d)
    emit({"sent": n, "secs": round(time.monotonic() - t0, 2)}, a.out)


def cmd_udpserve(a):
    ep = parse_eps(a.listen)[0]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(ep)
    s.settimeout(0.3)
    if a.ready:
        open(a.ready, "w").write(str(os.getpid()))
    end = time.monotonic() + a.secs
    n = 0
    while time.monotonic() < end:
        try:
            d, p = s.recvfrom(2048)
        except socket.timeout:
            continue
        n += 1
        try:
            s.sendto(d, p)
        except OSError:
            pass
    emit({"answered": n}, a.out)


def cmd_udpq(a):
    ok = 0
    errs = {}
    lat = []
    for i in range(a.n):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(a.timeout)
        t = time.monotonic()
        try:
            s.sendto(b"q%d" % i, parse_eps(a.to)[0])
            s.recvfrom(100)
            ok += 1
            lat.append(time.monotonic() - t)
        except socket.timeout:
            errs["TIMEOUT"] = errs.get("TIMEOUT", 0) + 1
        except OSError as e:
            k = errno.errorcode.get(e.errno, str(e.errno))
            errs[k] = errs.get(k, 0) + 1
        s.close()
    emit({"tried": a.n, "ok": ok, "err": errs, "p50_ms": pct(lat, 50)}, a.out)


def cmd_neighbours(a):
    """one datagram to each of --n addresses of --prefix, again and again; --secs 0: once"""
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setblocking(False)
    # what waits for an unresolved neighbour counts against the sender's buffer (SO_SNDBUFFORCE)
    s.setsockopt(socket.SOL_SOCKET, 32, 64 << 20)
    st = {"tried": 0, "ok": 0, "err": {}}
    end = time.monotonic() + a.secs
    while True:
        for i in range(a.first, a.first + a.n):
            st["tried"] += 1
            try:
                s.sendto(b"x", ("%s%x" % (a.prefix, i), 9))
                st["ok"] += 1
            except OSError as e:
                k = errno.errorcode.get(e.errno, str(e.errno))
                st["err"][k] = st["err"].get(k, 0) + 1
            if i % 8 == 0:
                time.sleep(0.002)
        if time.monotonic() >= end:
            break
    emit(st, a.out)


def cmd_stream(a):
    """sends 640 kB at a time over one connection after another"""
    ep = parse_eps(a.to)[0]
    end = time.monotonic() + a.secs
    while time.monotonic() < end:
        with socket.create_connection(ep, 20) as s:
            for _ in range(40):
                s.sendall(b"x" * 16384)
                time.sleep(0.01)


def main():
    p = argparse.ArgumentParser()
    sp = p.add_subparsers(dest="c", required=True)

    def common(q):
        q.add_argument("--secs", type=float, default=60)
        q.add_argument("--n", type=int, default=1000000)
        q.add_argument("--rate", type=float, default=0)
        q.add_argument("--out")
        q.add_argument("--ready")
        q.add_argument("--timeout", type=float, default=3)
        q.add_argument("--nofile", type=int)
        q.add_argument("--rcvbuf", type=int)
        q.add_argument("--keepalive", action="store_true")

    q = sp.add_parser("serve"); common(q)
    q.add_argument("--listen", required=True)
    q.add_argument("--backlog", type=int, default=4096)
    q.add_argument("--mode", default="peerclose",
                   choices="closefirst halfclose hold leak sendclose peerclose echo noaccept".split())
    q.add_argument("--send", type=int, default=0)
    q.add_argument("--rst", action="store_true")
    q.add_argument("--noreuse", action="store_true")
    q.add_argument("--delay", type=float, default=0, help="peerclose: close this long after the peer's FIN")
    q.add_argument("--accept-rate", dest="accept_rate", type=float, default=0)
    q.set_defaults(f=cmd_serve)
    q = sp.add_parser("conn"); common(q)
    q.add_argument("--to", required=True)
    q.add_argument("--src")
    q.add_argument("--bind0", action="store_true")
    q.add_argument("--noport", action="store_true")
    q.add_argument("--reuse", action="store_true")
    q.add_argument("--parallel", type=int, default=0)
    q.add_argument("--live")
    q.add_argument("--stop-at", dest="stop_at", type=int, help="no more than these, then hold")
    q.add_argument("--mode", default="close", choices="close rst waitclose req hold shut".split())
    q.set_defaults(f=cmd_conn)
    q = sp.add_parser("synflood"); common(q)
    q.add_argument("--to", required=True)
    q.add_argument("--spoof", default="10.99.0.0")
    q.set_defaults(f=cmd_synflood)
    q = sp.add_parser("udpserve"); common(q); q.add_argument("--listen", required=True); q.set_defaults(f=cmd_udpserve)
    q = sp.add_parser("udpq"); common(q); q.add_argument("--to", required=True); q.set_defaults(f=cmd_udpq)
    q = sp.add_parser("stream"); common(q); q.add_argument("--to", required=True); q.set_defaults(f=cmd_stream)
    q = sp.add_parser("neighbours"); common(q)
    q.add_argument("--prefix", required=True)
    q.add_argument("--first", type=int, default=1)
    q.set_defaults(f=cmd_neighbours)
    a = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    a.f(a)


if __name__ == "__main__":
    main()
