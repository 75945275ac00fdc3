#!/bin/sh
# tcpstates gate: the only program that may change anything on this host for the tcpstates bot.
# POSIX sh (dash, busybox ash, bash, mksh). Its role comes from the host's own files, never from the caller:
#   gate front-ro     forced command of the read-only key: reads $SSH_ORIGINAL_COMMAND, answers as an ordinary user
#   gate front-rw     forced command of the change key: checks the request, hands it as one line over stdin to `sudo gate`
#   gate              as root and without arguments (sudoers: gate ""): one request line on stdin
#   gate timer ID T   as root, started by ourselves: after T seconds take ID back, unless it was confirmed
#   gate reap         as root, at boot and every minute: finish whatever a crash left behind
# Requests and answers are described in request.ts. An answer is k=v lines, the last always end=ok or end=CODE. Without an
# end= line the outcome is UNKNOWN: ask `status ID`.
# Order of a change: lock, settle what is due, compare, durable intent, arm the timer, apply, read back. Order of a
# confirmation: durable `committed` (the commit point), atomic rename into sysctl.d, `confirmed`; from there everybody rolls
# forward. A timer is cancelled by the record's state, never by killing a process.
# shellcheck disable=SC2015 # A && B || C is meant: C is the refusal, whichever of them failed
set -uf
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
BLANKS=' 	
'
IFS=$BLANKS
export LC_ALL PATH
unset ENV BASH_ENV CDPATH LANG LANGUAGE GLOBIGNORE 2>/dev/null || :
umask 077

PROTO=2
ROOT=''
PROC=/proc
ROOT_UID=0
TTL_MIN=30
TTL_MAX=3600
NOT_AFTER_MAX=300  # how far ahead, in seconds, a request may place its own expiry
REQUEST_MAX=2048   # characters; one list of ports and seven other keys fit
PORTS_MAX=400      # characters of a list of ports
RECORDS_MAX=500    # closed changes that are kept
AUDIT_BYTES=524288 # the audit file is turned at this size; one older file is kept
LOG_MAX=200
HOME_DIR=$ROOT/usr/local/libexec/tcpstates
SELF=$HOME_DIR/gate
RUN=$ROOT/run/tcpstates-gate     # the lock
LIB=$ROOT/var/lib/tcpstates-gate # c/ records, o/ markers of open ones, t/ half-written ones, audit.log
CONF=90-tcpstates.conf           # all that was confirmed as persistent, in one file: one rename is one change

say() { printf '%s\n' "$*"; }
end() { # code [exit status]
  say "end=$1"
  exit "${2:-0}"
}
note() { # one line of the host's own audit; the words were validated before. 1: it could not be written
  note_rc=0
  (printf '%s %s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$BOOT" "$*" >>"$LIB/audit.log") 2>/dev/null || note_rc=1
  logger -t tcpstates-gate -p authpriv.notice -- "$*" 2>/dev/null || :
  return $note_rc
}

# ---- what may be set ----------------------------------------------------------------------------------
# A key that is not named here does not exist. The table is generated from the sysctl catalogue (gate.ts): path, shape
# and bounds; NEVER_LOWER; IN_USE, the count that must stay below IN_USE_PERCENT of the value; MEM_EACH bytes a unit (or
# page) that together stay below MEM_PERMILLE of the memory.
spec() { # key -> P SHAPE MIN MAX WIDTH STEP NEVER_LOWER IN_USE IN_USE_PERCENT MEM_EACH MEM_PERMILLE; 1: not allowed
  SHAPE=integer MIN=0 MAX=0 WIDTH=0 STEP=1 NEVER_LOWER=0 IN_USE='' IN_USE_PERCENT=0 MEM_EACH='' MEM_PERMILLE=0
  case $1 in
    #@allow-list
    *) return 1 ;;
  esac
}

