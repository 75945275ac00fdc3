/**
 * What stands on a host that is enrolled, and the sh program that puts it there, looks whether it still does, or takes it away.
 * Whatever a bot may do on the host follows from these files alone.
 */
import { digestOf } from './gate.js';

const HOME = '/usr/local/libexec/tcpstates';
const GATE = `${HOME}/gate`;

export interface Enrolment {
  /** the whole gate, from gateScript */
  gate: string;
  /** the read-only scripts that the verbs `probe` and `sysctls` run; without the second `sysctls` answers `not-installed` */
  stateScript: string;
  sysctlScript?: string;
  /** the two accounts; made where they don't exist */
  readUser: string;
  changeUser: string;
  /** public keys as in a .pub file, two different ones */
  readKey: string;
  changeKey: string;
}

export interface HostFile {
  path: string;
  mode: '0644' | '0755' | '0440';
  content: string;
}

const USER = /^[a-z_][a-z0-9_-]{0,31}$/;
const PUBLIC_KEY =
  /^(ssh-ed25519|sk-ssh-ed25519@openssh\.com|ecdsa-sha2-nistp(?:256|384|521)|sk-ecdsa-sha2-nistp256@openssh\.com|ssh-rsa) ([A-Za-z0-9+/]{40,2000}={0,2})(?: [^\n\r]*)?\s*$/;

/** @returns type and blob without the comment. @throws Error for anything that isn't exactly one public key */
export const publicKey = (text: string, what: string): string => {
  const [, type, blob] = PUBLIC_KEY.exec(text) ?? [];
  if (type === undefined || blob === undefined)
    throw new Error(
      `The ${what} is not one OpenSSH public key (one line like "ssh-ed25519 AAAA… comment", from a .pub file).`,
    );
  return `${type} ${blob}`;
};

/** @throws Error, with what to do instead, for an enrolment that would not be safe */
const checked = (enrolment: Enrolment): { readKey: string; changeKey: string } => {
  const readKey = publicKey(enrolment.readKey, 'read-only key');
  const changeKey = publicKey(enrolment.changeKey, 'change key');
  if (readKey === changeKey)
    throw new Error('The read-only key and the change key are the same: make a second one with ssh-keygen -t ed25519.');
  for (const user of [enrolment.readUser, enrolment.changeUser])
    if (!USER.test(user) || user === 'root')
      throw new Error(`"${user}" can't be an account of the bot: expected a name of its own like tcpstates, not root.`);
  if (enrolment.readUser === enrolment.changeUser)
    throw new Error('The two keys need two accounts: only one of them may use sudo.');
  return { readKey, changeKey };
};

/** The line of authorized_keys: this key can do nothing but ask the gate. */
export const authorizedKeysLine = (role: 'front-ro' | 'front-rw', key: string): string =>
  `restrict,command="${GATE} ${role}" ${key} tcpstates-${role === 'front-ro' ? 'read' : 'change'}`;

/** sudo lets the change account start this one program, unchanged to the byte, without any argument. */
export const sudoersText = (user: string, gate: string): string =>
  [
    '# tcpstates: the change account may start the gate, nothing else. The digest is of the gate as it was enrolled.',
    `Defaults:${user} !requiretty, env_reset`,
    `${user} ALL=(root) NOPASSWD: sha256:${digestOf(gate)} ${GATE} ""`,
    '',
  ].join('\n');

const service = `[Unit]
Description=tcpstates gate: take back what nobody confirmed, finish what a crash left behind

[Service]
Type=oneshot
ExecStart=${GATE} reap
`;
const timer = `[Unit]
Description=tcpstates gate, at boot and every minute

[Timer]
OnBootSec=5s
OnUnitActiveSec=60s
AccuracySec=1s

[Install]
WantedBy=timers.target
`;
const cron = `# tcpstates gate: take back what nobody confirmed, finish what a crash left behind
@reboot root ${GATE} reap >/dev/null 2>&1
* * * * * root ${GATE} reap >/dev/null 2>&1
`;

