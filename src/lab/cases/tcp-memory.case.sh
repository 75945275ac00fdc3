# shellcheck shell=bash
# TCP memory under pressure: 2 MB queued for each of many peers that do not read. The line of pressure is put just above what
# the machine uses now; the hard limit stays where it is.
WHOLE=yes
pressed() { T awk '$1 == "TCP" { exit $5 == "yes" ? 0 : 1 }' /proc/net/protocols; }
trouble() {
  local now max
  now=$(awk '/^TCP:/ { print $NF }' /proc/net/sockstat) max=$(awk '{ print $3 }' /proc/sys/net/ipv4/tcp_mem)
  gset /proc/sys/net/ipv4/tcp_mem "$((now + 700)) $((now + 1500)) $max"
  serve bgT bulk --listen $TIP:80 --mode hold --send 2000000
  load bgP load --to $TIP:80 --mode hold --rcvbuf 4096 --rate 150 --stop-at 500
  want 40 pressed
}
symptom() { if pressed; then echo '{"pressure":1}'; else echo '{"pressure":0}'; fi; }
