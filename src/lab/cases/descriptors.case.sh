# shellcheck shell=bash
# A server with 64 descriptors: accept() fails, its queue fills, and nothing is wrong with TCP.
trouble() {
  serve bgT web --listen $TIP:80 --mode peerclose --nofile 64 --backlog 64
  load bgP load --to $TIP:80 --mode hold --rate 60 --parallel 300 --timeout 2
  want 30 rises ListenOverflows
}
symptom() {
  printf '{"fds":%s,"connects":%s}\n' "$(ls "/proc/$(pid_of web)/fd" | wc -l)" \
    "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:80 --mode close --n 3 --timeout 1 --secs 6)"
}
cure() { prlimit --pid "$(pid_of web)" --nofile=8192:; }
