# shellcheck shell=bash
# Healthy: the connection-tracking table at 40 %, and thousands of TIME_WAIT.
. "$HERE/conntrack-full.case.sh"
PATIENCE=3
trouble() {
  gset $MAX 10000
  serve bgT web --listen $TIP:80 --mode closefirst
  bgP load conn --to $TIP:80 --mode waitclose --n 4000 --secs 60
  # not all 4000: a connection from a port whose last one still is in TIME_WAIT takes that one's place
  want 60 tw_at_least 3900
}
