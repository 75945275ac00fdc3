import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { makeLog, scrub } from '../src/log.js';
import type { LogFields } from '../src/ports/log.js';

const canary = process.env['TCPSTATES_CANARY'] ?? '';
const logging = (secrets: string[] = []) => {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return { log: makeLog({ level: 'debug', destination, secrets }), lines };
};

test('only fields that are listed are logged, with the kind that they have', () => {
  const { log, lines } = logging();
  log
    .with({ host: 'web-1' })
    .info({ tookMs: 5, password: canary, channel: { id: canary }, count: 'x' } as unknown as LogFields, 'measured');
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'info',
    time: expect.any(String),
    host: 'web-1',
    tookMs: 5,
    msg: 'measured',
  });
});

test('a canary gets through nowhere: text, message, error, cause, code, name', () => {
  const { log, lines } = logging(['another-secret-of-this-process']);
  const error = Object.assign(new Error(`401 for ${canary}`, { cause: new Error(`Bearer ${canary}`) }), {
    code: canary,
    name: canary,
    config: { token: canary },
  });
  log.error({ err: error, detail: `x ${canary} another-secret-of-this-process` }, `failed with ${canary}`);
  log.warn({ err: canary, path: canary }, 'x');
  expect(lines.join('')).not.toContain(canary);
  expect(lines.join('')).not.toContain('another-secret');
  expect(lines.join('')).not.toContain('config');
});

test.each([
  ['xapp-1-A0-123-abc', '[secret]'],
  ['https://hooks.slack.com/commands/T1/2/abc now', '[secret] now'],
  ['wss://wss-primary.slack.com/link/?ticket=abc', '[secret]'],
  ['postgres://bot:hunter22@db/x', 'postgres://bot:[secret]@db/x'],
  ['password=hunter22, next', 'password=[secret], next'],
  ['"token":"abc"', '"token":"[secret]"'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----', '[secret]'],
  ['a\u0000b\u001b[31mc', 'a b [31mc'],
])('%j is scrubbed', (text, expected) => expect(scrub(text)).toBe(expected));

test('a text is bounded', () => expect(scrub('x'.repeat(100_000)).length).toBe(2_000));
