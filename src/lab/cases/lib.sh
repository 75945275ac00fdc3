# lib.sh - read by run.sh before a case. Linux, root, iproute2, python3, openssh-server. A case is a pair of network
# namespaces: the host in trouble, with a real sshd of its own, and the peer that gives it trouble. Everything is bounded in
# time and number, runs in these namespaces alone, and is undone by `down`; a guard does that when nobody else does.
# shellcheck shell=bash
set -u

: "${CASE:?the name of the case}"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
PY=$(command -v python3) || { echo 'python3 is missing: apt-get install python3' >&2; exit 1; }
RUNROOT=${RUNROOT:-/run/tcpstates-lab}
RUN=$RUNROOT/$CASE
SECONDS_MAX=${SECONDS_MAX:-600} # every process and the case itself end after this
LOCK=${TMPDIR:-/tmp}/conntrack.lock # who changes a limit of the whole machine holds this
LOCK_WAIT=${LOCK_WAIT:-600}
TNS=lab-$CASE-host PNS=lab-$CASE-peer
TIP=10.77.0.1 PIP=10.77.0.2
INDEX=${INDEX:-0} # which /30 of 198.18.0.0/16 (RFC 2544, for tests) leads into the host
UPLINK=tcplab$INDEX
OUTSIDE=198.18.$INDEX.1 INSIDE=198.18.$INDEX.2
PLACE=${PLACE:-namespace} # host: the sshd is in the machine's own namespace, for what is visible there alone
WHOLE=${WHOLE:-no}        # yes: changes limits of the whole machine

T() { ip netns exec "$TNS" "$@"; }
P() { ip netns exec "$PNS" "$@"; }
py() { "$PY" -E -s "$HERE/sockets.py" "$@"; }
say() { printf '%s\n' "$*" >&2; }
die() { say "$CASE: $*"; exit 1; }

# until_true SECONDS command...: waits for a condition
until_true() {
  local deadline=$((SECONDS + $1)); shift
  while ! "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 0.2
  done
}
# want SECONDS command...: the case is not up without it (twice as long as it takes on a machine that has time: a busy one is
# late, not wrong). Of a load a few connections may fail: what is waited for is always less than what was tried.
want() { local most=$(( $1 * 2 )); shift; until_true "$most" "$@" || die "did not come about within $most s: $*"; }

# --- namespaces
mkpair() {
  local n
  for n in "$TNS" "$PNS"; do
    ip netns add "$n" && ip -n "$n" link set lo up || die 'no namespace could be made'
  done
  ip link add v0 netns "$TNS" type veth peer name v0 netns "$PNS" || die 'no veth could be made'
  ip -n "$TNS" addr add $TIP/16 dev v0 && ip -n "$TNS" link set v0 up
  ip -n "$PNS" addr add $PIP/16 dev v0 && ip -n "$PNS" link set v0 up
  # what new namespaces have on any machine, also where the machine itself has been tuned
  for n in "$TNS" "$PNS"; do
    ip netns exec "$n" sysctl -wq net.ipv4.tcp_tw_reuse=2 net.ipv4.tcp_fin_timeout=60 net.ipv4.tcp_syncookies=1 \
      net.ipv4.tcp_timestamps=1 net.ipv4.ip_local_port_range='32768 60999' net.core.somaxconn=4096
  done
  # a way in for SSH, from this machine alone
  ip link add "$UPLINK" type veth peer name up0 netns "$TNS" || die "$UPLINK could not be made"
  ip addr add "$OUTSIDE/30" dev "$UPLINK" && ip link set "$UPLINK" up
  ip -n "$TNS" addr add "$INSIDE/30" dev up0 && ip -n "$TNS" link set up0 up
}

