/** Messages about many hosts: how they read, that Slack takes them, and that nothing foreign comes alive in them. */
import { describe, expect, test } from '@jest/globals';
import { memberOf } from '../../src/app/fleet.js';
import { driftMessage } from '../../src/blocks/drift.js';
import { fleetMessage } from '../../src/blocks/fleet.js';
import { fleetCsv } from '../../src/blocks/fleet-csv.js';
import { fleetConfirmMessage, fleetProgressMessage } from '../../src/blocks/fleet-progress.js';
import { rowInWords } from '../../src/blocks/fleet-words.js';
import { alertMessage, sweepsMessage } from '../../src/blocks/sweep.js';
import { whyManyMessage } from '../../src/blocks/why-many.js';
import { driftOf } from '../../src/core/drift.js';
import { type FleetMember, viewFleet } from '../../src/core/fleet.js';
import type { Host } from '../../src/core/inventory.js';
import type { Alert } from '../../src/core/sweep.js';
import { loadSysctls } from '../../src/sysctls.js';
import { aHost } from '../support/bot-fakes.js';
import { gatedHost } from '../support/changing-bot.js';
import { complaints, expectGolden } from './support/golden.js';
import { investigate, rules, snapshotOf } from './support/hosts.js';
import { readMessage } from './support/reading.js';

const nowMs = Date.UTC(2026, 10, 22, 12);
const startedAt = new Date(nowMs).toISOString();
const member = (host: string, recording: string, more: Partial<Host> = {}): FleetMember => {
  const { snapshot, diagnosis } = investigate(snapshotOf(recording, host));
  return memberOf(
    {
      status: 'measured',
      id: `m-${host}`,
      host: aHost(host, { groups: ['web'], ...more }),
      snapshot,
      diagnosis,
      transcript: '',
    },
    rules,
  );
};
const silent = (host: string, problem: string): FleetMember => ({
  status: 'failed',
  host,
  groups: ['web'],
  problem,
  message: problem,
});
const members: FleetMember[] = [
  member('web-1', 'p13'),
  member('web-2', 'p03-tw'),
  member('web-3', 'p10'),
  ...['web-4', 'web-5', 'web-6', 'web-7'].map((host) => member(host, 'c01')),
  silent('web-8', 'connect-timed-out'),
  silent('web-9', 'refused'),
];
const fleet = (all: readonly FleetMember[], more: Partial<Parameters<typeof fleetMessage>[0]> = {}) =>
  fleetMessage({ selector: '@web', view: viewFleet(all), rules, startedAt, tookMs: 3_140, fleet: 'f1', ...more });