is_int() { # canonical decimal of at most nine digits: fits every shell's arithmetic
  case $1 in '' | *[!0-9]* | 0?* | ??????????*) return 1 ;; esac
}
are_ints() { # numbers joined by _, how many
  ai_count=$2
  case $1 in _* | *_ | *__*) return 1 ;; esac
  IFS=_
  # shellcheck disable=SC2086 # splitting is the purpose; -f is set
  set -- $1
  IFS=$BLANKS
  [ $# -eq "$ai_count" ] || return 1
  for ai in "$@"; do is_int "$ai" || return 1; done
}
is_ports() { # as the kernel prints it: ascending, disjoint, neighbours merged; `none` for the empty list
  [ "$1" != none ] || return 0
  [ "${#1}" -le "$PORTS_MAX" ] || return 1
  case $1 in '' | ,* | *, | *,,* | *[!0-9,-]*) return 1 ;; esac
  IFS=,
  # shellcheck disable=SC2086
  set -- $1
  IFS=$BLANKS
  ip_last=-2
  for ip in "$@"; do
    ip_low=${ip%%-*} ip_high=${ip#*-}
    is_int "$ip_low" && is_int "$ip_high" && [ "$ip_high" -le 65535 ] || return 1
    case $ip in *-*) [ "$ip_low" -lt "$ip_high" ] || return 1 ;; esac
    [ "$ip_low" -gt $((ip_last + 1)) ] || return 1
    ip_last=$ip_high
  done
}
is_value() { # syntax of a value for the current SHAPE
  case $SHAPE in
    integer) is_int "$1" ;;
    range) are_ints "$1" 2 ;;
    triple) are_ints "$1" 3 ;;
    ports) is_ports "$1" ;;
    *) return 1 ;;
  esac
}
in_bounds() {
  [ "$SHAPE" != ports ] || return 0
  IFS=_
  # shellcheck disable=SC2086
  set -- $1
  IFS=$BLANKS
  case $SHAPE in
    range) [ $(($2 - $1)) -ge "$WIDTH" ] || return 1 ;;
    triple) [ "$1" -le "$2" ] && [ "$2" -le "$3" ] || return 1 ;;
    *) [ $(($1 % STEP)) -eq 0 ] || return 1 ;;
  esac
  for ib in "$@"; do [ "$ib" -ge "$MIN" ] && [ "$ib" -le "$MAX" ] || return 1; done
}
lowers() { # old new: is any number smaller than before?
  lw_old=$1
  IFS=_
  # shellcheck disable=SC2086
  set -- $2
  IFS=$BLANKS
  for lw in "$@"; do
    [ "$lw" -ge "${lw_old%%_*}" ] || return 0
    lw_old=${lw_old#*_}
  done
  return 1
}
in_memory() { # largest number x MEM_EACH within its share of the memory. awk: 32-bit shells could not multiply this
  [ -n "$MEM_EACH" ] || return 0
  im_each=$MEM_EACH
  [ "$im_each" != page ] || im_each=$(getconf PAGESIZE 2>/dev/null || echo 4096)
  awk -v n="${1##*_}" -v each="$im_each" -v share="$MEM_PERMILLE" \
    '/^MemTotal:/ { ok = (n * each <= $2 * 1024 * share / 1000) } END { exit !ok }' "$PROC/meminfo" 2>/dev/null
}
crowded() { # value: would what is in use now exceed its share of this value? Lowering nf_conntrack_max below the count
  # drops every new flow at once. The limit is one for the machine, the count is one per network namespace: the fullest
  # decides. A count that can't be read counts as crowded.
  [ -n "$IN_USE" ] || return 1
  cr=$(cat "$PROC/sys/$IN_USE" 2>/dev/null) && is_int "$cr" || return 0
  # shellcheck disable=SC2017 # divided first: 32-bit shells
  cr_limit=$(($1 / 100 * IN_USE_PERCENT + $1 % 100 * IN_USE_PERCENT / 100))
  [ "$cr" -le "$cr_limit" ] || return 0
  [ "$IN_USE" = net/netfilter/nf_conntrack_count ] || return 1
  set +f
  # shellcheck disable=SC2012 # the links' targets are wanted, and numbers are the names
  ls -l "$PROC"/[0-9]*/ns/net 2>/dev/null | awk '!seen[$NF]++ { sub("/ns/net$", "", $(NF - 2)); print $(NF - 2) }' |
    while read -r cr_dir; do sed -n '2s/ .*//p' "$cr_dir/net/stat/nf_conntrack" 2>/dev/null; done | (
      while read -r cr; do
        case $cr in '' | *[!0-9a-f]*) continue ;; esac
        [ $((0x$cr)) -le "$cr_limit" ] || exit 0
      done
      exit 1
    )
  cr=$?
  set -f
  return $cr
}

current() { # -> CUR, value now of the spec'd key. cat, never `read <`: dash reads byte by byte, and /proc/sys then says 6 for 60
  CUR=$(cat "$PROC/sys/$P" 2>/dev/null) || return 1
  # shellcheck disable=SC2086
  set -- $CUR
  case $SHAPE.$# in
    integer.1 | ports.1) CUR=$1 ;;
    range.2) CUR=${1}_$2 ;;
    triple.3) CUR=${1}_${2}_$3 ;;
    ports.0) CUR=none ;;
    *) return 1 ;;
  esac
  is_value "$CUR"
}
kernel_form() { # wire value -> KV: `_` stands for a blank, `none` for nothing
  KV=$1
  case $SHAPE in
    ports) [ "$KV" != none ] || KV='' ;;
    *)
      IFS=_
      # shellcheck disable=SC2086
      set -- $KV
      IFS=$BLANKS
      KV=$*
      ;;
  esac
}
put() {
  kernel_form "$1"
  (printf '%s\n' "$KV" >"$PROC/sys/$P") 2>/dev/null
}

