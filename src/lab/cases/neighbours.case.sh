# shellcheck shell=bash
# More neighbours than the table takes. The tables and their limits are the machine's, so this is asked of the machine itself;
# it is IPv6's (the same code, limits of its own), to stay out of everybody's ARP.
WHOLE=yes PLACE=host
LIMITS=/proc/sys/net/ipv6/neigh/default
before_trouble() {
  ip -n "$TNS" -6 addr add fd77::1/64 dev v0 nodad; ip -n "$PNS" -6 addr add fd77::2/64 dev v0 nodad
  P ip -6 route add local fd77::1:0/112 dev lo
  P sysctl -wq net.ipv6.conf.all.proxy_ndp=1 net.ipv6.conf.v0.proxy_ndp=1
}
trouble() {
  gset $LIMITS/gc_thresh3 1024; gset $LIMITS/gc_thresh2 512; gset $LIMITS/gc_thresh1 128
  bgT load neighbours --prefix fd77::1: --first 1 --n 2600 --secs "$SECONDS_MAX"
  want 30 overflowing
}
fulls() {
  local sum=0 value
  for value in $(awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "table_fulls") c = i } NR > 1 { print $c }' /proc/net/stat/ndisc_cache); do sum=$((sum + 16#$value)); done
  echo $sum
}
overflowing() { local before; before=$(fulls); sleep 1; [ "$(fulls)" -gt "$before" ]; }
symptom() { printf '{"new":%s}\n' "$(T "$PY" -E -s "$HERE/sockets.py" neighbours --prefix fd77::1: --first $((3000 + RANDOM % 20000)) --n 200 --secs 0)"; }
