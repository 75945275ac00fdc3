# shellcheck shell=bash
# SYNs from sources that never answer (the peer has no route back to 10.99/16).
trouble() {
  T sysctl -wq net.ipv4.tcp_syncookies="${COOKIES:-0}" net.ipv4.tcp_max_syn_backlog="${SYN_BACKLOG:-256}"
  T ip route add default via $PIP
  serve bgT web --listen $TIP:80 --mode echo --backlog "${BACKLOG:-128}"
  bgP flood synflood --to $TIP:80 --rate "${RATE:-1500}" --n 2000000 --secs "$SECONDS_MAX"
  if [ "${COOKIES:-0}" = 1 ]; then want 30 rises TCPReqQFullDoCookies; else want 30 rises ListenDrops; fi
}
symptom() { printf '{"connects":%s}\n' "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:80 --mode req --n 10 --timeout "$([ "${COOKIES:-0}" = 1 ] && echo 3 || echo 0.5)" --secs 12)"; }