# ---- one request line, parsed strictly ------------------------------------------------------------------
is_id() {
  case $1 in *[!a-z0-9]*) return 1 ;; esac
  [ "${#1}" -ge 8 ] && [ "${#1}" -le 40 ]
}
is_not_after() { # first 8 hex digits of the boot id, a dot, host uptime in seconds
  case $1 in
    [a-f0-9][a-f0-9][a-f0-9][a-f0-9][a-f0-9][a-f0-9][a-f0-9][a-f0-9].*) is_int "${1#*.}" ;;
    *) return 1 ;;
  esac
}
split() { # KEY:OLD:NEW -> K OLD NEW and the key's spec
  case $1 in *:*:*:*) return 1 ;; *:*:*) : ;; *) return 1 ;; esac
  K=${1%%:*} NEW=${1##*:} OLD=${1#*:}
  OLD=${OLD%:*}
  spec "$K" && is_value "$OLD" && is_value "$NEW" && [ "$OLD" != "$NEW" ]
}
are_entries() { # one to eight, no key twice
  ae_seen=' '
  ae_count=0
  for ae in $1; do
    split "$ae" || return 1
    case $ae_seen in *" $K "*) return 1 ;; esac
    ae_seen="$ae_seen$K "
    ae_count=$((ae_count + 1))
  done
  [ $ae_count -ge 1 ] && [ $ae_count -le 8 ]
}
parse() { # line -> LINE VERB N A1..A4 ENTRIES
  [ "${#1}" -le "$REQUEST_MAX" ] || return 1
  case $1 in '' | *[!a-z0-9._,:\ -]*) return 1 ;; esac
  LINE=$1
  # shellcheck disable=SC2086
  set -- $LINE
  [ "$*" = "$LINE" ] || return 1 # single blanks only
  [ $# -le 13 ] || return 1
  N=$# VERB=$1 A1=${2-} A2=${3-} A3=${4-} A4=${5-} ENTRIES=''
  [ $# -le 5 ] || {
    shift 5
    ENTRIES=$*
  }
}
check() { # syntax of the whole request; asked by the front and again by root
  case $VERB.$N in
    version.1 | probe.1 | sysctls.1 | list.1) : ;;
    get.2) spec "$A1" ;;
    log.2) is_int "$A1" && [ "$A1" -ge 1 ] && [ "$A1" -le "$LOG_MAX" ] ;;
    confirm.2 | revert.2 | status.2) is_id "$A1" ;;
    set.[6-9] | set.1[0-3])
      is_id "$A1" && is_int "$A2" && [ "$A2" -ge "$TTL_MIN" ] && [ "$A2" -le "$TTL_MAX" ] && is_not_after "$A3" || return 1
      case $A4 in runtime | persistent) are_entries "$ENTRIES" ;; *) return 1 ;; esac
      ;;
    *) return 1 ;;
  esac
}

# ---- records --------------------------------------------------------------------------------------------
now() { # -> NOW, the host's uptime in seconds; never the wall clock, which can jump
  read -r NOW _ <"$PROC/uptime"
  NOW=${NOW%%.*}
}
in_time() { # a request that a partition held up must not take effect later, in another mind or another boot
  now
  [ "${A3%%.*}" = "${BOOT%%-*}" ] && [ "$NOW" -le "${A3#*.}" ] && [ $((${A3#*.} - NOW)) -le "$NOT_AFTER_MAX" ]
}
load() { # id -> R_*; 1 absent, 2 corrupt
  R_STATE='' R_MODE='' R_TTL='' R_DEADLINE='' R_BOOT='' R_ENTRIES='' R_HELD='' R_END=''
  [ -f "$LIB/c/$1" ] || return 1
  while IFS='=' read -r rk rv; do
    case $rk in
      state) R_STATE=$rv ;; mode) R_MODE=$rv ;; ttl) R_TTL=$rv ;; deadline) R_DEADLINE=$rv ;; boot) R_BOOT=$rv ;;
      entries) R_ENTRIES=$rv ;; held) R_HELD=$rv ;; end) R_END=$rv ;;
    esac
  done <"$LIB/c/$1"
  [ "$R_END" = record ] && is_int "$R_DEADLINE" && is_int "$R_TTL" && are_entries "$R_ENTRIES" || return 2
  case $R_MODE in runtime | persistent) : ;; *) return 2 ;; esac
  case $R_STATE in
    prepared | applied | committed | confirmed | reverting | reverted | conflict | failed) : ;;
    *) return 2 ;;
  esac
}
fsync() { sync "$1" 2>/dev/null; } # an old sync that knows no operands says so, and syncs everything
save() { # id state: durable and atomic. R_STATE moves only when the record did
  printf 'state=%s\nmode=%s\nttl=%s\ndeadline=%s\nboot=%s\nentries=%s\nheld=%s\nend=record\n' "$2" "$R_MODE" "$R_TTL" \
    "$R_DEADLINE" "$R_BOOT" "$R_ENTRIES" "$R_HELD" 2>/dev/null >"$LIB/t/$1" || return 1
  fsync "$LIB/t/$1" || return 1
  #@kp save-before-rename
  mv -f "$LIB/t/$1" "$LIB/c/$1" 2>/dev/null || return 1
  R_STATE=$2
  fsync "$LIB/c"
}
show() { # id: the whole record with the values now
  say "id=$1"
  say "state=$R_STATE"
  say "mode=$R_MODE"
  sw=0
  for sw_entry in $R_ENTRIES; do
    sw=$((sw + 1))
    say "entry$sw=$sw_entry"
    split "$sw_entry" && current || CUR=unreadable
    say "current$sw=$CUR"
  done
  say "entries=$sw"
  [ -z "$R_HELD" ] || say "held=$R_HELD"
  case $R_STATE in
    prepared | applied)
      now
      say "left=$((R_DEADLINE - NOW))"
      ;;
  esac
}
lock() { # waits up to 8 s. busybox flock has no -w; mksh closes fd 9 on exec unless it is named again
  command -v flock >/dev/null 2>&1 || end no-lock 73
  (: >"$RUN/lock") 2>/dev/null || end no-lock 73 # a failed exec would end the shell without a word
  exec 9>"$RUN/lock"
  lk=0
  while ! flock -n 9 9>&9 2>/dev/null; do
    lk=$((lk + 1))
    [ $lk -lt 40 ] || end busy 75
    sleep 0.2 2>/dev/null || sleep 1
  done
}
arm() { # id seconds: a timer that outlives the SSH session, sudo and the bot. The lock's fd must not leak into it
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1 &&
    [ "$(readlink /proc/self/ns/net)" = "$(readlink /proc/1/ns/net)" ]; then
    systemd-run --quiet --collect --unit="tcpstates-revert-$1" --on-active="$2"s --timer-property=AccuracySec=1s \
      "$SELF" timer "$1" 0 9>&- >/dev/null 2>&1 && return 0
  fi
  setsid "$SELF" timer "$1" "$2" </dev/null >/dev/null 2>&1 9>&- &
  arm_pid=$!
  kill -0 "$arm_pid" 2>/dev/null
}

