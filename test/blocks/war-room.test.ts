/** Watches, Home, the story, shortcuts: what they say, and that Slack takes it. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { alertHostsMessage, noHostInAlertMessage, pickerModal } from '../../src/blocks/alert.js';
import { firstUseMessage } from '../../src/blocks/first-use.js';
import { type Home, homeView } from '../../src/blocks/home.js';
import { timelineMessage } from '../../src/blocks/timeline.js';
import { watchLostMessage, watchMessage, watchOpening } from '../../src/blocks/watch.js';
import type { AuditEntry } from '../../src/core/audit.js';
import { timelineOf } from '../../src/core/timeline-rows.js';
import { beginWatch, observe, seriesOf, type Watch, type WatchLook, watchDuration } from '../../src/core/watch.js';
import { validateView } from '../../src/workspace/validate/index.js';
import { complaints, expectGolden, expectGoldenModal } from './support/golden.js';
import { readMessage } from './support/reading.js';

const startedMs = Date.UTC(2026, 10, 22, 12);
const full = { id: 'conntrack-full', severity: 'crit' as const, headline: 'the connection-tracking table is full' };
const look = (second: number, timeWait: number, findings: readonly (typeof full)[] = []): WatchLook => ({
  atMs: startedMs + second * 1_000,
  line: findings.length > 0 ? `CRITICAL  web-1: ${findings[0]?.headline}` : 'HEALTHY  web-1: nothing wrong found',
  level: findings.length > 0 ? 'CRITICAL' : 'HEALTHY',
  findings,
  counts: { TIME_WAIT: timeWait, ESTABLISHED: 80, LISTEN: 12, CLOSE_WAIT: 0 },
});
const about = {
  id: 'w1',
  host: 'web-1',
  posted: { channel: 'C1', ts: '1.1' },
  by: { teamId: 'T1', userId: 'U0ADA' },
  startedMs,
  endsMs: startedMs + 600_000,
};
const watched = (...looks: readonly WatchLook[]): Watch => {
  const [first = look(0, 1), ...rest] = looks;
  return rest.reduce(observe, beginWatch(about, first));
};

describe('a watch', () => {
  test('begins, goes on, and ends', () => {
    expectGolden('watch/opening', watchOpening({ host: 'web-1', by: about.by, endsMs: about.endsMs }));
    expectGolden('watch/first', watchMessage(watched(look(0, 18_888))));
    const now = watched(look(0, 18_888), look(15, 19_500, [full]), look(30, 24_000, [full]), look(45, 9_000));
    expectGolden('watch/later', watchMessage(now));
    expectGolden(
      'watch/ended',
      watchMessage({ ...now, ended: { atMs: startedMs + 60_000, why: 'stopped', by: 'U0GRACE' } }),
    );
    expectGolden(
      'watch/silent',
      watchMessage(observe(now, { atMs: startedMs + 60_000, failure: 'The port refused the connection.' })),
    );
    expectGolden('watch/lost', watchLostMessage(now, 'its channel was archived.'));
  });

  test('shows first by what its findings are measured, also when they are gone; what stands still is one line', () => {
    const sick = (second: number, use: number, drops: number, more: Partial<WatchLook> = {}): WatchLook =>
      ({
        ...look(second, 18_888, [full]),
        numbers: { 'conntrack use %': use, 'conntrack drops /s': drops, 'TCP memory pages': 73 },
        measuredBy: ['conntrack use %', 'conntrack drops /s'],
        ...more,
      }) as WatchLook;
    const still = watchMessage(watched(sick(0, 100, 212), sick(15, 100, 208.4)));
    expectGolden('watch/measured', still);
    const words = readMessage(still);
    expect(words).toMatch(
      /Over time\*\n {2}- \*conntrack use %\* {2}100, as at the beginning\n {2}- \*conntrack drops/,
    );
    expect(words).toContain('Not moved: TIME_WAIT, ESTABLISHED and LISTEN');
    expect(words.match(/chart: .*/g)).toEqual([
      'chart: conntrack use % of web-1 over time: 0:00 100, 0:15 100',
      'chart: conntrack drops /s of web-1 over time: 0:00 212, 0:15 208.4',
    ]);
    const cured = watched(sick(0, 100, 212), sick(15, 100, 90), {
      ...look(30, 18_888),
      numbers: { 'conntrack use %': 25, 'conntrack drops /s': 0 },
      measuredBy: [],
    } as WatchLook);
    expect(readMessage(watchMessage(cured))).toMatch(
      /conntrack use %\* {2}100 → 25\n.*conntrack drops \/s\* {2}212 → 0\n/,
    );
  });

  test('one of an older program, that kept states alone, is still shown', () => {
    const { measuredBy: _, ...old } = watched(look(0, 18_888), look(15, 9_000));
    const message = watchMessage(old);
    expect(complaints(message)).toEqual([]);
    expect(readMessage(message)).toContain('18,888 → 9,000');
    expect(readMessage(watchMessage(observe(old, look(30, 5_000, [full]))))).toContain('18,888 → 5,000');
  });

  test('its text changes with the verdict alone', () => {
    const first = watched(look(0, 1));
    const same = observe(first, { ...look(15, 99_999), line: 'HEALTHY  web-1: other numbers' } as WatchLook);
    expect(same.text).toBe(first.text);
    expect(observe(same, look(30, 5, [full])).text).toMatch(/^CRITICAL/);
  });

  test('what came and went is told once; silence loses no finding', () => {
    const silent: WatchLook = { atMs: startedMs + 30_000, failure: 'silent' };
    const watch = watched(look(0, 1), look(15, 1, [full]), silent, look(45, 1, [full]), look(60, 1));
    expect(watch.events.map(({ came, went }) => ({ came, went }))).toEqual([
      { came: ['conntrack-full'], went: [] },
      { came: ['no answer'], went: [] },
      { came: [], went: ['no answer'] },
      { came: [], went: ['conntrack-full'] },
    ]);
  });

  test('stays small and is taken by Slack however long it lasts and whatever a host says', () => {
    const words = fc.string({ unit: 'binary', maxLength: 400 });
    const hostile = fc.oneof(
      fc.record({ failure: words }),
      fc.record({
        line: words,
        level: fc.constantFrom('CRITICAL', 'HEALTHY'),
        findings: fc.array(
          fc.record({ id: words, severity: fc.constantFrom('crit' as const, 'warn' as const), headline: words }),
          { maxLength: 10 },
        ),
        numbers: fc.dictionary(fc.oneof(fc.constantFrom('conntrack use %', 'drops /s'), words), fc.nat(1_000_000), {
          maxKeys: 6,
        }),
        measuredBy: fc.array(fc.oneof(fc.constantFrom('conntrack use %', 'drops /s', 'TIME_WAIT'), words), {
          maxLength: 8,
        }),
        counts: fc.dictionary(
          fc.constantFrom('TIME_WAIT', 'ESTABLISHED', 'unknown state', 'LISTEN', 'CLOSE'),
          fc.nat(10_000_000),
        ),
      }),
    );
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 90 }), (looks) => {
        const watch = watched(...looks.map((it, at): WatchLook => ({ ...it, atMs: startedMs + at * 15_000 })));
        expect(complaints(watchMessage(watch))).toEqual([]);
        expect(watch.points.length).toBeLessThanOrEqual(41);
        expect(watch.events.length).toBeLessThanOrEqual(8);
        expect(seriesOf(watch, 4, 20).atMs.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['10m', 600_000],
    ['90s', 90_000],
    ['1h', 3_600_000],
    ['5', 300_000],
  ])('%s is a time', (text, ms) => expect(watchDuration(text)).toEqual({ ok: true, ms }));
  test.each(['', '0', '10s', '3h', 'soon', '-5m', '1e9'])('“%s” is none', (text) =>
    expect(watchDuration(text).ok).toBe(false),
  );
});

