/** Executables as inventories: good ones, Ansible's, broken, slow and endless ones. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { isDynamic, readDynamic, watchDynamic } from '../../src/config/dynamic.js';
import { readSweeps } from '../../src/config/sweeps.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const script = (body: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-dynamic-'));
  folders.push(folder);
  const file = join(folder, 'inventory');
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
};
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEyU0HXlqzWhFvwwSWVnZpZm0HzLpH3pEYXnWqHjsjzc';
const OURS = JSON.stringify({
  defaults: { user: 'sre', identity: 'agent' },
  hosts: { 'web-1': { address: '10.0.0.1', hostKeys: KEY, groups: ['web'] } },
});
const ANSIBLE = JSON.stringify({
  _meta: { hostvars: { 'web-1': { ansible_host: '10.0.0.1', ansible_user: 'sre' } } },
  all: { children: ['web'] },
  web: { hosts: ['web-1'] },
});

describe('a dynamic inventory', () => {
  test.each([
    ['our own form', OURS],
    ['what Ansible’s --list prints', ANSIBLE],
  ])('%s', async (_, text) => {
    const file = script(`[ "$1" = --list ] && cat <<'END'\n${text}\nEND`);
    expect(isDynamic(file)).toBe(true);
    const watched = await watchDynamic({ file });
    watched.close();
    const host = watched.current().hosts.get('web-1');
    expect(host).toMatchObject({ address: '10.0.0.1', user: 'sre' });
    expect(watched.current().groups.get('web')).toEqual(['web-1']);
  });

  test.each([
    ['ends with an error', 'echo "no token" >&2; exit 3', /ended with 3: no token/],
    ['prints no JSON', 'echo hello', /expected JSON/],
    ['prints a field that is unknown', `echo '{"hosts":{"web-1":{"adress":"x"}}}'`, /adress/],
    ['takes too long', 'exec sleep 30', /within 0.5 s/],
    ['never stops printing', 'exec yes', /MiB of JSON/],
  ])('one that %s is refused at the start, with the reason', async (_, body, reason) => {
    await expect(
      watchDynamic({ file: script(body), timeoutMs: body.includes('sleep') ? 500 : 10_000, outputBytesMax: 1_048_576 }),
    ).rejects.toThrow(reason);
  });

  test('a broken refresh keeps the last good one and says so once; a good one replaces it', async () => {
    const file = script(`cat <<'END'\n${OURS}\nEND`);
    const problems: string[] = [];
    const changes: number[] = [];
    const watched = await watchDynamic({
      file,
      onProblem: ({ message }) => problems.push(message),
      onChange: ({ hosts }) => changes.push(hosts.size),
    });
    await watched.refreshed();
    expect(changes).toEqual([]);
    writeFileSync(file, '#!/bin/sh\nexit 1\n');
    await watched.refreshed();
    await watched.refreshed();
    expect(problems).toHaveLength(1);
    expect(watched.problem()?.message).toContain('ended with 1');
    expect(watched.current().hosts.size).toBe(1);
    writeFileSync(file, `#!/bin/sh\ncat <<'END'\n${OURS.replace('"web-1"', '"web-2"')}\nEND\n`);
    await watched.refreshed();
    watched.close();
    expect(changes).toEqual([1]);
    expect([...watched.current().hosts.keys()]).toEqual(['web-2']);
    expect(watched.problem()).toBeUndefined();
  });

  test('of the bot’s environment it is given what is harmless, and what operators hand on', async () => {
    const secrets = ['SLACK_BOT_TOKEN', 'DATABASE_URL', 'PGPASSWORD', 'GRACE_CODE', 'WEB_KEY_PHRASE', 'SSH_AUTH_SOCK'];
    const handedOn = ['INVENTORY_REGION', 'LC_ALL'];
    const before = { ...process.env };
    try {
      for (const name of [...secrets, ...handedOn]) process.env[name] = 'C';
      const file = script(`env > seen; cat <<'END'\n${OURS}\nEND`);
      (await watchDynamic({ file })).close();
      const seen = readFileSync(join(file, '..', 'seen'), 'utf8')
        .split('\n')
        .map((line) => line.split('=')[0]);
      expect(seen).toEqual(expect.arrayContaining(['PATH', ...handedOn]));
      for (const name of secrets) expect(seen).not.toContain(name);
    } finally {
      for (const name of [...secrets, ...handedOn]) {
        const value = before[name];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });

  test('what could not be taken over is told once, and again when it is something else', async () => {
    const printed = (hosts: Record<string, object>): string => {
      const all = JSON.stringify({ _meta: { hostvars: hosts }, web: { hosts: Object.keys(hosts) } });
      return `#!/bin/sh\ncat <<'END'\n${all}\nEND\n`;
    };
    const web = { ansible_user: 'sre' };
    const local = { ansible_connection: 'local' };
    const told: (readonly string[])[] = [];
    const file = script('');
    writeFileSync(file, printed({ 'web-1': web, here: local, 'two words': web }));
    const watched = await watchDynamic({ file, onNotes: (notes) => told.push(notes) });
    const again = async (hosts: Record<string, object>): Promise<void> => {
      writeFileSync(file, printed(hosts));
      await watched.refreshed();
    };
    expect(told).toEqual([
      ['“here” is left out: its connection is local, not ssh.', expect.stringContaining('“two words” is left out')],
    ]);
    await again({ 'web-1': web, 'web-2': web, 'two words': web, here: local });
    expect(watched.current().hosts.size).toBe(2);
    expect(told).toHaveLength(1);
    await again({ 'web-1': web, here: local });
    await again({ 'web-1': web });
    await again({ 'web-1': web, here: local });
    watched.close();
    expect(told.map((notes) => notes.length)).toEqual([2, 1, 1]);
  });

  test('a file of YAML is read, not run', () => {
    const file = script('exit 0');
    chmodSync(file, 0o644);
    if (process.getuid?.() !== 0) expect(isDynamic(file)).toBe(false);
    expect(isDynamic(join(file, '..'))).toBe(false);
    expect(isDynamic('inventory.yml')).toBe(false);
    expect(() => readDynamic('[]', 'x')).toThrow(/expected/);
  });
});

describe('sweeps.yml', () => {
  const read = (text: string) => readSweeps(text, 'sweeps.yml', new Set(['CONNTRACK_FULL_RATIO']));
  test('what is measured, how often, where it is told', () => {
    expect(
      read(
        'sweeps:\n  web:\n    {hosts: "@web,!web-3", every: 5 min, channel: C0INC, thresholds: {CONNTRACK_FULL_RATIO: 0.8}}\n',
      ),
    ).toMatchObject([
      {
        name: 'web',
        hosts: '@web,!web-3',
        everySeconds: 300,
        channel: 'C0INC',
        raiseAfter: 2,
        clearAfter: 3,
        thresholds: { CONNTRACK_FULL_RATIO: 0.8 },
      },
    ]);
  });
  test.each([
    ['{hosts: "@web", every: 5 min, channel: "#incident"}', /sweeps.web.channel: expected the id of a channel/],
    ['{hosts: "@web", every: 5 s, channel: C0INC}', /sweeps.web.every: expected a time from 30 s/],
    ['{hosts: "!web-1", every: 5 min, channel: C0INC}', /sweeps.web.hosts: Only hosts to leave out/],
    ['{hosts: "@web", every: 5 min, channel: C0INC, evry: 1}', /unknown field/],
    ['{hosts: "@web", every: 5 min, channel: C0INC, thresholds: {NOPE: 1}}', /no rule has a threshold/],
  ])('%s', (sweep, reason) => {
    expect(() => read(`sweeps:\n  web: ${sweep}\n`)).toThrow(reason);
  });
});
