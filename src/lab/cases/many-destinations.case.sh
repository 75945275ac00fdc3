# shellcheck shell=bash
# Healthy: the client closes first, but over forty destinations, each with ports enough.
trouble() {
  local k
  for k in 1 2 3 4 5 6 7 8; do ip -n "$PNS" addr add 10.77.3.$k/16 dev v0; done
  serve bgP srv --listen 10.77.3.1:8080-8084,10.77.3.2:8080-8084,10.77.3.3:8080-8084,10.77.3.4:8080-8084,10.77.3.5:8080-8084,10.77.3.6:8080-8084,10.77.3.7:8080-8084,10.77.3.8:8080-8084 --mode peerclose
  bgT load conn --to 10.77.3.1:8080-8084,10.77.3.2:8080-8084,10.77.3.3:8080-8084,10.77.3.4:8080-8084,10.77.3.5:8080-8084,10.77.3.6:8080-8084,10.77.3.7:8080-8084,10.77.3.8:8080-8084 --mode close --n 12000 --secs 60
  want 60 tw_at_least 11500
}
symptom() { printf '{"connects":%s}\n' "$(T "$PY" -E -s "$HERE/sockets.py" conn --to 10.77.3.1:8080 --mode close --n 100 --rate 400 --secs 5)"; }