# --- processes: in the background, their own session, known by name
bg() { # namespace name command...
  local ns=$1 name=$2; shift 2
  ip netns exec "$ns" setsid "$@" >"$RUN/$name.log" 2>&1 </dev/null &
  echo $! >"$RUN/$name.pid"
}
bgT() { local name=$1; shift; bg "$TNS" "$name" "$PY" -E -s "$HERE/sockets.py" "$@"; }
bgP() { local name=$1; shift; bg "$PNS" "$name" "$PY" -E -s "$HERE/sockets.py" "$@"; }
serve() { # bgT|bgP name options...
  local where=$1 name=$2; shift 2
  rm -f "$RUN/$name.ready"
  "$where" "$name" serve --secs "$SECONDS_MAX" --ready "$RUN/$name.ready" "$@"
  want 20 test -e "$RUN/$name.ready"
}
load() { # bgT|bgP name options...: a client that goes on to the end
  local where=$1 name=$2; shift 2
  "$where" "$name" conn --secs "$SECONDS_MAX" --n 2000000 --live "$RUN/$name.json" "$@"
}
pid_of() { cat "$RUN/$1.pid" 2>/dev/null; }
stop() { # name
  local pid; pid=$(pid_of "$1") || return 0
  rm -f "$RUN/$1.pid"
  kill "$pid" 2>/dev/null || return 0
  until_true 2 test ! -d "/proc/$pid" || kill -9 "$pid" 2>/dev/null
}

# --- limits of the whole machine: the value from before is on record before it is changed
CONNTRACK_LIMITS=(/proc/sys/net/netfilter/nf_conntrack_max /proc/sys/net/netfilter/nf_conntrack_buckets)
remember() { # /proc/sys/path...
  local file
  for file in "$@"; do
    grep -q "^$file " "$RUN/globals" 2>/dev/null || echo "$file $(cat "$file")" >>"$RUN/globals"
  done
}
gset() { # /proc/sys/path value
  remember "$1"
  printf '%s\n' "$2" >"$1"
}
restore() {
  [ -e "$RUN/globals" ] || return 0
  tac "$RUN/globals" | while read -r file value; do printf '%s\n' "$value" >"$file"; done
  rm -f "$RUN/globals"
}

