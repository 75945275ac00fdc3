# shellcheck shell=bash
# ORPHANS=n: with tcp_max_orphans n above what the machine has.
# 300 kB written and closed towards peers that never read (PEER=deaf), or that are gone (PEER=gone).
ORPHANS=${ORPHANS:-}
[ -z "$ORPHANS" ] || WHOLE=yes
orphans() { awk '/^TCP:/ { print $5 }' /proc/net/sockstat; }
few() { [ "$(orphans)" -lt 40 ]; }
# those of a case before this one are gone
calm() { local before; before=$(orphans); sleep 1; [ $(($(orphans) - before)) -gt -5 ]; }
trouble() {
  if [ -n "$ORPHANS" ]; then
    # Others' orphans count as well, and leave within two minutes: a limit put above many of them is soon far away.
    until_true 100 few || true
    want 30 calm
    gset /proc/sys/net/ipv4/tcp_max_orphans $(($(orphans) + ORPHANS))
  fi
  serve bgT web --listen $TIP:80 --mode sendclose --send 300000
  load bgP load --to $TIP:80 --mode hold --rcvbuf 4096 --rate 100 --stop-at 340
  if [ -n "$ORPHANS" ]; then
    want 30 live_at_least load tried 340
    sleep 1
    load bgP more --to $TIP:80 --mode hold --rcvbuf 4096 --rate 8
    want 30 rises TCPAbortOnMemory
  else want 40 at_least fin-wait-1 300; fi
  if [ "${PEER:-deaf}" = gone ]; then
    P iptables -A INPUT -p tcp -j DROP
    want 40 resent
  fi
}
resent() { [ "$(T ss -Htno state fin-wait-1 | grep -Ec 'timer:\((on|persist),[^,]*,[1-9]')" -ge 200 ]; }
symptom() {
  local before; before=$(counter TCPAbortOnMemory); [ -z "$ORPHANS" ] || sleep 2
  printf '{"finWait1":%s,"resets":%s}\n' "$(count fin-wait-1)" $(($(counter TCPAbortOnMemory) - before))
}
