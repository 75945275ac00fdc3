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
  bgT burst conn --to $PIP:5432 --mode close --n ${TIME_WAITS:-18888} --secs 60 --live "$RUN/burst.json"
  # one socket each, as a resolver uses them; it goes on so that the table stays full
  bgT lookups udpflows --to $PIP:53 --n 46648 --secs "$SECONDS_MAX"
  want 60 tw_at_least ${TIME_WAITS:-18888}
  want 60 table_full
  load bgT load --to $PIP:5432 --mode close --rate 50 --timeout 1
  want 20 dropping
}
