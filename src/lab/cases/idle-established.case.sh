# shellcheck shell=bash
# Healthy: thousands of idle connections (websockets).
trouble() {
  P sysctl -wq net.ipv4.ip_local_port_range='1024 65535'
  serve bgT a --listen $TIP:80,$TIP:81 --mode echo --keepalive
  load bgP load0 --to $TIP:80 --mode hold --stop-at 5200
  load bgP load1 --to $TIP:81 --mode hold --stop-at 5200
  want 60 at_least established 10000
}
symptom() { printf '{"connects":%s}\n' "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:80 --mode req --n 100 --rate 400 --secs 5)"; }
