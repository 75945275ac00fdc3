# shellcheck shell=bash
# The peers closed first and vanished: our FIN is never acknowledged.
trouble() {
  serve bgT web --listen $TIP:80 --mode peerclose --delay 4
  load bgP load --to $TIP:80 --mode close --rate 200 --stop-at 300
  want 30 at_least close-wait 300
  P iptables -A INPUT -p tcp -j DROP
  want 30 at_least last-ack 300
}
symptom() { printf '{"lastAck":%s}\n' "$(count last-ack)"; }