/** Everything that is written, in its order: sudo never knows a gate that isn't there yet. Owner root, group root. */
export const enrolledFiles = (enrolment: Enrolment): readonly HostFile[] => {
  const { readKey, changeKey } = checked(enrolment);
  const { gate, stateScript, sysctlScript, readUser, changeUser } = enrolment;
  return [
    { path: `${HOME}/state.sh`, mode: '0644', content: stateScript },
    ...(sysctlScript === undefined
      ? []
      : [{ path: `${HOME}/sysctl.sh`, mode: '0644' as const, content: sysctlScript }]),
    { path: GATE, mode: '0755', content: gate },
    { path: '/etc/sudoers.d/tcpstates', mode: '0440', content: sudoersText(changeUser, gate) },
    {
      path: `/var/lib/${readUser}/.ssh/authorized_keys`,
      mode: '0644',
      content: `${authorizedKeysLine('front-ro', readKey)}\n`,
    },
    {
      path: `/var/lib/${changeUser}/.ssh/authorized_keys`,
      mode: '0644',
      content: `${authorizedKeysLine('front-rw', changeKey)}\n`,
    },
  ];
};

const MARK = 'END-OF-TCPSTATES-FILE';

/** A file for the sh program: name, mode, digest, and the content in a here-document that nothing in it can end. */
const delivered = (wanted: string, { path, mode, content }: HostFile): string => {
  const text = content.endsWith('\n') ? content : `${content}\n`;
  if (text.split('\n').includes(MARK)) throw new Error(`${path} holds the line ${MARK}`);
  return `${wanted} ${path} ${mode} ${digestOf(text)} <<'${MARK}'\n${text}${MARK}\n`;
};

const prelude = (enrolment: Enrolment): string => `set -eu
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022
READ_USER=${enrolment.readUser}
CHANGE_USER=${enrolment.changeUser}
say() { printf '%s\\n' "$*"; }
stop() { printf 'tcpstates: %s\\n' "$*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || stop 'run this as root'
has() { command -v "$1" >/dev/null 2>&1; }
for program in flock setsid sudo visudo awk sha256sum; do has "$program" || stop "this host has no $program: install it first"; done
digest() { sha256sum "$1" 2>/dev/null | cut -d ' ' -f 1; }
facts() { stat -c '%a %u:%g' "$1" 2>/dev/null || echo missing; }
systemd() { [ -d /run/systemd/system ] && has systemctl; }
scheduler() { if systemd; then echo systemd; elif [ -d /etc/cron.d ]; then echo cron; elif [ -d /etc/crontabs ]; then echo crontabs; else echo none; fi; }
`;

const install = (enrolment: Enrolment): string => `${prelude(enrolment)}
put() { # path mode digest: the content is on standard input. Written beside and renamed; silent where nothing differs
  if [ "$(digest "$1")" = "$3" ] && [ "$(facts "$1")" = "\${2#0} 0:0" ]; then cat >/dev/null; return; fi
  mkdir -p "\${1%/*}"
  cat >"\${1%/*}/.tcpstates.new"
  [ "$(digest "\${1%/*}/.tcpstates.new")" = "$3" ] || stop "$1 did not arrive whole"
  chown 0:0 "\${1%/*}/.tcpstates.new" && chmod "$2" "\${1%/*}/.tcpstates.new"
  case $1 in /etc/sudoers.d/*) visudo -cqf "\${1%/*}/.tcpstates.new" || { rm -f "\${1%/*}/.tcpstates.new"; stop 'sudo does not accept the rule'; } ;; esac
  mv -f "\${1%/*}/.tcpstates.new" "$1"
  say "written: $1"
}
account() { # an account of its own: no password, a home that root owns, no keys but ours
  if ! id "$1" >/dev/null 2>&1; then
    if has useradd; then useradd --system --user-group --no-create-home --home-dir "/var/lib/$1" --shell /bin/sh "$1"
    else adduser -S -D -H -h "/var/lib/$1" -s /bin/sh "$1"; fi
    say "account: $1"
  fi
  # a locked password ("!") makes sshd refuse keys as well where it doesn't use PAM; "*" just matches none
  if has usermod; then usermod -p '*' -d "/var/lib/$1" -s /bin/sh "$1"; else printf '%s:*\\n' "$1" | chpasswd -e >/dev/null 2>&1; fi
  [ ! -L "/var/lib/$1" ] || stop "/var/lib/$1 is a link"
  mkdir -p "/var/lib/$1/.ssh"
  chown 0:0 "/var/lib/$1" "/var/lib/$1/.ssh" && chmod 755 "/var/lib/$1" "/var/lib/$1/.ssh"
}
[ "$(scheduler)" != none ] || stop 'neither systemd nor cron: nothing would take back what a crash left behind'
account "$READ_USER"
account "$CHANGE_USER"
mkdir -p ${HOME} && chown 0:0 ${HOME} && chmod 755 ${HOME}
mkdir -p /etc/sysctl.d /var/lib/tcpstates-gate && chmod 700 /var/lib/tcpstates-gate
${enrolledFiles(enrolment)
  .map((file) => delivered('put', file))
  .join(
    '',
  )}if has restorecon; then restorecon -R "/var/lib/$READ_USER" "/var/lib/$CHANGE_USER" ${HOME} >/dev/null 2>&1 || :; fi
case $(scheduler) in
systemd)
${delivered('put', { path: '/etc/systemd/system/tcpstates-reap.service', mode: '0644', content: service })}${delivered('put', { path: '/etc/systemd/system/tcpstates-reap.timer', mode: '0644', content: timer })}systemctl daemon-reload
systemctl enable --now --quiet tcpstates-reap.timer ;;
cron)
${delivered('put', { path: '/etc/cron.d/tcpstates', mode: '0644', content: cron })};;
crontabs)
grep -qs '${GATE} reap' /etc/crontabs/root || { printf '* * * * * ${GATE} reap >/dev/null 2>&1\\n' >>/etc/crontabs/root; say 'written: /etc/crontabs/root'; } ;;
esac
${GATE} reap | grep -q '^end=ok$' || stop 'the gate does not run here: its answer was not end=ok'
say 'enrolled'
`;