# --- sshd: OpenSSH with keys of its own, in the host's namespace
sshd_up() {
  local sshd port=22 address=0.0.0.0
  sshd=$(command -v sshd) || die 'sshd is missing: apt-get install openssh-server'
  mkdir -p /run/sshd
  [ "$PLACE" = host ] && { port=$((20000 + INDEX)); address=127.0.0.1; }
  [ -e "$RUN/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$RUN/host_key" || die 'no host key'
  cat >"$RUN/sshd_config" <<CONFIG
Port $port
ListenAddress $address
HostKey $RUN/host_key
PidFile none
AuthorizedKeysFile $RUN/authorized_keys .ssh/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowTcpForwarding no
MaxStartups 200
PrintMotd no
LogLevel ERROR
CONFIG
  if [ "$PLACE" = host ]; then setsid "$sshd" -D -e -f "$RUN/sshd_config" >"$RUN/sshd.log" 2>&1 </dev/null &
  elif [ -e "$RUN/enroll.sh" ]; then
    # A whole host: /etc, /run, /var/lib and /usr/local of its own, in memory, enrolled as an administrator would do it.
    # In a case that holds the lock its gate may change the connection-tracking limits of the machine (8 is its namespace).
    local limits=()
    [ "$WHOLE" != yes ] || { limits=("${CONNTRACK_LIMITS[@]}"); remember "${limits[@]}"; }
    bg "$TNS" sshd unshare --mount --propagation private bash "$HERE/enrolled.sh" "$RUN" "$sshd" "${limits[@]}" 8</proc/self/ns/net
    want 60 test -e "$RUN/enrolled"
  else bg "$TNS" sshd "$sshd" -D -e -f "$RUN/sshd_config"; fi
  [ "$PLACE" = host ] && echo $! >"$RUN/sshd.pid"
  [ "$PLACE" = host ] || want 20 T sh -c 'ss -Hltn | grep -q :22'
  [ "$PLACE" != host ] || want 20 sh -c "ss -Hltn | grep -q 127.0.0.1:$port"
}

# --- what the host's kernel says
states() { T ss -Htan | awk '{ c[$1]++ } END { for (k in c) printf "%s%s=%d", (n++ ? " " : ""), k, c[k] }'; }
count() { T ss -Htan state "$1" | wc -l; }
at_least() { [ "$(count "$1")" -ge "$2" ]; }
tw_at_least() { [ "$(T awk '/^TCP:/ { print $7 }' /proc/net/sockstat)" -ge "$1" ]; }
live_at_least() { # load field number: what the client has counted so far
  local n; n=$(sed -n "s/.*\"$2\": \\([0-9]*\\).*/\\1/p" "$RUN/$1.json" 2>/dev/null); [ "${n:-0}" -ge "$3" ]
}
counter() { # one of TcpExt or Tcp
  T cat /proc/net/netstat /proc/net/snmp | awk -v want="$1" '
    { if (!($1 in h)) h[$1] = $0; else { n = split(h[$1], k, " "); split($0, v, " "); for (i = 2; i <= n; i++) if (k[i] == want) print v[i]; delete h[$1] } }'
}
conntrack_drops() { # the column `drop` of /proc/net/stat/nf_conntrack, all processors together, which is in hexadecimal
  local sum=0 value
  for value in $(T awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "drop") c = i } NR > 1 { print $c }' /proc/net/stat/nf_conntrack); do
    sum=$((sum + 16#$value))
  done
  echo $sum
}
table_full() { [ "$(T cat /proc/sys/net/netfilter/nf_conntrack_count)" -ge $(($(cat /proc/sys/net/netfilter/nf_conntrack_max) * 99 / 100)) ]; }
dropping() { local before; before=$(conntrack_drops); sleep 1; [ "$(conntrack_drops)" -gt "$before" ]; }
rises() { # counter: has grown within a second
  local before; before=$(counter "$1"); sleep 1; [ "$(counter "$1")" -gt "${before:-0}" ]
}

# --- what every case can do
case_up() { mkpair; [ -e "$RUN/authorized_keys" ] || : >"$RUN/authorized_keys"; sshd_up; if declare -F before_trouble >/dev/null; then before_trouble; fi; : >"$RUN/up"; }
case_start() { [ -e "$RUN/up" ] || die 'is not up'; trouble; : >"$RUN/started"; }
case_down() {
  local n pid i
  for pid in $(pid_of sshd) $(ip netns pids "$TNS" 2>/dev/null) $(ip netns pids "$PNS" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
  ip link del "$UPLINK" 2>/dev/null
  for n in "$TNS" "$PNS"; do
    for i in 1 2 3 4 5; do [ -z "$(ip netns pids "$n" 2>/dev/null)" ] && break; sleep 0.1; done
    ip netns del "$n" 2>/dev/null
  done
  restore
  rm -rf "$RUN"
}
# Sets one sysctl where it lives: in the namespace, or for the whole machine (and back again with the case).
case_set() { # key value
  local path=/proc/sys/${1//./\/}
  if T test -w "$path" && [ "${1#net.netfilter.nf_conntrack_max}" = "$1" ] && [ "${1#net.netfilter.nf_conntrack_buckets}" = "$1" ]; then
    T sysctl -w "$1=$2"
  else
    [ "$WHOLE" = yes ] || die "$1 is a limit of the whole machine, and this case does not hold the lock on those"
    gset "$path" "$2" && echo "$1 = $(cat "$path")"
  fi
}
# The four lines of old advice, one by one, with what the kernel says about each.
case_article() {
  local line
  for line in net.ipv4.tcp_syncookies=1 net.ipv4.tcp_tw_reuse=1 net.ipv4.tcp_tw_recycle=1 net.ipv4.tcp_fin_timeout=30; do
    case " ${1:-} " in *" ${line%%=*} "*) continue ;; esac
    T sysctl -w "$line" 2>&1
  done
}
# Takes the case down when its time is up or whoever wanted it is gone, and holds the machine's lock meanwhile.
case_guard() {
  local deadline
  if [ "$WHOLE" = yes ]; then
    exec 9>"$LOCK"
    flock -w "$LOCK_WAIT" 9 || { : >"$RUN/guard.busy"; return; }
  fi
  deadline=$(($(date +%s) + SECONDS_MAX))
  : >"$RUN/guard.ready"
  while [ -d "$RUN" ]; do
    sleep 0.5
    [ "$(date +%s)" -lt $deadline ] && { [ -z "${OWNER:-}" ] || [ -d "/proc/$OWNER" ]; } && continue
    say "$CASE: taken down"
    case_down 9>&-
  done
}
