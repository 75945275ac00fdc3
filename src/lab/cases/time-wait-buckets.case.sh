# shellcheck shell=bash
# A server that closes first, with room for 500 TIME_WAIT.
trouble() {
  T sysctl -wq net.ipv4.tcp_max_tw_buckets=500
  serve bgT srv --listen $TIP:80 --mode closefirst --send 10
  load bgP load --to $TIP:80 --mode waitclose --rate 150
  want 30 rises TCPTimeWaitOverflow
}
symptom() {
  local before; before=$(counter TCPTimeWaitOverflow); sleep 2
  printf '{"overflows":%s}\n' $(($(counter TCPTimeWaitOverflow) - before))
}
