/** Whatever a host prints or a person types: no mention, link or date of theirs comes alive, nothing hides, Slack takes it. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRef, encodeRef } from '../../src/blocks/actions.js';
import { checkMessage } from '../../src/blocks/check.js';
import { clean, cleanLines, cut, escapeMrkdwn, spoken } from '../../src/blocks/escape.js';
import { hostFailedMessage } from '../../src/blocks/failure.js';
import { hostsMessage } from '../../src/blocks/hosts.js';
import { investigationMessage } from '../../src/blocks/investigation.js';
import { legendModal } from '../../src/blocks/legend.js';
import { measuringMessage } from '../../src/blocks/measuring.js';
import type { Message } from '../../src/blocks/message.js';
import { problemMessage, refusalMessage, unknownHostMessage, usageMessage } from '../../src/blocks/notices.js';
import { rawModal } from '../../src/blocks/raw.js';
import { sysctlMessage } from '../../src/blocks/sysctls.js';
import { whyMessage } from '../../src/blocks/why.js';
import type { Finding } from '../../src/core/finding.js';
import type { Snapshot } from '../../src/core/snapshot.js';
import { querySysctls } from '../../src/core/sysctl-query.js';
import { validateView } from '../../src/workspace/validate/index.js';
import { aHost } from '../support/hosts.js';
import { complaints } from './support/golden.js';
import { investigate, rules, snapshotOf } from './support/hosts.js';

const TOKENS = [
  '<!channel>',
  '<!here|x>',
  '<@U0ANNA>',
  '<#C123>',
  '<https://evil.example|bank>',
  'https://evil.example',
  '`code`',
  '```',
  '*bold*',
  '&lt;!channel&gt;',
  '&amp;',
  '@channel',
  '@here',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u0000',
  '\u001b[31m',
  '\u001b]0;title\u0007',
  '\ud800',
  '\n',
  '\r\n',
  '\t',
  '\u2028',
  '<!date^1^{time}|x>',
  ':fire:',
  '|',
  "'; rm -rf / #",
  '\u{E0041}',
  '💥',
  '中文',
  'x'.repeat(400),
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...TOKENS), fc.string({ unit: 'binary', maxLength: 12 })), { maxLength: 8 })
  .map((parts) => parts.join(''));

/** Every string of a message by the field that holds it. */
const strings = (
  value: unknown,
  path: readonly string[] = [],
  kind = '',
): { path: string; kind: string; text: string }[] => {
  if (typeof value === 'string') return [{ path: path.join('.'), kind, text: value }];
  if (value === null || typeof value !== 'object') return [];
  const type = (value as { type?: unknown }).type;
  return Object.entries(value).flatMap(([key, inner]) =>
    strings(inner, [...path, key], typeof type === 'string' ? type : kind),
  );
};

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const OUR_DATES = /<!date\^\d+\^[^|<>^]+\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC>/g;

