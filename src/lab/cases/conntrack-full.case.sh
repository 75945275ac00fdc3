# shellcheck shell=bash
# The connection-tracking table is full: of live connections, or of closed ones.
WHOLE=yes
PATIENCE=0.5 # seconds: most tries fail here
MAX=/proc/sys/net/netfilter/nf_conntrack_max
tracked() {
  T iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  T iptables -A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED,RELATED -j ACCEPT
  P sysctl -wq net.ipv4.ip_local_port_range='10000 60999'
  rm -f "$RUN/dns.ready"
  bgP dns udpserve --listen $PIP:53 --secs "$SECONDS_MAX" --ready "$RUN/dns.ready"
  want 20 test -e "$RUN/dns.ready"
}
before_trouble() { tracked; }
trouble() {
  gset $MAX 1500
  if [ "${FILL:-live}" = live ]; then
    serve bgT srv --listen $TIP:80 --mode peerclose
    load bgP held --to $TIP:80 --mode hold --rate 800 --timeout 1 --parallel 200 --stop-at 2500
    load bgP load --to $TIP:80 --mode close --rate 100 --timeout 1 --parallel 100 # who comes and goes, all the time
  else
    serve bgT srv --listen $TIP:80 --mode closefirst
    load bgP load --to $TIP:80 --mode waitclose --rate 400 --timeout 1 --parallel 300
  fi
  want 60 table_full
  want 20 dropping
}
# What people see: SSH from outside and on the host itself, DNS, ping.
symptom() {
  printf '{"ssh":%s,"sshOnTheHost":%s,"dns":%s,"ping":{"lostPercent":%s},"count":%s}\n' \
    "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:22 --mode req --n 4 --timeout $PATIENCE --secs 10)" \
    "$(T "$PY" -E -s "$HERE/sockets.py" conn --to 127.0.0.1:22 --mode req --n 4 --timeout $PATIENCE --secs 10)" \
    "$(T "$PY" -E -s "$HERE/sockets.py" udpq --to $PIP:53 --n 4 --timeout $PATIENCE)" \
    "$(T ping -c 3 -i 0.2 -W 1 $PIP 2>/dev/null | sed -n 's/.* \([0-9]*\)% packet loss.*/\1/p')" \
    "$(T cat /proc/sys/net/netfilter/nf_conntrack_count)"
}
# the clients go away, and what was remembered of them with them
cure() { stop held; stop load; T conntrack -F 2>/dev/null; }
