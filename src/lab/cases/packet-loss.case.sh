# shellcheck shell=bash
# The path loses one segment in twelve (by iptables in the peer).
trouble() {
  P iptables -A INPUT -p tcp --dport 9000 -m statistic --mode random --probability "${LOSS:-0.08}" -j DROP
  serve bgP sink --listen $PIP:9000 --mode peerclose
  bgT load stream --to $PIP:9000 --secs "$SECONDS_MAX"
  want 30 rises RetransSegs
}
symptom() {
  local resent sent; resent=$(counter RetransSegs) sent=$(counter OutSegs); sleep 4
  resent=$(($(counter RetransSegs) - resent)) sent=$(($(counter OutSegs) - sent))
  printf '{"resent":%s,"sent":%s}\n' $resent $sent
}
cure() { P iptables -F INPUT; }
