# shellcheck shell=bash
# Healthy now: thousands of overflows since boot, none any more.
trouble() {
  serve bgT slow --listen $TIP:8080 --mode hold --backlog 16 --accept-rate 5
  load bgP load --to $TIP:8080 --mode hold --rate 300 --parallel 400 --timeout 1
  want 30 rises ListenOverflows
  stop load; stop slow
  serve bgT fast --listen $TIP:8080 --mode peerclose
  want 30 calm
}
calm() { ! rises ListenOverflows; }
symptom() { printf '{"overflows":%s}\n' "$(counter ListenOverflows)"; }