# ---- persistence ----------------------------------------------------------------------------------------
ours() { # reads our own file and drops what it says about the keys in $1
  [ ! -f "$ROOT/etc/sysctl.d/$CONF" ] || awk -v keys=" $1 " '
    { key = $1; sub(/=.*/, "", key) }
    $1 == "#" && $2 == "change" && index(keys, " " $4 " ") { next }
    index(keys, " " key " ") { next }
    { print }' "$ROOT/etc/sysctl.d/$CONF"
}
persist() { # id: roll forward, idempotent. Never `sysctl -p` or --system: they re-apply everybody else's settings too
  ps_tmp=$ROOT/etc/sysctl.d/.$CONF.new ps_keys=''
  for ps in $R_ENTRIES; do ps_keys="$ps_keys ${ps%%:*}"; done
  (
    [ -s "$ROOT/etc/sysctl.d/$CONF" ] || printf '# Confirmed changes, written by the tcpstates gate.\n' || exit 1
    ours "$ps_keys" || exit 1
    for ps in $R_ENTRIES; do
      split "$ps" || exit 1
      kernel_form "$NEW"
      printf '# change %s %s was %s\n' "$1" "$K" "$OLD" || exit 1
      [ -z "$KV" ] || printf '%s = %s\n' "$K" "$KV" || exit 1
    done
  ) 2>/dev/null >"$ps_tmp" || {
    rm -f "$ps_tmp"
    return 1
  }
  chmod 644 "$ps_tmp" && fsync "$ps_tmp" || return 1
  #@kp persist-before-rename
  mv -f "$ps_tmp" "$ROOT/etc/sysctl.d/$CONF" 2>/dev/null || return 1
  fsync "$ROOT/etc/sysctl.d"
}
is_persisted() { grep -qs "^# change $1 " "$ROOT/etc/sysctl.d/$CONF"; }
tuned_files() { # the active profile with what it includes, where tuned has the last word
  grep -Eqs '^[[:space:]]*reapply_sysctl[[:space:]]*=[[:space:]]*(0|[Ff]alse|[Nn]o)' "$ROOT/etc/tuned/tuned-main.conf" || return 0
  tf_todo=$(cat "$ROOT/etc/tuned/active_profile" 2>/dev/null) tf_depth=0 tf_list=''
  while [ -n "$tf_todo" ] && [ $tf_depth -lt 8 ]; do
    tf_next=''
    for tf in $tf_todo; do
      case $tf in *[!A-Za-z0-9._-]* | .*) continue ;; esac
      for tf_dir in "$ROOT/etc/tuned/profiles" "$ROOT/etc/tuned" "$ROOT/usr/lib/tuned/profiles" "$ROOT/usr/lib/tuned"; do
        [ -f "$tf_dir/$tf/tuned.conf" ] || continue
        tf_list="$tf_dir/$tf/tuned.conf $tf_list"
        tf_next="$tf_next $(sed -n 's/^[[:space:]]*include[[:space:]]*=[[:space:]]*//p' "$tf_dir/$tf/tuned.conf" | tr ',' ' ')"
        break
      done
    done
    tf_todo=$tf_next tf_depth=$((tf_depth + 1))
  done
  say "${tf_list:+ $tf_list}"
}
shadows() { # says which other file would win at the next boot: shadowN=KEY FILE VALUE, and how many
  sd_files='' sd_seen=' '
  if [ "$R_MODE" = persistent ]; then
    set +f
    for sd_dir in etc/sysctl.d run/sysctl.d usr/local/lib/sysctl.d usr/lib/sysctl.d lib/sysctl.d; do
      for sd in "$ROOT/$sd_dir"/*.conf; do
        sd_name=${sd##*/}
        [ -f "$sd" ] || continue
        case $sd in *[\ \	]*) continue ;; esac
        case $sd_seen in *" $sd_name "*) continue ;; esac # the same name in a stronger folder masks this one
        sd_seen="$sd_seen$sd_name "
        [ "$sd_name" != "$CONF" ] && [ "$(printf '%s\n%s\n' "$sd_name" "$CONF" | sort | tail -n 1)" = "$sd_name" ] || continue
        sd_files="$sd_files$sd_name $sd