const entry = (seq: number, more: Partial<AuditEntry>): AuditEntry => ({
  seq,
  atMs: startedMs + seq * 60_000,
  actor: 'ada (T1:U0ADA)',
  kind: 'measurement',
  host: 'web-1',
  data: {},
  previous: '',
  hash: '',
  ...more,
});
const story = [
  entry(1, {
    data: { verdict: 'CRITICAL  web-1: the connection-tracking table is full', present: ['conntrack-full'] },
  }),
  entry(2, {
    kind: 'change.proposed',
    change: 'c1',
    data: {
      plan: { entries: [{ key: 'net.netfilter.nf_conntrack_max', from: '65536', to: '262144' }] },
      reason: 'dropping',
    },
  }),
  entry(3, { kind: 'change.approval-given', change: 'c1', actor: 'grace (T1:U0GRACE)' }),
  entry(4, { kind: 'change.applied', change: 'c1', actor: 'host', data: { atMs: 0, windowEndsAtMs: 600_000 } }),
  entry(5, { data: { verdict: 'HEALTHY  web-1: nothing wrong found', present: [] } }),
];

describe('the story', () => {
  test('reads as it happened', () => {
    const timeline = timelineOf(story);
    expect(timeline.rows.at(-1)?.details).toEqual(['Gone: conntrack-full']);
    expectGolden(
      'timeline/incident',
      timelineMessage({ timeline, scope: 'the last 3 h', words: 'timeline --since 3h' }),
    );
    expectGolden(
      'timeline/empty',
      timelineMessage({ timeline: timelineOf([]), scope: 'the last 3 h', words: 'timeline' }),
    );
  });

  test('a long one gives up its oldest part, and says so', () => {
    const long = Array.from({ length: 300 }, (_, at) =>
      entry(at + 1, { host: `web-${at}`, data: { verdict: 'x'.repeat(200) } }),
    );
    const timeline = timelineOf(long);
    const told = (more: { words?: string; file?: boolean }) => {
      const message = timelineMessage({ timeline, scope: 'all', ...more });
      expect(complaints(message)).toEqual([]);
      return readMessage(message);
    };
    // To the asker alone there is no file yet: it is said how to get it, and nothing is promised that is not there.
    expect(told({ words: 'timeline' })).toContain(
      'The first 275 steps are not shown here: “Post summary into channel” brings a file with all of them.',
    );
    expect(told({ file: true })).toContain('The first 275 steps are not shown here: the file has them all.');
    expect(told({ file: false })).toContain('the file with all of them could not be posted');
  });

  test('who read what on many hosts stands in one line', () => {
    const hosts = ['api-1', 'app-1', 'db-1', 'edge-1'];
    const read = hosts.map((host, at) =>
      entry(at + 1, { kind: 'read.sysctls', host, atMs: startedMs, data: { fleet: 'f1' } }),
    );
    const found = hosts.map((host, at) =>
      entry(at + 5, {
        host,
        atMs: startedMs + 30_000,
        data:
          host === 'app-1'
            ? { fleet: 'f2', verdict: 'CRITICAL  app-1: python3 leaks', present: ['close-wait-leak'] }
            : { fleet: 'f2', verdict: `HEALTHY  ${host}: nothing wrong found. 25 checks`, present: [] },
      }),
    );
    expectGolden(
      'timeline/many',
      timelineMessage({
        timeline: timelineOf([...read, ...found, entry(9, { kind: 'read.sysctls', host: 'db-1' })]),
        scope: 'the last 3 h',
        words: 'timeline',
      }),
    );
  });
});

