/**
 * Tests that need more than Node: root, a program, a kernel. Where the machine lacks it the tests are skipped and the run
 * says loudly which and how to enable them; with TCPSTATES_NOTHING_SKIPPED=1 (CI) they fail instead.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { describe, test } from '@jest/globals';

export type Need =
  | 'linux'
  | 'root'
  | 'netns'
  | 'sshd'
  | 'ss'
  | 'netstat'
  | 'busybox'
  | 'shellcheck'
  | 'dash'
  | 'sudo'
  | 'iptables'
  | 'python3'
  | 'chromium'
  | 'postgresql'
  | 'german-locale';

const onPath = (program: string): boolean =>
  `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/local/sbin`
    .split(':')
    .some((folder) => folder !== '' && runs(`${folder}/${program}`));
const runs = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const succeeds = (command: string, args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
};
const isRoot = (): boolean => process.getuid?.() === 0;

const checks: Record<Need, { met: () => boolean; enable: string }> = {
  linux: { met: () => process.platform === 'linux', enable: 'run on Linux' },
  root: { met: isRoot, enable: 'run as root' },
  netns: {
    met: () => isRoot() && onPath('ip') && succeeds('unshare', ['-n', 'true']),
    enable: 'run as root with iproute2 installed, where network namespaces may be made',
  },
  sshd: { met: () => onPath('sshd') && onPath('ssh-keygen'), enable: 'apt-get install openssh-server openssh-client' },
  ss: { met: () => onPath('ss'), enable: 'apt-get install iproute2' },
  netstat: { met: () => onPath('netstat'), enable: 'apt-get install net-tools' },
  shellcheck: { met: () => onPath('shellcheck'), enable: 'apt-get install shellcheck' },
  busybox: { met: () => onPath('busybox'), enable: 'apt-get install busybox' },
  dash: { met: () => onPath('dash'), enable: 'apt-get install dash' },
  sudo: { met: () => onPath('sudo') && onPath('visudo'), enable: 'apt-get install sudo' },
  iptables: { met: () => onPath('iptables') && onPath('conntrack'), enable: 'apt-get install iptables conntrack' },
  python3: { met: () => onPath('python3'), enable: 'apt-get install python3' },
  chromium: { met: () => onPath('chromium'), enable: 'apt-get install chromium' },
  postgresql: {
    met: () => process.env['TEST_DATABASE_URL'] !== undefined || existsSync('/usr/lib/postgresql'),
    enable: 'apt-get install postgresql, or set TEST_DATABASE_URL',
  },
  'german-locale': {
    met: () => succeeds('sh', ['-c', 'locale -a | grep -qi "^de_DE.utf-\\?8$"']),
    enable: 'apt-get install locales, then localedef -i de_DE -f UTF-8 de_DE.UTF-8',
  },
};

const lacking = (needs: Need[]): Need[] => needs.filter((need) => !checks[need].met());
const how = (needs: Need[]): string => needs.map((need) => `${need}: ${checks[need].enable}`).join('; ');

/**
 * `describe` for tests with needs. The skipped ones carry how to enable them in their name, which the reporter repeats at
 * the end of the run.
 */
export const describeNeeding = (needs: Need[], name: string, body: () => void): void => {
  const missing = lacking(needs);
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  if (process.env['TCPSTATES_NOTHING_SKIPPED'] === '1') {
    describe(name, () => {
      test('has what it needs', () => {
        throw new Error(`nothing may be skipped here, but this machine lacks ${how(missing)}`);
      });
    });
    return;
  }
  describe(`[SKIPPED, needs ${how(missing)}] ${name}`, () => {
    describe.skip('', body);
  });
};
