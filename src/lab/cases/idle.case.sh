# shellcheck shell=bash
# Healthy: nothing happens.
trouble() { serve bgT a --listen $TIP:80 --mode peerclose; }
symptom() { echo '{}'; }