describe('shortcuts and first use', () => {
  test('no host, more hosts, first use', () => {
    expectGolden('alert/none', noHostInAlertMessage(['10.9.9.9', 'web-77']));
    expectGolden('alert/more', alertHostsMessage(['web-3', 'web-4']));
    expectGolden('first-use', firstUseMessage());
  });
  test('the picker lists few hosts and asks for the name among many', () => {
    const hosts = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `web-${at}`, labels: {} }));
    expectGoldenModal('alert/picker', pickerModal(hosts(3)));
    expect(validateView(pickerModal(hosts(10_000)))).toEqual([]);
    expect(validateView(pickerModal([]))).toEqual([]);
  });
});

describe('Home', () => {
  const change = (id: string, state: string) =>
    ({
      id,
      version: 1,
      state,
      plan: {
        host: { name: 'web-1', address: '10.0.0.1', port: 22, keys: '' },
        entries: [{ key: 'net.netfilter.nf_conntrack_max', from: '65536', to: '262144' }],
        confirmWindowSeconds: 600,
        persistent: false,
      },
      digest: 'a'.repeat(64),
      requester: { person: 'ada', account: 'T1:U0ADA' },
      reason: 'new connections are dropped',
      proposedAtMs: startedMs,
      expiresAtMs: startedMs + 3_600_000,
      approvalsNeeded: 1,
      approvals: [],
      measurements: [],
      shadowedBy: [],
      ...(state === 'applied' ? { appliedAtMs: startedMs, windowEndsAtMs: startedMs + 600_000 } : {}),
    }) as unknown as Home['approvals'][number];
  const home: Home = {
    atMs: startedMs + 60_000,
    approvals: [change('abcdefgh12345678', 'proposed')],
    inForce: [change('abcdefgh12345679', 'applied')],
    findings: [{ host: 'web-1', line: 'CRITICAL  web-1: the connection-tracking table is full', atMs: startedMs }],
    recent: [{ host: 'web-2', line: 'HEALTHY  web-2: nothing wrong found', atMs: startedMs }],
    may: [
      { action: 'Measure', hosts: 3, of: 3 },
      {
        action: 'Approve changes of others',
        hosts: 0,
        of: 3,
        why: 'to approve on web-1 takes the role leads. Who could: grace',
      },
    ],
    watches: [{ host: 'web-1', endsMs: startedMs + 600_000 }],
  };
  test('says what waits, what is in force and what may be done', () => {
    expectGoldenModal('home/busy', homeView(home));
    expectGoldenModal(
      'home/empty',
      homeView({ atMs: startedMs, approvals: [], inForce: [], findings: [], recent: [], may: [], watches: [] }),
    );
  });
  test('Slack takes it however much there is', () => {
    const many = <T>(items: readonly T[]): T[] => Array.from({ length: 200 }, () => items).flat();
    const view = homeView({
      ...home,
      approvals: many(home.approvals),
      inForce: many(home.inForce),
      findings: many(home.findings),
    });
    expect(validateView(view)).toEqual([]);
  });
});
