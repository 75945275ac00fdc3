# shellcheck shell=bash
# The host closes first, 250 times a second, towards one destination with 2,000 ports: all are in TIME_WAIT after 8 s.
RANGE=${RANGE:-40000 41999} RATE=${RATE:-250} FULL=${FULL:-2000}
trouble() {
  T sysctl -wq net.ipv4.ip_local_port_range="$RANGE" net.ipv4.tcp_tw_reuse=0
  serve bgP srv --listen $PIP:8080 --mode peerclose
  load bgT load --to $PIP:8080 --mode close --rate "$RATE"
  if [ -n "${HALF:-}" ]; then
    # connect() takes ports of the parity of the range's first one; when they are gone it looks through all of these each time
    # (4,000/s become 200/s). A range that begins one later has the other half first.
    want 30 tw_at_least "$HALF"
    T sysctl -wq net.ipv4.ip_local_port_range="$((${RANGE% *} + 1)) ${RANGE#* }"
  fi
  want 60 tw_at_least "$FULL"
  T sysctl -wq net.ipv4.ip_local_port_range="$RANGE"
  want 20 grep -q EADDRNOTAVAIL "$RUN/load.json"
}
symptom() {
  P ip addr add 10.77.0.3/16 dev v0 2>/dev/null && serve bgP other --listen 10.77.0.3:8080 --mode peerclose >&2
  printf '{"connects":%s,"elsewhere":%s}\n' "$(T "$PY" -E -s "$HERE/sockets.py" conn --to $PIP:8080 --mode close --n 60 --rate 100 --secs 10)" \
    "$(T "$PY" -E -s "$HERE/sockets.py" conn --to 10.77.0.3:8080 --mode close --n 60 --rate 100 --secs 10)"
}
