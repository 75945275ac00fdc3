# shellcheck shell=bash
# The article's own case: 18,888 TIME_WAIT to a database, SSH and DNS fail, and it is the connection-tracking table of 65,536
# entries that is full of closed connections: these, and those of web clients, which it remembers for twice as long.
. "$HERE/conntrack-full.case.sh"
WEB=$TIP:80,$TIP:81,$TIP:82,$TIP:83
before_trouble() {
  tracked
  serve bgP db --listen $PIP:5432 --mode peerclose
  serve bgT web --listen $WEB --mode peerclose
}
trouble() {
  gset $MAX 65536
  bgP clients conn --to $WEB --mode close --n 46400 --secs 60
  want 60 tracked_at_least 46000
  # 14,116 ports of one parity, then of the other: see time-wait-ports
  bgT burst conn --to $PIP:5432 --mode close --n 18888 --rate 3000 --secs 60
  want 30 tw_at_least 14100
  T sysctl -wq net.ipv4.ip_local_port_range='32769 60999'
  want 60 tw_at_least 18800
  T sysctl -wq net.ipv4.ip_local_port_range='32768 60999'
  want 10 test ! -d "/proc/$(pid_of burst)"
  want 20 topped_up
  load bgP load --to $WEB --mode close --rate 400 --timeout 1 --parallel 300
  want 60 table_full
  want 20 dropping
}
tracked_at_least() { [ "$(T cat /proc/sys/net/netfilter/nf_conntrack_count)" -ge "$1" ]; }
# a few of the burst end without TIME_WAIT
topped_up() {
  local missing=$((18888 - $(T awk '/^TCP:/ { print $7 }' /proc/net/sockstat)))
  [ $missing -gt 0 ] || return 0
  T "$PY" -E -s "$HERE/sockets.py" conn --to $PIP:5432 --mode close --n $missing --rate 200 --secs 10 >/dev/null
  return 1
}
