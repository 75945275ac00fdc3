import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { digestOf, gateScript, gateSource } from '../../src/host/gate.js';
import {
  authorizedKeysLine,
  type Enrolment,
  enrolledFiles,
  installerScript,
  publicKey,
} from '../../src/host/installer.js';
import { destination, sshArguments } from '../../src/host/login.js';
import { loadSysctls } from '../../src/sysctls.js';
import { describeNeeding } from '../support/needs.js';
import { catalogue } from './support/catalogue.js';

const enrolment: Enrolment = {
  gate: gateScript(catalogue),
  stateScript: 'echo state\n',
  sysctlScript: 'echo sysctl\n',
  readUser: 'tcpstates',
  changeUser: 'tcpstates-change',
  readKey: `ssh-ed25519 ${'A'.repeat(68)} somebody@somewhere\n`,
  changeKey: `ssh-ed25519 ${'B'.repeat(68)}\n`,
};

describe('the gate for a host', () => {
  test('allows what the catalogue allows, and nothing else', async () => {
    const entries = [...(await loadSysctls()).values()];
    const script = gateScript(entries);
    const named = [...script.matchAll(/^ {4}(net\.\S+|fs\.\S+)\) P=(\S+) SHAPE=/gm)];
    expect(named.map(([, key]) => key)).toEqual(
      entries
        .filter(({ allowed }) => allowed !== undefined)
        .map(({ key }) => key)
        .sort(),
    );
    for (const [, key, path] of named) expect(path).toBe(key?.replaceAll('.', '/'));
    expect(named.length).toBeGreaterThan(30);
    expect(script).not.toMatch(/#@/);
  });

  test('without a catalogue knows no key', () => {
    expect(gateScript([])).not.toMatch(/\) P=/);
    expect(gateSource()).toMatch(/^ {4}#@allow-list$/m);
  });

  test.each([
    [{ key: 'net.ipv4.x/../../kernel', allowed: { shape: 'ports' as const } }],
    [{ key: 'net.ipv4.*', allowed: { shape: 'ports' as const } }],
    [{ key: 'net.ipv4.x', allowed: { shape: 'integer' as const, min: 1, max: 10_000_000_000 } }],
    [{ key: 'net.ipv4.x', allowed: { shape: 'integer' as const, min: 0.5, max: 2 } }],
  ])('%j is refused', (entry) => {
    expect(() => gateScript([entry])).toThrow(/net\.ipv4/);
  });
});

describe('an enrolment', () => {
  test('binds each key to its role, and sudo to this gate to the byte', () => {
    const files = new Map(enrolledFiles(enrolment).map(({ path, content }) => [path, content]));
    expect(files.get('/var/lib/tcpstates/.ssh/authorized_keys')).toBe(
      `restrict,command="/usr/local/libexec/tcpstates/gate front-ro" ssh-ed25519 ${'A'.repeat(68)} tcpstates-read\n`,
    );
    expect(files.get('/var/lib/tcpstates-change/.ssh/authorized_keys')).toBe(
      `${authorizedKeysLine('front-rw', `ssh-ed25519 ${'B'.repeat(68)}`)}\n`,
    );
    expect(files.get('/etc/sudoers.d/tcpstates')).toContain(
      `\ntcpstates-change ALL=(root) NOPASSWD: sha256:${digestOf(enrolment.gate)} /usr/local/libexec/tcpstates/gate ""\n`,
    );
  });

  test.each([
    [{ changeKey: enrolment.readKey }, /the same/],
    [{ readKey: `${enrolment.readKey}${enrolment.changeKey}` }, /not one OpenSSH public key/],
    [{ readKey: `command="sh" ${enrolment.readKey}` }, /not one OpenSSH public key/],
    [{ readUser: 'root' }, /root/],
    [{ readUser: 'a b' }, /account/],
    [{ changeUser: 'x;reboot' }, /account/],
    [{ changeUser: 'tcpstates' }, /two accounts/],
  ])('%j is refused', (wrong, message) => {
    expect(() => installerScript({ ...enrolment, ...wrong }, 'install')).toThrow(message);
  });

  test('a private key is never taken for a public one', () => {
    expect(() => publicKey('-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n', 'read-only key')).toThrow(/\.pub/);
  });

  test.each(['-oProxyCommand=reboot', 'a b', 'host;reboot', '$(reboot)', 'user@-x', '', 'host\nx'])(
    '%j is no destination',
    (typed) => {
      expect(() => destination(typed)).toThrow(/not an SSH destination/);
    },
  );

  test('ssh lends nothing of the administrator to the host', () => {
    const words = sshArguments('root@web-1');
    expect(words).toEqual(expect.arrayContaining(['ForwardAgent=no', 'ClearAllForwardings=yes', '-T']));
    expect(words.indexOf('--')).toBe(words.indexOf('root@web-1') - 1);
  });
});

describeNeeding(['dash', 'busybox'], 'the programs for a host', () => {
  test.each(['install', 'check', 'remove', 'purge'] as const)('%s is sh that every shell parses', (what) => {
    const script = installerScript(enrolment, what);
    for (const shell of [['dash'], ['busybox', 'ash'], ['bash', '--posix']]) {
      const [program = '', ...rest] = shell;
      const { status, stderr } = spawnSync(program, [...rest, '-n'], { input: script, encoding: 'utf8' });
      expect([shell, status, stderr]).toEqual([shell, 0, '']);
    }
  });
});