"
      done
    done
    set -f
    sd_files=$(printf '%s' "$sd_files" | sort | sed 's/^[^ ]* //')
    [ ! -f "$ROOT/etc/sysctl.conf" ] || sd_files="$sd_files $ROOT/etc/sysctl.conf"
    sd_files="$sd_files$(tuned_files)"
  elif [ -f "$ROOT/etc/sysctl.d/$CONF" ]; then
    sd_files=$ROOT/etc/sysctl.d/$CONF # what was confirmed before comes back at boot
  fi
  [ -n "${sd_files## }" ] || say shadowed=0
  # shellcheck disable=SC2086
  [ -z "${sd_files## }" ] || awk -v entries="$R_ENTRIES" '
    BEGIN { n = split(entries, e, " "); for (i = 1; i <= n; i++) { split(e[i], p, ":"); want[p[1]] = p[3] } }
    FNR == 1 { tuned = (FILENAME ~ /tuned[.]conf$/); section = "" }
    /^[ \t]*\[/ { section = $0; gsub(/[ \t]/, "", section) }
    tuned && section != "[sysctl]" { next }
    /^[ \t]*[#;]/ { next }
    {
      at = index($0, "="); if (!at) next
      key = substr($0, 1, at - 1); value = substr($0, at + 1)
      gsub(/[ \t-]/, "", key); gsub("/", ".", key)
      if (!(key in want)) next
      gsub(/^[ \t]+|[ \t\r]+$/, "", value); gsub(/[ \t]+/, "_", value); if (value == "") value = "none"
      gsub(/[^A-Za-z0-9.,_${}:-]/, "?", value)
      file[key] = FILENAME; last[key] = substr(value, 1, 80)
    }
    END {
      for (i = 1; i <= n; i++) {
        split(e[i], p, ":"); k = p[1]
        if (k in last && last[k] != want[k]) printf "shadow%d=%s %s %s\n", ++found, k, substr(file[k], 1, 200), last[k]
      }
      printf "shadowed=%d\n", found
    }' $sd_files 2>/dev/null
  case $R_MODE.$R_ENTRIES in
    persistent.*net.netfilter.nf_conntrack*) say at-boot=needs-module-nf_conntrack ;; # the line fails while it isn't loaded
  esac
}

