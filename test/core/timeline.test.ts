/** The story from the audit log: what it says, what it folds, and that no host's words do harm in a document. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { marked } from 'marked';
import { OUTCOMES } from '../../src/blocks/change-words.js';
import type { AuditEntry } from '../../src/core/audit.js';
import { timelineMarkdown } from '../../src/core/timeline.js';
import { timelineOf } from '../../src/core/timeline-rows.js';

const start = Date.UTC(2026, 10, 22, 12, 0, 0);
const log = (...drafts: (Partial<AuditEntry> & { kind: string })[]): AuditEntry[] =>
  drafts.map((draft, index) => ({
    atMs: start + index * 30_000,
    actor: 'bot',
    data: {},
    seq: index + 1,
    previous: '',
    hash: '',
    ...draft,
  }));
const measured = (host: string, verdict: string, more: Record<string, unknown> = {}) => ({
  kind: 'measurement',
  host,
  data: { verdict, ...more },
});
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
const bad = 'CRITICAL  web-1: the connection-tracking table is full';
const change = { host: 'web-1', change: 'c1' };
const incident = log(
  measured('web-1', bad, { came: ['conntrack-full'] }),
  measured('web-2', 'HEALTHY  web-2: nothing wrong found'),
  measured('web-1', bad),
  measured('web-1', bad),
  {
    kind: 'change.proposed',
    ...change,
    actor: 'ada (T1:U1)',
    data: {
      plan: { entries: [{ key: 'net.netfilter.nf_conntrack_max', from: '65536', to: '262144' }] },
      reason: 'new connections are dropped',
      finding: { id: 'conntrack-full' },
    },
  },
  { kind: 'change.approval-given', ...change, actor: 'grace (T1:U2)' },
  { kind: 'change.apply-intended', ...change },
  { kind: 'change.applied', ...change, actor: 'host', data: { atMs: start, windowEndsAtMs: start + 600_000 } },
  {
    kind: 'change.measured',
    ...change,
    data: { measurement: { outcome: 'better', afterSeconds: 120, before: 'crit: 65536 of 65536', now: 'gone' } },
  },
  { kind: 'change.confirmed', ...change, actor: 'host', data: { shadowedBy: [] } },
);

describe('the timeline', () => {
  test('tells an incident in the order in which it happened', () => {
    const { rows, hosts, people } = timelineOf(incident);
    expect(rows.map(({ what }) => what)).toEqual([
      bad,
      'HEALTHY  web-2: nothing wrong found',
      'proposed to set net.netfilter.nf_conntrack_max from 65536 to 262144',
      'approved it',
      'is sent to the host',
      'is in force; the host takes it back in 10 min unless it is confirmed',
      'BETTER after 2 min',
      'is confirmed: it stays',
    ]);
    expect(rows[0]).toMatchObject({ kind: 'finding', times: 3, seq: 1, lastSeq: 4, details: ['New: conntrack-full'] });
    expect({ hosts, people }).toEqual({ hosts: ['web-1', 'web-2'], people: ['ada (T1:U1)', 'grace (T1:U2)'] });
  });

  test('what is said again after something happened is a new row', () => {
    const again = log(measured('web-1', bad), { kind: 'change.applied', ...change }, measured('web-1', bad));
    expect(timelineOf(again).rows).toHaveLength(3);
  });

  test('the oldest rows go first where there are too many, and it is said', () => {
    const many = log(...Array.from({ length: 50 }, (_, at) => measured(`web-${at}`, 'HEALTHY')));
    expect(timelineOf(many, { most: 10 })).toMatchObject({ omitted: 40, entries: 50, rows: { length: 10 } });
    expect(timelineMarkdown(many, { most: 10 })).toContain('The 40 oldest rows are left out');
  });

  test('as Markdown', () => {
    expect(timelineMarkdown(incident, { title: 'Incident 7', scope: 'since 3 h' })).toBe(
      `# Incident 7

since 3 h

- From 2026-11-22 12:00:00 to 2026-11-22 12:04:30, all times UTC
- Hosts: web-1, web-2
- People: ada (T1:U1), grace (T1:U2)
- Measurements: 4; changes: 1; entries of the audit log: 10 (1 to 10)

## 2026-11-22

- ${'`12:00:00 to 12:01:30`'} **web-1**: CRITICAL  web-1: the connection-tracking table is full (3 measurements)
  - New: conntrack-full
- ${'`12:00:30`'} **web-2**: HEALTHY  web-2: nothing wrong found
- ${'`12:02:00`'} **web-1**, change c1: ada (T1:U1) proposed to set net.netfilter.nf_conntrack_max from 65536 to 262144
  - Reason: new connections are dropped
  - Finding: conntrack-full
- ${'`12:02:30`'} **web-1**, change c1: grace (T1:U2) approved it
- ${'`12:03:00`'} **web-1**, change c1: is sent to the host
- ${'`12:03:30`'} **web-1**, change c1: is in force; the host takes it back in 10 min unless it is confirmed
- ${'`12:04:00`'} **web-1**, change c1: BETTER after 2 min
  - Before: crit: 65536 of 65536
  - Now: gone
- ${'`12:04:30`'} **web-1**, change c1: is confirmed: it stays
`,
    );
  });

  test('the word for an effect is the one on the card of the change', () => {
    for (const outcome of ['better', 'same', 'worse', 'unknown'] as const) {
      const [row] = timelineOf(log({ kind: 'change.measured', ...change, data: { measurement: { outcome } } })).rows;
      expect(row?.what).toBe(OUTCOMES[outcome]);
    }
  });

  test('of whom a sentence is said', () => {
    const told = (draft: Partial<AuditEntry> & { kind: string }) => timelineOf(log(draft)).rows[0]?.subject;
    expect(told({ kind: 'change.approval-given', ...change })).toBe('actor');
    expect(told({ kind: 'change.refused', ...change, data: { code: 'not-permitted' } })).toBe('actor');
    expect(told({ kind: 'change.revert-held', ...change })).toBe('change');
    expect(told({ kind: 'watch.began', host: 'web-1', data: { what: 'is watched for 10 min' } })).toBe('none');
    expect(timelineMarkdown(log({ kind: 'watch.began', host: 'web-1', data: { what: 'is watched' } }))).toContain(
      '**web-1**: is watched',
    );
  });

  test('the findings of a measurement of many begin with it', () => {
    const at = start;
    const of = (host: string, data: Record<string, unknown>) => ({
      kind: 'measurement',
      host,
      data,
      actor: 'ada (T1:U1)',
    });
    const { rows } = timelineOf(
      log(
        { ...of('web-1', { fleet: 'f1', verdict: bad, present: ['conntrack-full'] }), atMs: at },
        { ...of('web-2', { fleet: 'f1', verdict: 'HEALTHY  web-2: nothing wrong found', present: [] }), atMs: at },
        { ...of('web-3', { fleet: 'f1', verdict: 'HEALTHY  web-3: nothing wrong found', present: [] }), atMs: at },
        { ...of('web-4', { fleet: 'f1', failed: 'refused' }), atMs: at },
        of('web-1', { verdict: bad, present: ['conntrack-full'] }),
      ),
    );
    expect(rows.map(({ what, details, times }) => ({ what, details, times }))).toEqual([
      { what: bad, details: ['New: conntrack-full'], times: 2 },
      { what: 'measured 2 hosts, nothing wrong found', details: ['web-2, web-3'], times: 2 },
      { what: 'no answer (refused)', details: [], times: 1 },
    ]);
    expect(rows[1]).toMatchObject({ hosts: ['web-2', 'web-3'], subject: 'actor', actor: 'ada (T1:U1)' });
    expect(rows[1]).not.toHaveProperty('host');
  });

  test('many reads of one person at one time are one row; of another person or another time they are not', () => {
    const read = (host: string, actor: string, seconds: number) => ({
      kind: 'read.sysctls',
      host,
      actor,
      atMs: start + seconds * 1_000,
    });
    const { rows } = timelineOf(
      log(
        ...['a', 'b', 'c', 'd'].map((host) => read(host, 'ada', 0)),
        read('a', 'grace', 1),
        measured('b', 'HEALTHY  b: nothing wrong found'),
        read('e', 'ada', 4),
        read('a', 'ada', 60),
        read('a', 'ada', 61),
      ).sort((a, b) => a.atMs - b.atMs),
    );
    expect(
      rows.filter(({ kind }) => kind === 'other').map(({ actor, what, times }) => `${actor} ${what} ${times}`),
    ).toEqual(['ada read sysctls of 5 hosts 5', 'grace read sysctls 1', 'ada read sysctls 2']);
  });

  test('only what Markdown would turn into something is escaped: the file is read as it is', () => {
    const plain = [
      'ada (T1:U1) read {nf_conntrack_max} = 5! (12 of 24), some & more > less # x',
      'a_b_c 10% R&D 1,500 -> 2,000',
    ];
    for (const verdict of plain) expect(timelineMarkdown(log(measured('h', verdict)))).toContain(`: ${verdict}\n`);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab1 .,;:_*~`[]()<>#+-=|!&$\\\'"'), minLength: 1, maxLength: 40 }),
        (text) => {
          const said = text.replace(/\s+/g, ' ').trim();
          fc.pre(said !== '' && !said.includes('://'));
          const html = String(marked.parse(timelineMarkdown(log({ kind: 'watch', host: 'h', data: { what: text } }))));
          const words = /<strong>h<\/strong>: (.*?)<\/li>/s.exec(html)?.[1] ?? '';
          const read = words.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] ?? '');
          expect(read.replace(/\s+/g, ' ').trim()).toBe(said);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('nothing recorded is said', () => {
    expect(timelineMarkdown([])).toBe('# Timeline\n\nNothing was recorded in this time.\n');
  });

  test('no entry throws, and foreign words make no link, image, HTML, heading or line of their own', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom(
        '[x](http://evil.example)',
        'www.evil.example/x',
        'a@evil.example',
        '1. one',
        '1) one',
        '![x](http://evil.example/a.png)',
        '<img src=x onerror=1>',
        '\n# head',
        '| a | b |',
        '<!channel>',
        '`code`',
        '&lt;b&gt;',
        '\u202eabc',
      ),
    );
    const data = fc.dictionary(
      fc.constantFrom(
        'verdict',
        'came',
        'plan',
        'reason',
        'why',
        'measurement',
        'breakGlass',
        'what',
        'code',
        'entries',
      ),
      fc.oneof(
        hostile,
        fc.array(hostile),
        fc.dictionary(fc.constantFrom('entries', 'reason', 'before', 'id'), hostile),
      ),
    );
    const kind = fc.oneof(
      fc.constantFrom('measurement', 'change.proposed', 'change.measured', 'change.denied', 'watch.started', 'refusal'),
      hostile,
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ kind, data, actor: hostile, host: hostile, change: hostile }), { maxLength: 6 }),
        (drafts) => {
          const entries = log(...drafts);
          const text = timelineMarkdown(entries);
          const html = String(marked.parse(text, { async: false }));
          expect(html).not.toMatch(/<(a|img|script|table|h3|hr|blockquote)\b/i);
          expect((html.match(/<h1/g) ?? []).length).toBe(1);
          expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
        },
      ),
      { numRuns: 200 },
    );
  });
});
