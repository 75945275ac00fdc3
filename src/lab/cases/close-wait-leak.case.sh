# shellcheck shell=bash
# The application never closes what its peers have closed.
trouble() {
  serve bgT leaky --listen $TIP:8080 --mode leak
  load bgP load --to $TIP:8080 --mode close --rate 120 --stop-at ${LEAK:-900}
  want 40 at_least close-wait 600
  sleep 5 # a leak is what has been idle for 5 s
}
symptom() { printf '{"closeWait":%s,"fds":%s}\n' "$(count close-wait)" "$(ls "/proc/$(pid_of leaky)/fd" | wc -l)"; }
cure() { stop leaky; serve bgT mended --listen $TIP:8080 --mode peerclose; }
