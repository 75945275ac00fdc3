# shellcheck shell=bash
# The application accepts five a second, sixty come. LIMIT=app: listen(16); LIMIT=somaxconn: listen(4096), cut to 16.
trouble() {
  local backlog=16
  [ "${LIMIT:-app}" = app ] || { backlog=4096; T sysctl -wq net.core.somaxconn=16; }
  serve bgT slow --listen $TIP:8080 --mode hold --backlog $backlog --accept-rate 5
  load bgP load --to $TIP:8080 --mode hold --rate 60 --parallel 400 --timeout 3
  want 30 rises ListenOverflows
}
symptom() {
  local before; before=$(counter ListenOverflows)
  printf '{"connects":%s,"overflows":%s}\n' "$(P "$PY" -E -s "$HERE/sockets.py" conn --to $TIP:8080 --mode close --n 3 --timeout 1 --secs 8)" \
    $(($(counter ListenOverflows) - before))
}
# the application again, as fast as it should be; a new somaxconn counts from the next listen()
cure() { stop slow; serve bgT fast --listen $TIP:8080 --mode hold --backlog 4096; }
