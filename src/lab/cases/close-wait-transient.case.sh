# shellcheck shell=bash
# Healthy: 150 CLOSE_WAIT at any time, each for half a second, which is what the application needs to finish.
trouble() {
  serve bgT web --listen $TIP:80 --mode peerclose --delay 0.5
  load bgP load --to $TIP:80 --mode close --rate 300
  want 20 at_least close-wait 100
}
symptom() { printf '{"closeWait":%s}\n' "$(count close-wait)"; }