# ---- bringing records to where they ought to be -----------------------------------------------------------
undo() { # id target-state why: the lock is held, R_* loaded. Newest key first; each is compared, so that nobody else's value
  # is overwritten; what can't be put back yet is held and tried again every minute. 2: the record could not be written
  ud_order='' ud_held='' ud_foreign=''
  for ud in $R_ENTRIES; do ud_order="$ud $ud_order"; done
  for ud in $ud_order; do
    split "$ud" && current || {
      ud_held="$ud_held $K:unreadable"
      continue
    }
    [ "$CUR" != "$OLD" ] || continue
    [ "$CUR" = "$NEW" ] || {
      ud_foreign="$ud_foreign $K:$CUR"
      continue
    }
    if [ -n "$IN_USE" ] && lowers "$NEW" "$OLD" && crowded "$OLD"; then
      ud_held="$ud_held $K:in-use"
      continue
    fi
    #@kp undo-before-write
    put "$OLD"
    #@kp undo-after-write
    current && [ "$CUR" = "$OLD" ] || ud_held="$ud_held $K:not-accepted"
  done
  if [ -n "$ud_held" ]; then
    [ "$R_STATE.$R_HELD" != "reverting.${ud_held# }" ] || return 0 # said before
    R_HELD=${ud_held# }
    save "$1" reverting || return 2
    note "REVERT-HELD id=$1 held=$R_HELD why=$3"
  elif [ -n "$ud_foreign" ] && [ "$2" = reverted ]; then
    R_HELD=''
    save "$1" conflict || return 2
    note "CONFLICT id=$1 current=${ud_foreign# } entries=$R_ENTRIES why=$3"
  else
    R_HELD=''
    save "$1" "$2" || return 2
    note "$2 id=$1 entries=$R_ENTRIES why=$3${ud_foreign:+ left-alone=${ud_foreign# }}"
  fi
  return 0
}
settle() { # id
  case $R_STATE in
    prepared | applied)
      if [ "$R_BOOT" != "$BOOT" ]; then save "$1" reverted && note "reverted id=$1 why=reboot"; else
        now
        [ "$NOW" -lt "$R_DEADLINE" ] || undo "$1" reverted expired
      fi
      ;;
    committed) # past the commit point: only ever forward
      if [ "$R_BOOT" != "$BOOT" ] && ! is_persisted "$1"; then
        save "$1" reverted && note "reverted id=$1 why=reboot-before-persist" # nobody was told `confirmed`
      else
        persist "$1" && save "$1" confirmed && note "confirmed id=$1 entries=$R_ENTRIES why=recovered"
      fi
      ;;
    reverting)
      if [ "$R_BOOT" != "$BOOT" ]; then R_HELD='' && save "$1" reverted && note "reverted id=$1 why=reboot"; else
        undo "$1" reverted again
      fi
      ;;
  esac
}
reap() { # lock held: settle every open record -> OPEN, the one that still stands in the way of another change, if any
  OPEN=''
  rp_held=''
  # shellcheck disable=SC2045 # names are ids; anything else counts as corrupt
  for rp in $(ls "$LIB/o" 2>/dev/null); do
    if is_id "$rp" && load "$rp"; then
      [ "$R_STATE" != reverting ] || {
        rp_held="$rp_held $rp"
        continue
      }
      settle "$rp"
      case $R_STATE in
        prepared | applied | committed) OPEN=$rp ;;
        reverting) : ;;
        *) rm -f "$LIB/o/$rp" ;;
      esac
    elif is_id "$rp" && [ ! -e "$LIB/c/$rp" ]; then
      rm -f "$LIB/o/$rp" # a marker without a record: killed before anything happened
    else
      OPEN=corrupt # fail closed: no new change until a person looked
      note "CORRUPT record=${rp%%[!a-z0-9]*}"
    fi
  done
  # A held revert doesn't forbid a new change (raising the limit further may be what helps), and waits while one is open.
  [ -z "$OPEN" ] || return 0
  for rp in $rp_held; do
    load "$rp" || continue
    settle "$rp"
    [ "$R_STATE" = reverting ] || rm -f "$LIB/o/$rp"
  done
}
prune() { # bounded for ever: the newest closed records, two audit files. Open ones are never touched
  # shellcheck disable=SC2012 # names are ids
  for pr in $(ls -t "$LIB/c" 2>/dev/null | tail -n +$((RECORDS_MAX + 1))); do
    is_id "$pr" && [ ! -e "$LIB/o/$pr" ] && rm -f "$LIB/c/$pr"
  done
  [ ! -f "$LIB/audit.log" ] || [ "$(wc -c <"$LIB/audit.log")" -le "$AUDIT_BYTES" ] || mv -f "$LIB/audit.log" "$LIB/audit.log.1"
}
close_marker() { rm -f "$LIB/o/$A1"; }

