# shellcheck shell=bash
# KEPT_BY=nobody: we closed, the peers never do. KEPT_BY=app: our application shut down its half and keeps the descriptor.
minisocks() { T ss -Htano state fin-wait-2 | grep -c timewait; }
trouble() {
  local mode=closefirst
  [ "${KEPT_BY:-nobody}" = nobody ] || mode=halfclose
  serve bgT web --listen $TIP:80 --mode $mode
  load bgP burst --to $TIP:80 --mode hold --rate 400 --stop-at $((${PILE:-800} * 11 / 10))
  want 30 at_least fin-wait-2 "${PILE:-800}"
  [ "${KEPT_BY:-nobody}" = app ] || load bgP load --to $TIP:80 --mode hold --rate 10
}
symptom() { printf '{"finWait2":%s,"withoutOwner":%s}\n' "$(count fin-wait-2)" "$(minisocks)"; }
