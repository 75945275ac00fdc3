import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { Command, CommanderError } from 'commander';
import { register } from '../../src/cli/enroll.js';
import { stateScript } from '../../src/core/probe-script.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
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

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gate-keys-'));
  const keys = { read: join(folder, 'read.pub'), change: join(folder, 'change.pub'), private: join(folder, 'private') };
  writeFileSync(keys.read, enrolment.readKey);
  writeFileSync(keys.change, enrolment.changeKey);
  writeFileSync(keys.private, '-----BEGIN OPENSSH PRIVATE KEY-----\n');
  afterAll(() => rmSync(folder, { recursive: true }));

  const type = async (...words: string[]): Promise<{ out: string; error: string }> => {
    let out = '';
    let error = '';
    const toOut = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    const toError = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      error += String(text);
      return true;
    });
    const program = new Command();
    register(program);
    for (const command of program.commands) command.exitOverride();
    try {
      await program.parseAsync(words, { from: 'user' });
    } catch (thrown) {
      if (!(thrown instanceof CommanderError)) throw thrown;
    } finally {
      toOut.mockRestore();
      toError.mockRestore();
    }
    return { out, error };
  };

  test('prints the program and does nothing without --apply', async () => {
    const { out, error } = await type('enroll', 'web-1', '--read-key', keys.read, '--change-key', keys.change);
    const gate = gateScript((await loadSysctls()).values());
    expect(out).toBe(
      installerScript(
        { ...enrolment, gate, stateScript: stateScript().text, sysctlScript: sysctlScript().text },
        'install',
      ),
    );
    expect(error).toMatch(/Nothing was done.*web-1.*--apply/s);
  });

  test('unenroll keeps what was confirmed unless told otherwise', async () => {
    const words = ['unenroll', 'web-1', '--read-key', keys.read, '--change-key', keys.change];
    expect((await type(...words)).out).toMatch(/kept: \/etc\/sysctl\.d/);
    expect((await type(...words, '--purge')).out).toMatch(
      /rm -rf \/var\/lib\/tcpstates-gate \/etc\/sysctl\.d\/90-tcpstates\.conf/,
    );
  });

  test.each([
    [
      ['enroll', '-oProxyCommand=x', '--read-key', keys.read, '--change-key', keys.change],
      /unknown option|not an SSH destination/,
    ],
    [
      ['enroll', '--read-key', keys.read, '--change-key', keys.change, '--', '-oProxyCommand=x'],
      /not an SSH destination/,
    ],
    [['enroll', 'web-1', '--read-key', keys.read], /required option '--change-key/],
    [['enroll', 'web-1', '--read-key', keys.read, '--change-key', keys.read], /the same/],
    [['enroll', 'web-1', '--read-key', keys.private, '--change-key', keys.change], /not one OpenSSH public key/],
    [['enroll', 'web-1', '--read-key', join(folder, 'none'), '--change-key', keys.change], /ssh-keygen/],
    [['enroll', 'web-1', '--read-key', keys.read, '--change-key', keys.change, '--read-user', 'root'], /not root/],
  ])('%j is refused with what to do', async (words, message) => {
    const { out, error } = await type(...words);
    expect(out).toBe('');
    expect(error).toMatch(message);
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

describeNeeding(['shellcheck'], 'shellcheck', () => {
  test('has nothing to say about the gate', () => {
    const script = gateScript(catalogue);
    const { stdout, status } = spawnSync('shellcheck', ['-s', 'sh', '-'], { input: script, encoding: 'utf8' });
    expect([stdout, status]).toEqual(['', 0]);
  });

  test.each(['install', 'check', 'remove', 'purge'] as const)('nor about the program that does %s', (what) => {
    const { stdout, status } = spawnSync('shellcheck', ['-s', 'sh', '-S', 'warning', '-'], {
      input: installerScript(enrolment, what),
      encoding: 'utf8',
    });
    expect([stdout, status]).toEqual(['', 0]);
  });
});
