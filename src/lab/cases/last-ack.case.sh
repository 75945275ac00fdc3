# shellcheck shell=bash
# The peers closed first and vanished: our FIN is never acknowledged.
trouble() {
  serve bgT web --listen $TIP:80 --mode peerclose --delay 5
  load bgP load --to $TIP:80 --mode close --rate 200 --stop-at 400
  want 30 at_least close-wait 250
  P iptables -A INPUT -p tcp -j DROP
  want 30 at_least last-ack 250
}
symptom() { printf '{"lastAck":%s}\n' "$(count last-ack)"; }
