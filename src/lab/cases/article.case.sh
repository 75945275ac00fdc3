# shellcheck shell=bash
# The article's own case: 18,888 TIME_WAIT to a database, SSH and DNS fail, and it is the connection-tracking table of 65,536
# entries that is full, of closed connections and of look-ups.
. "$HERE/conntrack-full.case.sh"
before_trouble() {
  tracked
  serve bgP db --listen $PIP:5432 --mode peerclose
  T sysctl -wq net.netfilter.nf_conntrack_udp_timeout=180 net.netfilter.nf_conntrack_udp_timeout_stream=180
}
trouble() {
  gset $MAX 65536
  # 14,116 ports of one parity, then of the other: see time-wait-ports
  bgT burst conn --to $PIP:5432 --mode close --n 18888 --rate 3000 --secs 60 --live "$RUN/burst.json"
  want 30 tw_at_least 14100
  T sysctl -wq net.ipv4.ip_local_port_range='32769 60999'
  want 60 tw_at_least 18800
  want 10 test ! -d "/proc/$(pid_of burst)"
  want 20 topped_up
  T sysctl -wq net.ipv4.ip_local_port_range='32768 60999'
  # one socket each, as a resolver uses them; it goes on so that the table stays full
  bgT lookups udpflows --to $PIP:53 --n 46648 --secs "$SECONDS_MAX"
  want 60 table_full
  load bgT load --to $PIP:5432 --mode close --rate 50 --timeout 1
  want 20 dropping
}
# a few of the burst end without TIME_WAIT
topped_up() {
  local missing=$((18888 - $(T awk '/^TCP:/ { print $7 }' /proc/net/sockstat)))
  [ $missing -gt 0 ] || return 0
  T "$PY" -E -s "$HERE/sockets.py" conn --to $PIP:5432 --mode close --n $missing --rate 200 --secs 10 >/dev/null
  return 1
}