const alive = (message: Message | { blocks: readonly unknown[]; text?: string }): string[] => {
  const parsed = [...strings(message.blocks), ...('fallback' in message ? strings(message.fallback) : [])];
  const wrong: string[] = [];
  for (const { path, kind, text } of parsed) {
    const field = path.split('.').at(-1) ?? '';
    if (kind === 'mrkdwn' && field === 'text' && /[<>]|@|:\/\/|`/.test(text.replace(OUR_DATES, '')))
      wrong.push(`mrkdwn ${path}: ${text}`);
    if (field !== 'value' && INVISIBLE.test(text.replaceAll('\n', '')))
      wrong.push(`hidden ${path}: ${JSON.stringify(text)}`);
    if (kind === 'link' || kind === 'user' || kind === 'broadcast' || kind === 'channel') wrong.push(`${kind} ${path}`);
  }
  if (message.text !== undefined && (/[<>`@]|:\/\//.test(message.text) || INVISIBLE.test(message.text)))
    wrong.push(`text: ${message.text}`);
  return wrong;
};

const expectDead = (message: Message): void => {
  expect(alive(message)).toEqual([]);
  expect(complaints(message)).toEqual([]);
};

const finding = (text: string, index: number): Finding => ({
  id: 'conntrack-full',
  status: index % 4 === 3 ? 'inconclusive' : 'present',
  severity: index % 3 === 0 ? 'crit' : index % 3 === 1 ? 'warn' : 'info',
  confidence: 'medium',
  subject: text,
  evidence: Array.from({ length: 15 }, () => ({
    name: text,
    value: text,
    unit: text,
    source: text,
    limit: 7,
    formula: text,
  })),
  missing: [text, `${text}2`],
  causedBy: index === 1 ? [text] : [],
  remedies: [
    {
      key: text,
      from: text,
      to: text,
      scope: 'host',
      reaches: text,
      risk: 'high',
      signal: text,
      judgeAfterSeconds: 9,
      reason: text,
      revertHazard: text,
      requires: [text],
    },
  ],
  advice: [{ what: text, about: text }],
  avoid: [{ what: text, why: text }],
  steps: [{ question: text, answer: text, holds: 'unknown' }],
});

const snapshotWith = (text: string): Snapshot => {
  const base = snapshotOf('p01', text);
  const { readings } = base;
  if (readings.facts.status !== 'ok' || readings.sockets.status !== 'ok') throw new Error('no facts');
  return {
    ...base,
    readings: {
      ...readings,
      facts: { status: 'ok', value: { ...readings.facts.value, kernelRelease: text, hostname: text } },
      conntrack: { status: 'failed', reason: text },
      sockets: {
        status: 'ok',
        value: {
          ...readings.sockets.value,
          unknown: { [text]: 5 },
          groups: [
            { state: 'CLOSE_WAIT', count: 4, direction: 'out', localAddress: text, peerAddress: text, peerPort: 1 },
            { state: text, count: 4, direction: 'in', localPort: 80 },
          ],
        },
      },
      closeWaitOwners: { status: 'ok', value: { owners: [{ process: text, pid: 1, count: 3 }], unattributed: 2 } },
    },
  };
};

const host = aHost('web-1', { address: '10.0.3.7' });

describe('hostile words', () => {
  test('in every part of an investigation', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 0, max: 9 }), (text, many) => {
        const snapshot = snapshotWith(text);
        const input = investigate(snapshot, { host: { name: 'web-1' } });
        const findings = Array.from({ length: many }, (_, index) => finding(text, index));
        expectDead(investigationMessage(input));
        expectDead(
          investigationMessage({
            ...input,
            diagnosis: { ...input.diagnosis, findings, checked: [text], notChecked: [text] },
            offers: [{ finding: 'conntrack-full', refused: text }],
            previous: snapshot,
          }),
        );
        const legend = legendModal({ host, snapshot });
        expect(alive({ blocks: legend.blocks })).toEqual([]);
        expect(validateView(legend)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('in every other message', () => {
    const rule = rules.get('conntrack-full');
    if (rule === undefined) throw new Error('no rule');
    fc.assert(
      fc.property(hostile, (text) => {
        const steps = [{ name: text, status: 'failed' as const, detail: text, tookMs: 1 }];
        const failure = {
          problem: text,
          message: text,
          fingerprints: { expected: [text], presented: text },
          offered: [text],
          via: text,
        };
        const lastKnown = { verdict: text, measuredAt: text };
        const values = { [`net.${text}`]: text, 'net.core.somaxconn': text };
        const facts = { values, kernelRelease: text, boot: { 'net.core.somaxconn': [{ file: text, value: text }] } };
        for (const message of [
          hostFailedMessage({ host, failure, lastKnown }),
          measuringMessage({ host, lastKnown, asker: text }),
          checkMessage({ host, report: { steps, failure } }),
          hostsMessage({ hosts: [{ ...host, note: text, labels: { [text]: text } }], problem: text }),
          sysctlMessage({ host, answer: querySysctls([text], facts, new Map()), kernelRelease: text }),
          sysctlMessage({ host, answer: querySysctls(['net.*'], facts, new Map()), readAt: text }),
          unknownHostMessage(text, [text]),
          usageMessage({ command: '/tcpstates', forms: [{ form: text, does: text }], examples: [text] }, text),
          problemMessage({ what: text, safe: text, next: text, logId: text }),
          refusalMessage({ what: text, why: text, who: text }),
          whyMessage({ rule, host, finding: finding(text, 0) }),
        ])
          expectDead(message);
        const modal = rawModal({ host, measuredAt: text, transcript: text.repeat(50) });
        expect(alive({ blocks: modal.blocks })).toEqual([]);
        expect(validateView(modal)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('escaping', () => {
  test('a thousand strings: cleaned ones are short, visible and stay the same when cleaned again', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, max) => {
        const once = clean(text, max);
        expect(once.length).toBeLessThanOrEqual(max);
        expect(once).not.toMatch(INVISIBLE);
        expect(clean(once, max)).toBe(once);
        expect(cleanLines(text, max).replaceAll('\n', '')).not.toMatch(INVISIBLE);
        expect(cut(text, max).length).toBeLessThanOrEqual(max);
        expect(escapeMrkdwn(text)).not.toMatch(/[<>]/);
        expect(spoken(text)).not.toMatch(/[<>`@]|:\/\//);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['a\u202eb', 'ab'],
    ['tab\tline\nend', 'tab line end'],
    ['pay\u200bpal', 'paypal'],
    ['💥💥', '💥💥'],
  ])('%j becomes %j', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });
});

describe('what a button carries', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), fc.boolean(), (words, isPrivate) => {
        const ref = { host: 'web-1', finding: 'conntrack-full', words, private: isPrivate };
        expect(decodeRef(encodeRef(ref))).toEqual(ref);
      }),
    );
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['another shape', '[]'],
    ['more than we write', '{"host":"web-1","command":"rm"}'],
    ['a rule that is no id', '{"finding":"../../etc"}'],
    ['far too much', JSON.stringify({ words: 'x'.repeat(3000) })],
  ])('%s is refused', (_, value) => {
    expect(decodeRef(value)).toBeUndefined();
  });
});
