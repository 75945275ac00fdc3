# shellcheck shell=bash
# One cause, three symptoms: a leak of closed connections takes the descriptors, and without them nothing is accepted.
trouble() {
  serve bgT leaky --listen $TIP:80 --mode leak --nofile 800 --backlog 64
  load bgP load --to $TIP:80 --mode close --rate 200 --parallel 100 --timeout 1
  want 40 rises ListenOverflows
  want 20 at_least close-wait 700
  sleep 5 # a leak is what has been idle for 5 s
}
symptom() {
  printf '{"closeWait":%s,"fds":%s,"connects":%s}\n' "$(count close-wait)" "$(ls "/proc/$(pid_of leaky)/fd" | wc -l)" \
    "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:80 --mode close --n 3 --timeout 1 --secs 6)"
}
cure() { stop load; stop leaky; serve bgT mended --listen $TIP:80 --mode peerclose; }
