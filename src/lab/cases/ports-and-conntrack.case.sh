# shellcheck shell=bash
# Two troubles at once: no ports towards one destination, and the connection-tracking table full.
. "$HERE/conntrack-full.case.sh"
before_trouble() {
  tracked
  T sysctl -wq net.ipv4.ip_local_port_range='40000 40999' net.ipv4.tcp_tw_reuse=0
  serve bgP srv --listen $PIP:8080 --mode peerclose
}
trouble() {
  load bgT calls --to $PIP:8080 --mode close --rate 250 --timeout 1
  want 60 tw_at_least 1000
  gset $MAX 1500
  serve bgT web --listen $TIP:80 --mode peerclose
  load bgP load --to $TIP:80 --mode hold --rate 300 --timeout 1 --parallel 200 --stop-at 20000
  want 60 table_full
  want 20 dropping
}
symptom() {
  printf '{"ssh":%s,"outgoing":%s}\n' \
    "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:22 --mode req --n 4 --timeout 0.5 --secs 10)" \
    "$(T "$PY" -E -s "$HERE/sockets.py" conn --to $PIP:8080 --mode close --n 20 --rate 100 --timeout 1 --secs 25)"
}
