import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadInventory, readInventory } from '../../src/config/inventory.js';
import { ConfigProblem } from '../../src/config/problem.js';
import { watchConfig } from '../../src/config/watch.js';
import type { Host } from '../../src/core/inventory.js';
import { thresholdsFor } from '../../src/core/thresholds.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7y1B2m8s0q0m6q1mJm3Jb7m8bqkQ2o7mYy0m3t6x5A';
const good = `defaults:
  user: tcpstates
  identity: ~/.ssh/tcpstates
  knownHosts: known_hosts
  limits: { totalTimeoutMs: 9000 }
  labels: { env: prod }
hosts:
  bastion: { address: 192.0.2.1, port: 2222 }
  web-1:
    address: 10.0.0.1
    hostKeys: ${KEY}
    jump: bastion
    labels: { role: web, rack: 7 }
    groups: [web]
    note: behind the old load balancer
  web-2:
groups:
  edge: [bastion, web-1]
`;
const problemsOf = (text: string): string => {
  try {
    readInventory(text, 'inventory.yml', '/etc/tcpstates');
  } catch (error) {
    if (error instanceof ConfigProblem) return error.message;
    throw error;
  }
  return '';
};

describe('inventory.yml', () => {
  test('is read with its defaults', () => {
    const { hosts, groups } = readInventory(good, 'inventory.yml', '/etc/tcpstates');
    expect(hosts.get('web-1')).toEqual({
      name: 'web-1',
      address: '10.0.0.1',
      port: 22,
      user: 'tcpstates',
      identity: [{ kind: 'file', path: join(homedir(), '.ssh/tcpstates') }],
      hostKeys: { kind: 'pinned', keys: [KEY] },
      jump: ['bastion'],
      labels: { env: 'prod', role: 'web', rack: '7' },
      groups: ['web'],
      note: 'behind the old load balancer',
      limits: { connectTimeoutMs: 3000, totalTimeoutMs: 9000, outputBytesMax: 1_048_576 },
      access: 'shell',
    });
    expect(hosts.get('web-2')).toMatchObject({
      address: 'web-2',
      hostKeys: { kind: 'known-hosts', path: '/etc/tcpstates/known_hosts' },
    });
    expect(groups).toEqual(
      new Map([
        ['edge', ['bastion', 'web-1']],
        ['web', ['web-1']],
      ]),
    );
  });

  test.each([
    [
      'an unknown field',
      'defaults: {user: a, identity: agent}\nhosts:\n  web-1:\n    adress: 10.0.0.1\n',
      'inventory.yml:4: hosts.web-1.adress: unknown field; a host has address, port',
    ],
    [
      'a port of words',
      'defaults: {user: a, identity: agent}\nhosts:\n  web-1:\n    address: x\n    port: ssh\n',
      'inventory.yml:5: hosts.web-1.port: expected a port, 1 to 65535',
    ],
    [
      'a port out of range',
      'defaults: {user: a, identity: agent}\nhosts:\n  web-1: {port: 70000}\n',
      'inventory.yml:3: hosts.web-1.port: expected a port, 1 to 65535',
    ],
    [
      'no user',
      'hosts:\n  web-1: {identity: agent}\n',
      'inventory.yml:2: hosts.web-1.user: expected a user name, here or in defaults',
    ],
    [
      'no identity',
      'hosts:\n  web-1: {user: a}\n',
      'inventory.yml:2: hosts.web-1.identity: expected a path to a private key',
    ],
    [
      'a jump host that is not there',
      'defaults: {user: a, identity: agent}\nhosts:\n  web-1: {jump: gone}\n',
      'inventory.yml:3: hosts.web-1.jump: expected a registered host, but there is no “gone”',
    ],
    [
      'a circle of jump hosts',
      'defaults: {user: a, identity: agent}\nhosts:\n  a: {jump: b}\n  b: {jump: a}\n',
      'a → b → a',
    ],
    [
      'a group of strangers',
      'defaults: {user: a, identity: agent}\nhosts: {a: {}}\ngroups:\n  web: [b]\n',
      'inventory.yml:4: groups.web: expected registered hosts, but there is no “b”',
    ],
    [
      'a name that is an option',
      'defaults: {user: a, identity: agent}\nhosts:\n  -oProxyCommand=x: {}\n',
      'inventory.yml:3: hosts.-oProxyCommand=x: ',
    ],
    [
      'an address that is an option',
      'defaults: {user: a, identity: agent}\nhosts:\n  a: {address: -oProxyCommand}\n',
      'inventory.yml:3: hosts.a.address: expected a host name or an IP address',
    ],
    ['a prototype', 'defaults: {user: a, identity: agent}\nhosts:\n  a: {__proto__: {user: root}}\n', 'hosts.a'],
    [
      'a key that is none',
      'defaults: {user: a, identity: agent}\nhosts:\n  a: {hostKeys: abc}\n',
      'inventory.yml:3: hosts.a.hostKeys: expected a host key',
    ],
    [
      'a name twice',
      'defaults: {user: a, identity: agent}\nhosts:\n  a: {}\n  a: {}\n',
      'inventory.yml:4: not valid YAML',
    ],
    ['no YAML at all', 'hosts: [unclosed\n', 'not valid YAML'],
    ['nothing', '', 'hosts: expected hosts by name'],
    ['a list of hosts', 'hosts: [web-1]\n', 'inventory.yml:1: hosts: expected hosts by name'],
  ])('%s is refused where it stands', (_, text, expected) => {
    expect(problemsOf(text)).toContain(expected);
  });

  test('an alias bomb is refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefghi', (letter, i) => `${letter}: &${letter} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(',')}]`).join('\n')}\nhosts: {}\n`;
    expect(problemsOf(bomb)).toContain('not usable');
  });

  test('a large one is read alike, and says as well where it is broken', () => {
    const many = Array.from(
      { length: 4_000 },
      (_, i) => `  web-${i}: {address: 10.0.0.1, labels: {env: prod, n: ${i}}, groups: [web]}`,
    ).join('\n');
    const large = `defaults: {user: a, identity: agent}\nhosts:\n${many}\n`;
    const { hosts, groups } = readInventory(large, 'inventory.yml', '/');
    expect(hosts.get('web-3999')?.labels).toEqual({ env: 'prod', n: '3999' });
    expect(groups.get('web')).toHaveLength(4_000);
    expect(problemsOf(large.replace('web-2000: {address', 'web-2000: {adress'))).toMatch(
      /^inventory\.yml:2003: hosts\.web-2000\.adress: unknown field/,
    );
  });

  test('no file: says what to do', () => {
    expect(() => loadInventory('/nowhere/inventory.yml')).toThrow(/no such file\. Write one by hand .*hosts import/);
  });
});

describe('thresholds of some hosts', () => {
  const text = (set: string): string =>
    `${good}thresholds:\n  - {hosts: "env=prod", set: {CONNTRACK_FULL_RATIO: 0.9, OTHER: 1}}\n  - {hosts: web-1, set: ${set}}\n`;

  test('hold where the selector says, the last one wins', () => {
    const inventory = readInventory(text('{CONNTRACK_FULL_RATIO: 0.8}'), 'inventory.yml', '/');
    const of = (name: string) => thresholdsFor(inventory, inventory.hosts.get(name) as Host);
    expect(of('web-1')).toEqual({ CONNTRACK_FULL_RATIO: 0.8, OTHER: 1 });
    expect(of('bastion')).toEqual({ CONNTRACK_FULL_RATIO: 0.9, OTHER: 1 });
  });

  test('that no rule has are refused', () => {
    const known = new Set(['CONNTRACK_FULL_RATIO', 'OTHER']);
    expect(() =>
      readInventory(text('{CONNTRACK_FUL_RATIO: 0.8}'), 'inventory.yml', '/', { thresholds: known }),
    ).toThrow(
      /inventory\.yml:21: thresholds\.1\.set\.CONNTRACK_FUL_RATIO: expected the threshold of a rule; near: CONNTRACK_FULL_RATIO/,
    );
  });
});

describe('a watched inventory', () => {
  test('keeps the last good one while the file is broken, and says so once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tcpstates-config-'));
    const file = join(folder, 'inventory.yml');
    writeFileSync(file, good);
    const problems: string[] = [];
    const changes: number[] = [];
    const watched = watchConfig({
      file,
      load: loadInventory,
      onProblem: (problem) => problems.push(problem.message),
      onChange: ({ hosts }) => changes.push(hosts.size),
    });
    try {
      writeFileSync(file, 'hosts: 7\n');
      watched.reload();
      watched.reload();
      expect(watched.current().hosts.size).toBe(3);
      expect(watched.problem()?.message).toContain('inventory.yml:1: hosts: expected hosts by name');
      expect(problems).toHaveLength(1);
      writeFileSync(file, good.replace('  web-2:\n', ''));
      watched.reload();
      expect(watched.problem()).toBeUndefined();
      expect(watched.current().hosts.size).toBe(2);
      expect(changes).toEqual([2]);
    } finally {
      watched.close();
      rmSync(folder, { recursive: true });
    }
  });
});