# ---- verbs of the change account, as root -----------------------------------------------------------------
refuse() { # code: about the key that split looked at last
  say "key=$K"
  end "$1" 77
}
takes_back() { # does K OLD NEW undo a change that was confirmed here? Then NEW is a value that this host had before us
  # shellcheck disable=SC2013 # names are ids
  for tb in $(
    set +f
    cd "$LIB/c" && grep -ls -E "^entries=(.* )?$(say "$K:$NEW:$OLD" | sed 's/[.]/[.]/g')( |\$)" -- * /dev/null
  ); do
    grep -qsx 'state=confirmed' "$LIB/c/$tb" && return 0
  done
  return 1
}
permitted() { # every entry within its bounds, absolute and relative; else refuses
  for pm in $ENTRIES; do
    split "$pm" || end denied 77
    ! crowded "$NEW" || refuse below-use
    ! takes_back || continue
    in_bounds "$NEW" || refuse out-of-bounds
    [ "$NEVER_LOWER" = 0 ] || ! lowers "$OLD" "$NEW" || refuse would-lower
    in_memory "$NEW" || refuse too-much-memory
  done
}
do_set() { # A1 id, A2 seconds, A3 not-after, A4 mode, ENTRIES
  lock
  reap
  load "$A1"
  case $? in
    2) end corrupt-record 70 ;;
    0) # this id was here before: a replay, or an id used twice
      [ "$R_ENTRIES $R_MODE $R_TTL" = "$ENTRIES $A4 $A2" ] || {
        show "$A1"
        end id-reuse 77
      }
      say replay=1
      case $R_STATE in
        prepared) # a crash between intent and apply: go on below
          in_time || {
            note "too-late id=$A1"
            show "$A1"
            end too-late 75
          }
          ;;
        applied | committed | confirmed)
          show "$A1"
          end ok
          ;;
        *)
          show "$A1"
          end closed 77
          ;;
      esac
      ;;
    *)
      in_time || {
        note "too-late id=$A1"
        end too-late 75
      }
      [ -z "$OPEN" ] || {
        say "pending=$OPEN"
        end busy-pending 75
      }
      for ds in $ENTRIES; do
        split "$ds" || end denied 77
        current || {
          say "key=$K"
          end unreadable 69
        }
        [ "$CUR" = "$OLD" ] || {
          say "key=$K"
          say "current=$CUR"
          end stale 76
        }
      done
      permitted
      now
      R_ENTRIES=$ENTRIES R_MODE=$A4 R_TTL=$A2 R_DEADLINE=$((NOW + A2)) R_BOOT=$BOOT R_HELD=''
      #@kp set-before-marker
      printf '' 2>/dev/null >"$LIB/o/$A1" && fsync "$LIB/o" || end storage 73
      #@kp set-before-audit
      note "prepared id=$A1 mode=$A4 ttl=$A2 entries=$ENTRIES" || {
        close_marker
        end storage 73
      }
      #@kp set-before-record
      save "$A1" prepared || {
        close_marker
        end storage 73
      }
      ;;
  esac
  #@kp set-before-arm
  now
  left=$((R_DEADLINE - NOW))
  [ "$left" -gt 0 ] || left=1
  arm "$A1" "$left" || {
    undo "$A1" failed no-timer
    case $R_STATE in failed) close_marker ;; esac
    end no-timer 71
  }
  #@kp set-before-apply
  for ds in $R_ENTRIES; do
    split "$ds"
    current || give_up unreadable 69
    case $CUR in
      "$NEW") continue ;;
      "$OLD") : ;;
      *) give_up stale 76 ;;
    esac
    put "$NEW"
    #@kp set-after-write
    current || CUR=unreadable
    [ "$CUR" = "$NEW" ] || {
      got=$CUR
      # refused or clamped by the kernel: what it made of our write is ours to take back
      [ "$CUR" = "$OLD" ] || put "$OLD"
      CUR=$got
      give_up not-accepted 65
    }
  done
  #@kp set-before-applied
  save "$A1" applied || end storage-after-apply 74 # the timer takes it back all the same
  #@kp set-before-reply
  note "applied id=$A1 mode=$R_MODE entries=$R_ENTRIES left=$left"
  show "$A1"
  shadows
  end ok
}
give_up() { # code, exit status: all keys or none
  say "key=$K"
  say "got=$CUR"
  undo "$A1" failed "$1"
  case $R_STATE in failed) close_marker ;; esac
  show "$A1"
  end "$1" "$2"
}
known() { # load A1 or end
  load "$A1"
  case $? in 1) end unknown-id 66 ;; 2) end corrupt-record 70 ;; esac
  case $R_STATE in prepared | applied | committed) settle "$A1" ;; esac # a power cut may have taken its marker
}
do_confirm() {
  lock
  reap
  known
  case $R_STATE in
    confirmed)
      say replay=1
      show "$A1"
      shadows
      end ok
      ;;
    applied)
      for dc in $R_ENTRIES; do
        split "$dc"
        current && [ "$CUR" = "$NEW" ] || {
          show "$A1"
          end stale 76
        }
      done
      #@kp confirm-before-commit
      if [ "$R_MODE" = persistent ]; then
        save "$A1" committed || end storage 73 # before it the timer reverts, after it everybody rolls forward
        #@kp confirm-after-commit
        persist "$A1" || {
          note "PERSIST-FAILED id=$A1"
          show "$A1"
          end persist-failed 74
        }
        #@kp confirm-after-persist
      fi
      save "$A1" confirmed || end storage 74
      #@kp confirm-before-reply
      close_marker
      note "confirmed id=$A1 mode=$R_MODE entries=$R_ENTRIES"
      show "$A1"
      shadows
      end ok
      ;;
    committed)
      show "$A1"
      end persist-failed 74
      ;;
    *)
      show "$A1"
      end not-pending 77
      ;;
  esac
}
do_revert() {
  lock
  reap
  known
  case $R_STATE in
    prepared | applied)
      undo "$A1" reverted asked || {
        show "$A1"
        end storage-after-revert 74
      }
      ;;
    reverted | reverting | conflict) say replay=1 ;;
    *)
      show "$A1"
      end not-pending 77
      ;;
  esac
  [ "$R_STATE" = reverting ] || close_marker
  #@kp revert-before-reply
  show "$A1"
  case $R_STATE in reverted) end ok ;; reverting) end held 75 ;; *) end conflict 76 ;; esac
}
do_status() {
  lock
  reap
  known
  show "$A1"
  end ok
}
do_list() { # open ones first, then the most recent of the closed
  lock
  reap
  dl=0
  # shellcheck disable=SC2012
  for dl_id in $(ls "$LIB/o") $(ls -t "$LIB/c" | head -n 40); do
    [ $dl -lt 20 ] || break
    is_id "$dl_id" || continue
    case ${dl_seen-} in *" $dl_id "*) continue ;; esac
    dl_seen="${dl_seen-} $dl_id "
    load "$dl_id" || continue
    dl=$((dl + 1))
    say "change$dl=$dl_id $R_STATE $R_MODE"
    dl_keys=''
    for dl_entry in $R_ENTRIES; do dl_keys="$dl_keys ${dl_entry%%:*}"; done
    say "keys$dl=${dl_keys# }"
  done
  say "changes=$dl"
  say "open=${OPEN:-none}"
  end ok
}
do_log() {
  lock
  cat "$LIB/audit.log.1" "$LIB/audit.log" 2>/dev/null | tail -n "$A1" | tr -cd ' -~\n' | cut -c 1-1000 |
    awk '{ print "log" NR "=" $0 } END { print "lines=" NR + 0 }'
  end ok
}