describe('many hosts', () => {
  test('the worst first, the silent by cause, the healthy in a line', () => {
    expectGolden(
      'fleet/mixed',
      fleet(members, { asker: 'U0ANNA', leftOut: { excluded: 1, hidden: 2, unknown: ['web-99'] } }),
    );
  });
  const textOf = (message: ReturnType<typeof fleet>): string => readMessage(message);
  test('who is well is called healthy, also where most are sick', () => {
    const sick = ['web-1', 'web-2', 'web-3'].map((host) => member(host, 'p03-tw'));
    const text = textOf(fleet([...sick, member('web-4', 'c06'), member('web-5', 'c06')]));
    expect(text).toMatch(/^# CRITICAL {2}@web: 3 of 5 hosts in trouble, 2 healthy but unlike their group$/m);
    expect(text).toContain('HEALTHY, unlike its group: 0 TIME_WAIT (median 1,499)');
    expect(text).toContain('table: Hosts of @web, the worst first: 3 in trouble, 2 healthy but unlike their group');
    expect(text).not.toMatch(/APART|group 1,499|drops \/s 0/);
  });
  test('bullets and table have one order, and every verdict its number', () => {
    const text = textOf(
      fleet([
        member('db-1', 'p12'),
        member('api-1', 'p04'),
        member('edge-1', 'p06'),
        member('proxy-1', 'p01'),
        member('queue-1', 'p08-orphan'),
        member('web-1', 'p03-tw'),
      ]),
    );
    const inBullets = [...text.matchAll(/^ {2}- .* on ([a-z]+-1)$/gm)].map(([, host]) => host);
    const inTable = [...text.matchAll(/^ {2}\| ([a-z]+-1) \|/gm)].map(([, host]) => host);
    expect(inTable).toEqual(['web-1', 'api-1', 'edge-1', 'proxy-1', 'db-1', 'queue-1']);
    expect(inBullets).toEqual(inTable);
    expect(text).toMatch(/^ {2}\| Host \| Verdict \| conntrack % \| CLOSE_WAIT \| SYN_RECV \| TIME_WAIT$/m);
    // No column is left for these two.
    expect(text).toMatch(/db-1 \| CRITICAL: .*\(\d+ SYN_SENT\) \|/);
    expect(text).toMatch(/queue-1 \| WARNING: .*\([\d,]+ FIN_WAIT2\) \|/);
  });
  test('what is harmless is called harmless, what is held off held off, and all that are well are said once', () => {
    const well = textOf(fleet(members.slice(3, 5)));
    expect(well).toMatch(/^# HEALTHY {2}@web: all 2 hosts$/m);
    expect(well).toContain('*Harmless  *on web-4 and web-5: many connections in TIME_WAIT');
    expect(well).not.toMatch(/To mind|in trouble|all 2 healthy/);
    const flooded = { ...member('web-1', 'c06'), notes: ['syn-flood-absorbed'] } as FleetMember;
    expect(textOf(fleet([flooded, ...members.slice(3, 5)]))).toMatch(
      /\*Held off {2}\*on web-1: a SYN queue is full, SYN cookies answer/,
    );
  });
  test('a count of one is not read as part of a name', () => {
    const text = textOf(fleet([...members.slice(3, 5), silent('db-1', 'connect-timed-out')]));
    expect(text).toMatch(/^ {2}- db-1: the connection timed out\.$/m);
    const many = Array.from({ length: 12 }, (_, at) => silent(`db-${at + 10}`, 'refused'));
    expect(textOf(fleet(many))).toMatch(/^ {2}- db-10, .* and 4 more \(12 hosts\): the port refused/m);
  });
  test('the buttons stand last, beside the thread that they answer in', () => {
    for (const message of [fleet(members, { asker: 'U0ANNA' }), fleet(members.slice(3, 7))])
      expect(message.blocks.at(-1)?.type).toBe('actions');
  });
  test('what cures a cause on several hosts is offered for all of them that have a gate', () => {
    const { change, access } = gatedHost();
    if (change === undefined) throw new Error('no gate');
    const gated = { change, access };
    const full = ['web-1', 'web-2', 'web-3'].map((host) => member(host, 'p03-tw', gated));
    const all = [...full, member('web-4', 'p03-tw'), member('web-5', 'p10', gated), member('web-6', 'c01', gated)];
    expectGolden('fleet/curable', fleet(all, { proposes: true }));
    const offered = (message: ReturnType<typeof fleet>) => JSON.stringify(message.blocks).match(/Propose on [^"]*/g);
    expect(offered(fleet(all, { proposes: true }))).toEqual(['Propose on 3 hosts: nf_conntrack_max']);
    // One host is an ordinary change, and without a place for changes nothing is offered.
    expect(offered(fleet(all.slice(2), { proposes: true }))).toBeNull();
    expect(offered(fleet(all))).toBeNull();
  });
  test('whatever the hosts are called and have, Slack takes it, and the table of them stays', () => {
    const causes = [...rules.keys()];
    const kinds = ['connect-timed-out', 'authentication-refused', 'no-answer', 'refused', 'host-key-changed'];
    const base = member('base', 'c01') as Extract<FleetMember, { status: 'measured' }>;
    const many = (count: number, length: number, variety: number): FleetMember[] =>
      Array.from({ length: count }, (_, at): FleetMember => {
        const host = `h${String(at).padStart(4, '0')}-${'prod-eu-west-'.repeat(20)}`.slice(0, length);
        if (at % 5 === 0) return silent(host, kinds[(at % variety) % kinds.length] ?? '');
        const healthy = { ...base, host, measurement: `measurement-${String(at).padStart(4, '0')}` };
        const cause = causes[at % variety] ?? '';
        return at % 3 === 0
          ? { ...healthy, causes: [] }
          : { ...healthy, level: 'crit', clause: 'the connection-tracking table is full', causes: [cause] };
      });
    for (const [count, length, variety] of [
      [100, 24, 3],
      [100, 63, 5],
      [400, 30, 20],
      [400, 120, 20],
    ] as const) {
      const message = fleet(many(count, length, variety), { proposes: true, asker: 'U0ANNA' });
      expect({ count, length, complaints: complaints(message) }).toEqual({ count, length, complaints: [] });
      expect(message.blocks.map(({ type }) => type)).toContain('data_table');
      expect(JSON.stringify(message.blocks)).toContain('static_select');
    }
  });
  test('hosts that a button can’t hold are those of the answer that is kept, or are typed again; never others', () => {
    const selector = Array.from({ length: 80 }, (_, at) => `web-${at + 100}`).join(',');
    const valuesOf = (message: { blocks: unknown }): string[] =>
      JSON.stringify(message.blocks).match(/"value":"(?:[^"\\]|\\.)*"/g) ?? [];
    for (const value of valuesOf(fleet(members, { selector }))) expect(value).not.toContain('web-1,');
    expect(valuesOf(fleet(members, { selector })).join()).not.toContain('selector');
    expect(valuesOf(fleet(members, { selector: 'web-1,web-2' })).join()).toContain('web-1,web-2');
    const asked = { command: 'tcpstates', hosts: 80, limit: 50, most: 2_000, action: 'fleet' } as const;
    const long = fleetConfirmMessage({ ...asked, selector });
    expect(valuesOf(long)).toEqual([]);
    expect(JSON.stringify(long.blocks)).toContain('--all');
    expect(valuesOf(fleetConfirmMessage({ ...asked, selector: '@web' }))).toHaveLength(1);
  });
  test('all healthy', () => {
    expectGolden('fleet/healthy', fleet(members.slice(3, 7)));
  });
  test('nobody answered', () => {
    expectGolden('fleet/silent', fleet([silent('web-8', 'refused'), silent('web-9', 'connect-timed-out')]));
  });
  test('stopped before all were asked', () => {
    expectGolden(
      'fleet/stopped',
      fleet([...members.slice(3, 7), silent('web-8', 'not-asked')], { stoppedBy: 'U0ANNA' }),
    );
  });
  test('progress, and the question before very many', () => {
    expectGolden(
      'fleet/progress',
      fleetProgressMessage({
        selector: '@web',
        fleet: 'f1',
        doing: 'measuring',
        asker: 'U0ANNA',
        progress: {
          asked: 400,
          answered: 371,
          failed: { refused: 4, 'connect-timed-out': 11 },
          waiting: [{ host: 'web-17', forMs: 9_000 }],
          slowest: { host: 'web-3', tookMs: 4_200 },
          elapsedMs: 9_400,
        },
      }),
    );
    expectGolden(
      'fleet/confirm',
      fleetConfirmMessage({
        command: 'tcpstates',
        selector: '@web',
        hosts: 400,
        limit: 50,
        most: 2_000,
        action: 'fleet',
      }),
    );
  });
  test('a row of the table is whole words that a phone shows, without what stands in every verdict', () => {
    const [one] = members;
    if (one?.status !== 'measured') throw new Error('not measured');
    const said = (clause: string, level: 'crit' | 'ok' | 'unjudged' = 'crit'): string =>
      rowInWords({
        member: { ...one, clause, level },
        deviations: level === 'ok' ? [{ name: 'TIME_WAIT', value: 24_191, median: 10, distance: 40 }] : [],
        comparedWith: undefined,
      });
    expect(said('24,191 TIME_WAIT are harmless here. 24 checks, 1 could not be made', 'ok')).toBe(
      '24,191 TIME_WAIT (median 10)',
    );
    expect(said('TCP is short of memory; and 2 more findings')).toBe('TCP is short of memory (+2)');
    expect(said('3 checks could not be made: conntrack: no such file. Not the same as healthy', 'unjudged')).toBe(
      '3 checks could not be made: conntrack: no such file',
    );
    const long = said(`${'word '.repeat(30)}`);
    expect(long).toMatch(/^(word )+word…$/);
    expect(said('w'.repeat(200)).length).toBeLessThanOrEqual(76);
  });

  test('two thousand hosts with the longest names still fit, and the CSV has every one', () => {
    const [one] = members;
    if (one?.status !== 'measured') throw new Error('not measured');
    const many = Array.from({ length: 2_000 }, (_, at) => ({
      ...one,
      host: `${'w'.repeat(240)}-${at}`,
      clause: '=cmd|<!channel> `x` '.repeat(20),
      numbers: { ...one.numbers, TIME_WAIT: at * 1_000 },
    }));
    const message = fleet(many);
    expect(complaints(message)).toEqual([]);
    expect(message.text).not.toContain('<!channel>');
    const csv = fleetCsv({ selector: '@web', startedAt, members: many }).content;
    expect(csv.trimEnd().split('\r\n')).toHaveLength(2_001);
    expect(csv).not.toMatch(/(?:^|,)"?=/m);
  });
});

describe('drift', () => {
  const facts = (reuse: string, backlog: string) => ({
    values: { 'net.ipv4.tcp_tw_reuse': reuse, 'net.core.somaxconn': backlog, 'net.ipv4.tcp_fin_timeout': '60' },
  });
  const answer = async (pair?: { left: string; right: string }) => {
    const all = new Map([
      ['web-1', facts('2', '4096')],
      ['web-2', facts('2', '4096')],
      ['web-3', facts('1', '128')],
    ]);
    if (pair !== undefined) all.delete('web-1');
    return driftMessage({
      selector: pair === undefined ? '@web' : 'web-2,web-3',
      words: '',
      drift: driftOf([], all, await loadSysctls()),
      silent: [{ host: 'web-9', problem: 'refused' }],
      readAt: startedAt,
      tookMs: 420,
      ...(pair === undefined ? {} : { pair }),
    });
  };
  test('who has which, the odd one named', async () => {
    expectGolden('fleet/drift', await answer());
  });
  test('whom the verdict names is not named again', async () => {
    const all = new Map(
      [...Array(6).keys()].map((at) => [`web-${at}`, facts(at === 5 ? '1' : '2', at >= 4 ? '128' : '4096')]),
    );
    const drift = driftOf([], all, await loadSysctls());
    const text = readMessage(
      driftMessage({ selector: '@web', words: '', drift, silent: [], readAt: startedAt, tookMs: 420 }),
    );
    expect(text).toMatch(/^# .*The odd one out: web-5, in 2 keys$/m);
    expect(text).toMatch(/^\*Also odd {2}\*web-4 \(1 key\)$/m);
    expect(readMessage(await answer())).not.toContain('odd  ');
  });
  test('two side by side', async () => {
    expectGolden('fleet/diff', await answer({ left: 'web-2', right: 'web-3' }));
  });
});

describe('sweeps and trends', () => {
  const alert: Alert = {
    cause: 'conntrack-full',
    raisedAtMs: nowMs - 720_000,
    hosts: {
      'web-1': { present: true, against: 0, sinceMs: nowMs },
      'web-3': { present: true, against: 0, sinceMs: nowMs },
    },
  };
  const shown = (more: Partial<Alert> = {}) =>
    alertMessage({
      sweep: { name: 'web', hosts: '@web' },
      alert: { ...alert, ...more },
      rules,
      nowMs,
      yesterday: [{ host: 'web-1', name: 'conntrack use %', now: 100, before: 31 }],
    });
  test('raised, acknowledged and silenced, cleared', () => {
    expectGolden('fleet/alert-raised', shown());
    expectGolden(
      'fleet/alert-acknowledged',
      shown({ acknowledged: { by: 'U0ANNA', atMs: nowMs }, silencedUntilMs: nowMs + 3_600_000 }),
    );
    expectGolden('fleet/alert-cleared', shown({ hosts: {}, clearedAtMs: nowMs }));
  });
  test('the list', () => {
    expectGolden(
      'fleet/sweeps',
      sweepsMessage(
        [
          {
            name: 'web',
            hosts: '@web',
            everySeconds: 300,
            channel: 'C0INC',
            last: { atMs: nowMs, answered: 48, asked: 50 },
            nextMs: nowMs + 300_000,
            open: [{ cause: 'conntrack-full', hosts: ['web-1'], sinceMs: nowMs - 720_000, acknowledgedBy: 'U0ANNA' }],
          },
          { name: 'db', hosts: '@db', everySeconds: 60, channel: 'C0INC', nextMs: nowMs, open: [] },
        ],
        rules,
      ),
    );
    expectGolden('fleet/sweeps-none', sweepsMessage([], rules));
  });
});

describe('one rule on several hosts', () => {
  test('where it holds first, then where it could not be judged, where it does not, and who gave no answer', () => {
    const rule = rules.get('conntrack-full');
    if (rule === undefined) throw new Error('no such rule');
    const judged = (host: string, recording: string) => {
      const finding = investigate(snapshotOf(recording, host)).diagnosis.findings.find(({ id }) => id === rule.id);
      if (finding === undefined) throw new Error('not judged');
      return { host, finding };
    };
    const message = whyManyMessage({
      rule,
      hosts: [judged('web-4', 'c01'), judged('web-2', 'p03-tw'), { host: 'web-9', failure: 'The port refused.' }],
    });
    expectGolden('fleet/why-many', message);
    expect(message.text).toMatch(/on 1 of 3 hosts: web-2/);
  });
});