const check = (enrolment: Enrolment): string => `${prelude(enrolment)}
deviations=0
differs() { deviations=$((deviations + 1)); say "deviation: $*"; }
want() { # path mode digest
  cat >/dev/null
  case $(facts "$1") in
    missing) differs "$1 is missing" ;;
    "\${2#0} 0:0") [ "$(digest "$1")" = "$3" ] || differs "$1 has another content" ;;
    *) differs "$1 has mode and owner $(facts "$1"), expected \${2#0} 0:0" ;;
  esac
}
${enrolledFiles(enrolment)
  .map((file) => delivered('want', file))
  .join('')}case $(scheduler) in
systemd)
${delivered('want', { path: '/etc/systemd/system/tcpstates-reap.service', mode: '0644', content: service })}${delivered('want', { path: '/etc/systemd/system/tcpstates-reap.timer', mode: '0644', content: timer })}systemctl is-active --quiet tcpstates-reap.timer || differs 'tcpstates-reap.timer does not run' ;;
cron)
${delivered('want', { path: '/etc/cron.d/tcpstates', mode: '0644', content: cron })};;
crontabs) grep -qs '${GATE} reap' /etc/crontabs/root || differs '/etc/crontabs/root does not start the gate' ;;
*) differs 'neither systemd nor cron' ;;
esac
for user in "$READ_USER" "$CHANGE_USER"; do
  id "$user" >/dev/null 2>&1 || { differs "there is no account $user"; continue; }
  [ "$(facts "/var/lib/$user/.ssh")" = '755 0:0' ] && [ "$(facts "/var/lib/$user")" = '755 0:0' ] || differs "/var/lib/$user/.ssh is not root's alone to write"
  case $(getent passwd "$user" 2>/dev/null || grep "^$user:" /etc/passwd) in *:"/var/lib/$user":/bin/sh) : ;; *) differs "$user has another home or shell" ;; esac
  case " $(id -Gn "$user") " in *' sudo '* | *' wheel '* | *' root '* | *' docker '* | *' adm '*) differs "$user is in a group with rights: $(id -Gn "$user")" ;; esac
  if has sshd && sshd -T -C "user=$user,host=localhost,addr=127.0.0.1" >/dev/null 2>&1; then
    set -- "$(sshd -T -C "user=$user,host=localhost,addr=127.0.0.1")"
    case $1 in *'authorizedkeysfile '*'.ssh/authorized_keys'*) : ;; *) differs "sshd does not read .ssh/authorized_keys of $user" ;; esac
    case $1 in *'pubkeyauthentication yes'*) : ;; *) differs 'sshd does not accept keys' ;; esac
    case $1 in *'forcecommand none'*) : ;; *) differs "sshd forces another command on $user" ;; esac
    for list in allowusers allowgroups; do
      if say "$1" | grep -q "^$list " && ! say "$1" | grep -Eq "^$list .*\\b($user|\\*)"; then differs "sshd's $list leaves out $user"; fi
    done
  fi
done
if id "$CHANGE_USER" >/dev/null 2>&1; then
  [ "$(sudo -n -l -U "$CHANGE_USER" 2>/dev/null | grep -c '^ *(')" = 1 ] || differs "sudo allows $CHANGE_USER something else than the gate, or not that"
fi
if id "$READ_USER" >/dev/null 2>&1; then
  ! sudo -n -l -U "$READ_USER" 2>/dev/null | grep -q '^ *(' || differs "sudo allows $READ_USER something"
fi
[ "$(facts /var/lib/tcpstates-gate)" = '700 0:0' ] || differs '/var/lib/tcpstates-gate is not 700 0:0'
SSH_ORIGINAL_COMMAND=version ${GATE} front-ro 2>/dev/null | grep -q '^end=ok$' || differs 'the gate does not answer'
[ "$deviations" = 0 ] || { say "$deviations deviations"; exit 1; }
say 'as enrolled'
`;

