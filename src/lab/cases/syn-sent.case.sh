# shellcheck shell=bash
# A firewall drops what we send to one upstream; another works.
trouble() {
  P iptables -A INPUT -p tcp --dport 5432 -j DROP
  serve bgP ok --listen $PIP:8080 --mode peerclose
  load bgT good --to $PIP:8080 --mode close --rate 5
  load bgT load --to $PIP:5432 --mode close --rate 50 --parallel 2000 --timeout 200
  want 40 at_least syn-sent 150
}
symptom() { printf '{"synSent":%s}\n' "$(count syn-sent)"; }
cure() { P iptables -F INPUT; serve bgP up --listen $PIP:5432 --mode peerclose; }
