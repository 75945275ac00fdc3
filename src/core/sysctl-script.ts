/**
 * The sysctl script: every net.* setting and a few others, and which files set them at boot. One fixed read-only program; read
 * from /proc/sys, since sysctl(8) is not on the PATH of an ordinary account on Debian.
 *
 * Its sections: `@@sysctl_meta`, `@@values` (`/proc/sys/path:line`), `@@unreadable` (paths), `@@boot` (`@file path
 * target` and its lines, `@closed path`, `@systemd`), `@@end`.
 */
import type { Script } from './script.js';
import { SYSCTL_FOLDERS } from './sysctl-names.js';

export { parseSysctls } from './sysctl-transcript.js';

/** Beside net.*: what rules and people look at. */
const OTHER_KEYS = [
  'fs/file-max',
  'fs/file-nr',
  'fs/nr_open',
  'fs/inotify/max_user_watches',
  'kernel/dmesg_restrict',
  'kernel/pid_max',
  'kernel/threads-max',
  'vm/min_free_kbytes',
  'vm/overcommit_memory',
  'vm/swappiness',
];

/**
 * Lines of values that are printed at most. A host with thousands of interfaces has a hundred keys for each: those of single
 * interfaces (conf, neigh) are left out beyond `all` and `default` from this many on.
 */
const LINES_MAX = 20_000;

export const sysctlScript = (): Script => ({
  id: 'sysctl',
  closingLine: '@@end',
  expectedMs: 300,
  text: `# tcpstates: reads the network settings of this host and the files that set them at boot. Read-only, POSIX sh, no root needed.
LC_ALL=C; LANG=C; export LC_ALL LANG
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin; export PATH
unset IFS
main() {
  ulimit -t 10
  echo '@@sysctl_meta'
  echo "probe=2"
  grep -s '' /proc/sys/kernel/osrelease /dev/null
  echo '@@values'
  # flush is write-only; the other two are secrets that nobody needs to see.
  set -- ! -name flush ! -name tcp_fastopen_key ! -name stable_secret
  interfaces=0
  for i in /proc/sys/net/ipv4/conf/*; do interfaces=$((interfaces + 1)); done
  if [ $interfaces -le 40 ]; then
    find /proc/sys/net -type f "$@" -exec grep -s '' /dev/null {} +
  else
    find /proc/sys/net -type f "$@" ! -path '*/conf/[!ad]*' ! -path '*/neigh/[!d]*' -exec grep -s '' /dev/null {} +
  fi | head -n ${LINES_MAX}
  grep -s '' ${OTHER_KEYS.map((key) => `/proc/sys/${key}`).join(' ')} /dev/null
  echo '@@unreadable'
  if [ ! -d /proc/sys/net ]; then echo /proc/sys/net; fi
  [ -r /proc/1/environ ] || find /proc/sys/net -type f "$@" ! -perm -004 | head -n 500
  echo '@@boot'
  for d in ${SYSCTL_FOLDERS.join(' ')}; do
    for f in "$d"/*.conf; do
      if [ -r "$f" ]; then
        echo "@file $f $(readlink -f "$f")"
        grep -E '^[[:space:]]*-?[A-Za-z]' "$f" | head -n 500
      elif [ -e "$f" ] || [ -h "$f" ]; then echo "@closed $f"; fi
    done
  done
  if [ -r /etc/sysctl.conf ]; then
    echo "@file /etc/sysctl.conf $(readlink -f /etc/sysctl.conf)"
    grep -E '^[[:space:]]*-?[A-Za-z]' /etc/sysctl.conf | head -n 500
  elif [ -e /etc/sysctl.conf ]; then echo "@closed /etc/sysctl.conf"; fi
  # Who applies them: systemd-sysctl reads the folders alone, procps reads /etc/sysctl.conf last.
  [ -d /run/systemd/system ] && echo '@systemd'
  echo '@@end'
}
main </dev/null 2>/dev/null
`,
});
