# shellcheck shell=bash
# A service listens inside the range from which outgoing connections take their ports.
trouble() { serve bgT web --listen $TIP:40000 --mode peerclose; }
symptom() { echo '{}'; }
