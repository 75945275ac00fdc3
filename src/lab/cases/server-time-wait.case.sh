# shellcheck shell=bash
# Healthy: the server closes first; thousands of TIME_WAIT take no port here.
trouble() {
  local k
  P sysctl -wq net.ipv4.ip_local_port_range='1024 65535'
  for k in 1 2 3 4; do ip -n "$PNS" addr add 10.77.2.$k/16 dev v0; done
  serve bgT web --listen $TIP:80 --mode closefirst --send 10 --backlog 4096
  for k in 1 2; do
    bgP load$k conn --to $TIP:80 --src 10.77.2.$((k * 2 - 1))-10.77.2.$((k * 2)) --bind0 --noport --mode waitclose --n 13000 --secs 60
  done
  want 60 tw_at_least "${ENOUGH:-24000}"
  stop load1; stop load2
}
symptom() {
  printf '{"connects":%s,"overflows":%s}\n' "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:80 --mode waitclose --n 200 --rate 400 --secs 5)" "$(counter ListenOverflows)"
}
