/** known_hosts: what we find must be what OpenSSH finds. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HostKeys, judgeHostKey } from '../../src/ssh/host-keys.js';
import { KnownHosts, lookupName, parsePublicKey } from '../../src/ssh/known-hosts.js';
import { blockOf, HmacSha1 } from '../../src/ssh/sha1.js';
import { describeNeeding } from '../support/needs.js';
import { hostAt, Scratch } from './sshd.js';

const ED = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDWfoIcPMbMVsEqgjs6gJTo1Xgi1vBzpGEgE4/gGFVqa';
const KEY = ED.split(' ')[1] ?? '';

const hashed = (name: string, salt = randomBytes(20)): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;

describe('HMAC-SHA1 with a kept key', () => {
  test('agrees with OpenSSL for every short message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.uint8Array({ maxLength: 55 }), (key, message) => {
        const digest = createHmac('sha1', key).update(message).digest();
        const words = Int32Array.from({ length: 5 }, (_, i) => digest.readInt32BE(i * 4));
        const block = blockOf(message);
        expect(block).toBeDefined();
        if (block === undefined) return;
        expect(new HmacSha1(key).equals(block, words)).toBe(true);
        words[4] = (words[4] ?? 0) ^ 1;
        expect(new HmacSha1(key).equals(block, words)).toBe(false);
      }),
    );
  });
});

describe('known_hosts', () => {
  test.each([
    ['plain', `web-1 ${ED}`, 'web-1', ['key']],
    ['one of several', `a,web-1,b ${ED} comment`, 'WEB-1', ['key']],
    ['another port', `[web-1]:2222 ${ED}`, lookupName('web-1', 2222), ['key']],
    ['another port is another host', `web-1 ${ED}`, '[web-1]:2222', []],
    ['wildcard', `*.example.com ${ED}`, 'db.example.com', ['key']],
    ['negated', `*.example.com,!db.example.com ${ED}`, 'db.example.com', []],
    ['a negation alone matches nothing', `!db ${ED}`, 'web', []],
    ['hashed', `${hashed('web-1')} ${ED}`, 'web-1', ['key']],
    ['hashed with port', `${hashed('[web-1]:22022')} ${ED}`, '[web-1]:22022', ['key']],
    ['hashed, another name', `${hashed('web-1')} ${ED}`, 'web-2', []],
    ['hashed, a long name', `${hashed('x'.repeat(120))} ${ED}`, 'x'.repeat(120), ['key']],
    ['revoked', `@revoked * ${ED}`, 'web-1', ['revoked']],
    ['authority', `@cert-authority *.example.com ${ED}`, 'a.example.com', ['cert-authority']],
    ['unknown marker', `@trust-me web-1 ${ED}`, 'web-1', []],
    ['comment', `# web-1 ${ED}`, 'web-1', []],
    ['the type must be what the key says', `web-1 ssh-rsa ${KEY}`, 'web-1', []],
    ['no key', 'web-1', 'web-1', []],
    ['not base64', 'web-1 ssh-ed25519 !!!!', 'web-1', []],
  ])('%s', (_title, text, name, markers) => {
    expect(new KnownHosts(text).find(name).map(({ marker }) => marker)).toEqual(markers);
  });

  test('a key found twice is found twice, also through a hash', () => {
    const known = new KnownHosts([`web-1 ${ED}`, `${hashed('web-1')} ${ED}`, `w* ${ED}`].join('\n'));
    expect(known.find('web-1')).toHaveLength(3);
    expect(known.find('web-1')).toHaveLength(3);
  });

  test('lines that cannot be read are named', () => {
    expect(new KnownHosts(`web-1 ${ED}\n\nnonsense\n|2|x|y ${ED}`).unreadable).toEqual([3, 4]);
  });

  test.each([
    ['host-key-unknown', 'other'],
    ['host-key-changed', 'web-1'],
  ])('lines that cannot be read are told for the log beside %s', async (problem, address) => {
    const scratch = new Scratch();
    try {
      const path = scratch.file('known_hosts', `web-1 ${ED}\nnonsense\n|2|x|y ${ED}\n`);
      const host = { ...hostAt(22, { hostKeys: { kind: 'known-hosts', path } }), address };
      const presented = Buffer.from(KEY.replace(/a$/, 'b'), 'base64');
      expect(judgeHostKey(await new HostKeys().of(host), presented, 'web-1')?.failure).toMatchObject({
        problem,
        detail: `${path} has lines that can't be read: 2, 3`,
      });
    } finally {
      scratch.remove();
    }
  });

  test('never throws, whatever the file holds, and never finds a host in noise', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 })), fc.string(), (lines, name) => {
        for (const line of new KnownHosts(lines.join('\n')).find(name))
          expect(parsePublicKey(`${line.type} ${line.key}`)).toBeDefined();
      }),
    );
  });

  test('a hostile pattern costs no exponential time', () => {
    const hostile = `${'*a'.repeat(200)}c`;
    expect(new KnownHosts(`${hostile},!${hostile} ${ED}`).find(`${'a'.repeat(5_000)}b`)).toEqual([]);
  });

  test('1,000 names in 1,000 hashed lines: each is found, once computed', () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `host-${i}.example.com`);
    const known = new KnownHosts(names.map((name) => `${hashed(name)} ${ED}`).join('\n'));
    for (const name of names) expect(known.find(name)).toHaveLength(1);
    expect(known.find('host-1000.example.com')).toHaveLength(0);
  });
});

describeNeeding(['sshd'], 'known_hosts against ssh-keygen -F', () => {
  let scratch: Scratch;
  beforeAll(() => {
    scratch = new Scratch();
  });
  afterAll(() => scratch.remove());

  test('finds exactly the lines that ssh-keygen finds', () => {
    const label = fc.constantFrom('web', 'db', 'web-1', 'a.example.com', 'b.example.com', '10.0.0.1', 'fe80::1');
    const name = fc.oneof(
      label,
      label.map((text) => `[${text}]:2222`),
      label.map((text) => text.toUpperCase()),
    );
    const pattern = fc.oneof(
      name,
      fc.constantFrom('*', 'web*', '?b', '*.example.com', '!db', '!*.example.com', '10.0.0.?', '[*]:2222'),
    );
    const names = fc.oneof(
      fc.array(pattern, { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
      name.map((text) => hashed(text.toLowerCase())),
    );
    const marker = fc.constantFrom('', '', '', '@revoked ', '@cert-authority ');
    const file = fc.array(fc.tuple(marker, names), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(file, name, (lines, wanted) => {
        const path = scratch.file('known_hosts', lines.map(([mark, list]) => `${mark}${list} ${ED}\n`).join(''));
        const { stdout } = spawnSync('ssh-keygen', ['-F', wanted.toLowerCase(), '-f', path], { encoding: 'utf8' });
        const theirs = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
        const ours = new KnownHosts(lines.map(([mark, list]) => `${mark}${list} ${ED}`).join('\n')).find(wanted);
        expect(ours).toHaveLength(theirs);
      }),
      { numRuns: 120 },
    );
  });

  test('reads what ssh-keygen -H hashed', () => {
    const path = scratch.file('plain', `web-1,10.0.0.1 ${ED}\n[db]:2222 ${ED}\n`);
    execFileSync('ssh-keygen', ['-H', '-f', path], { stdio: 'ignore' });
    const text = execFileSync('cat', [path], { encoding: 'utf8' });
    expect(text).toContain('|1|');
    const known = new KnownHosts(text);
    for (const name of ['web-1', '10.0.0.1', '[db]:2222']) expect(known.find(name)).toHaveLength(1);
    expect(known.find('db')).toHaveLength(0);
  });
});