const remove = (enrolment: Enrolment, purge: boolean): string => `${prelude(enrolment)}
if [ -x ${GATE} ]; then
  open=$(${GATE} reap | sed -n 's/^open=//p')
  [ "$open" = none ] || stop "change $open is still open: confirm or revert it first, or wait until the host has"
fi
rm -f /etc/sudoers.d/tcpstates && say 'removed: the sudo rule'
for user in "$READ_USER" "$CHANGE_USER"; do
  rm -rf "/var/lib/$user/.ssh"
  if id "$user" >/dev/null 2>&1; then
    for process in /proc/[0-9]*; do # its open sessions would go on, key or no key
      if [ "$(stat -c %u "$process" 2>/dev/null)" = "$(id -u "$user")" ]; then kill -KILL "\${process#/proc/}" 2>/dev/null || :; fi
    done
    if has userdel; then userdel "$user"; else deluser "$user"; fi
    say "removed: account $user"
  fi
  rmdir "/var/lib/$user" 2>/dev/null || :
done
if systemd && [ -e /etc/systemd/system/tcpstates-reap.timer ]; then systemctl disable --now --quiet tcpstates-reap.timer; fi
rm -f /etc/systemd/system/tcpstates-reap.timer /etc/systemd/system/tcpstates-reap.service /etc/cron.d/tcpstates
if systemd; then systemctl daemon-reload; fi
if [ -f /etc/crontabs/root ]; then sed -i '\\|${GATE} reap|d' /etc/crontabs/root; fi
rm -rf ${HOME} /run/tcpstates-gate
say 'removed: the gate'
${
  purge
    ? `rm -rf /var/lib/tcpstates-gate /etc/sysctl.d/90-tcpstates.conf
say 'removed: its records and the settings that were confirmed as persistent (what is in force now stays until the next boot)'`
    : `say 'kept: /etc/sysctl.d/90-tcpstates.conf (confirmed settings) and /var/lib/tcpstates-gate (records and audit)'`
}
say 'unenrolled'
`;

/**
 * An sh program for root on the host. Idempotent; ends with `enrolled`, `as enrolled` or `unenrolled` and status 0, else with
 * the reason on standard error (`check`: `deviation: …` lines) and status 1.
 * @throws Error for users or keys that would not be safe
 */
export const installerScript = (enrolment: Enrolment, what: 'install' | 'check' | 'remove' | 'purge'): string => {
  checked(enrolment);
  const body =
    what === 'install' ? install(enrolment) : what === 'check' ? check(enrolment) : remove(enrolment, what === 'purge');
  // Read whole before the first line runs: a connection that breaks half-way must not leave half of it done.
  return `#!/bin/sh\ntcpstates_main() {\n${body}}\ntcpstates_main </dev/null\n`;
};