# ---- entry ----------------------------------------------------------------------------------------------
root_only() { # number of arguments wanted, number given
  [ "$1" -eq "$2" ] && [ "$(id -u)" = "$ROOT_UID" ] || end denied 77
}
root_folders() {
  mkdir -p "$RUN" "$LIB/c" "$LIB/o" "$LIB/t" 2>/dev/null && chmod 700 "$RUN" "$LIB" 2>/dev/null
  [ -d "$LIB/t" ] && [ -d "$RUN" ] || end storage 73
}
run_script() { # the project's own read-only script; its answer has its own closing line
  [ -r "$HOME_DIR/$1.sh" ] || end not-installed 69
  timeout 1 true 2>/dev/null && exec timeout 60 sh "$HOME_DIR/$1.sh" </dev/null
  exec sh "$HOME_DIR/$1.sh" </dev/null
}
BOOT=$(cat "$PROC/sys/kernel/random/boot_id" 2>/dev/null) || BOOT=none
case $BOOT in '' | *[!a-f0-9-]*) BOOT=none ;; esac
ROLE=${1-root}
case $ROLE in
  front-ro | front-rw)
    parse "${SSH_ORIGINAL_COMMAND-}" && check || end denied 77
    case $ROLE.$VERB in
      *.version)
        now
        say "proto=$PROTO"
        say "boot=$BOOT"
        say "uptime=$NOW"
        say "role=${ROLE#front-}"
        say "gate=$(sha256sum "$SELF" 2>/dev/null | cut -d ' ' -f 1)"
        end ok
        ;;
      *.probe) run_script state ;;
      *.sysctls) run_script sysctl ;;
      *.get)
        spec "$A1"
        current || end unreadable 69
        say "key=$A1"
        say "value=$CUR"
        end ok
        ;;
      front-rw.set | front-rw.confirm | front-rw.revert | front-rw.status | front-rw.list | front-rw.log)
        # Asked first: else a sudoers file that no longer fits would look like an unknown outcome.
        sudo -n -l "$SELF" >/dev/null 2>&1 || end not-enrolled 69
        printf '%s\n' "$LINE" | sudo -n "$SELF"
        exit $?
        ;;
      *) end denied 77 ;;
    esac
    ;;
  root)
    root_only 0 $#
    REQUEST=$(head -c $((REQUEST_MAX + 1)) | tr '\000' '!') # a NUL must not vanish: make it a forbidden byte
    parse "$REQUEST" && check || end denied 77
    trap '' HUP PIPE # the asker may be gone: what was begun is finished
    root_folders
    case $VERB in
      set) do_set ;;
      confirm) do_confirm ;;
      revert) do_revert ;;
      status) do_status ;;
      list) do_list ;;
      log) do_log ;;
      *) end denied 77 ;;
    esac
    ;;
  timer)
    root_only 3 $#
    is_id "$2" && is_int "$3" || end denied 77
    trap '' HUP INT TERM PIPE
    cd /
    [ "$3" = 0 ] || sleep "$3"
    load "$2" || exit 0 # taken off the host meanwhile
    root_folders
    now
    tm=0
    while [ "$NOW" -lt "$R_DEADLINE" ] && [ $tm -lt 5 ]; do # whole seconds were rounded
      sleep 1
      tm=$((tm + 1))
      now
    done
    exec 9>"$RUN/lock"
    flock 9 9>&9
    reap
    exit 0
    ;;
  reap)
    root_only 1 $#
    root_folders
    lock
    reap
    prune
    say "open=${OPEN:-none}"
    end ok
    ;;
  *) end denied 77 ;;
esac
