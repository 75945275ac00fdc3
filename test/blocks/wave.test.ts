/** What a wave looks like at every moment; and that no host and no value that is approved is ever cut short. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changesMessage } from '../../src/blocks/change-list.js';
import { homeView } from '../../src/blocks/home.js';
import { type WaveCard, waveButtons, waveFits, waveMessage, waveParts } from '../../src/blocks/wave-card.js';
import {
  waveDetailMessage,
  waveNudgeMessage,
  waveRefusedMessage,
  whoCanWaveMessage,
} from '../../src/blocks/wave-list.js';
import { denyWaveModal, noWaveModal, waveCodeModal, waveProposalModal } from '../../src/blocks/wave-modals.js';
import { valuesIn, waveTitle } from '../../src/blocks/wave-words.js';
import { type Change, type ChangeEvent, evolve } from '../../src/core/change.js';
import type { Setting } from '../../src/core/plan.js';
import { batchesOf, evolveWave, membersOf, type Wave, type WaveEvent } from '../../src/core/wave.js';
import { aHost } from '../support/bot-fakes.js';
import { complaints, expectGolden, expectGoldenModal } from './support/golden.js';
import { readMessage, readModal } from './support/reading.js';

const AT = Date.parse('2026-11-22T12:01:07Z');
const KEY = 'net.ipv4.tcp_tw_reuse';
const ada = { person: 'ada', account: 'T0HOME:U0ADA' };
const grace = { person: 'grace', account: 'T0HOME:U0GRACE', userGroups: [], atMs: AT + 20_000 };
const words: readonly Setting[] = [
  {
    key: KEY,
    from: '2',
    to: '1',
    meaning: 'Whether a local port in TIME_WAIT may be used again for a new outgoing connection.',
    reaches: 'next connect()',
    risk: 'low',
    scope: 'ns',
  },
];

const aWave = (names: readonly string[], from: (name: string) => string = () => '2') => {
  const members = names.map((host, at) => ({ host, change: `change${String(at).padStart(10, '0')}`, digest: '' }));
  const wave: Wave = {
    id: 'wave000000000001',
    version: 1,
    state: 'proposed',
    selector: '@web',
    batches: batchesOf(members),
    pace: 'first-look',
    looksSeconds: [30, 120, 300],
    digest: 'ab12'.repeat(16),
    requester: ada,
    reason: 'Ports run out towards the database, see INC-7',
    incident: 'INC-7',
    confirmWindowSeconds: 900,
    persistent: false,
    channel: 'C1',
    approvals: [],
    approvalsNeeded: 1,
    begun: 0,
    proposedAtMs: AT,
    expiresAtMs: AT + 3_600_000,
  };
  const changes = new Map<string, Change>(
    members.map(({ host, change }) => [
      change,
      evolve(undefined, {
        type: 'proposed',
        id: change,
        plan: {
          host: { name: host, address: '10.0.3.7', port: 22, keys: 'k' },
          entries: [{ key: KEY, from: from(host), to: '1' }],
          confirmWindowSeconds: 900,
          persistent: false,
        },
        digest: '',
        by: ada,
        reason: '',
        wave: wave.id,
        atMs: AT,
        expiresAtMs: AT + 7_200_000,
        approvalsNeeded: 1,
      }),
    ]),
  );
  return { wave, changes };
};
const NAMES = ['web-1', 'web-2', 'web-3', 'web-4', 'web-5'];
const cardOf = (wave: Wave, changes: ReadonlyMap<string, Change>, more: Partial<WaveCard> = {}): WaveCard => ({
  wave,
  changes,
  words,
  leftOut: [
    {
      host: 'web-8',
      why: 'it has no gate: the bot changes nothing there until it is enrolled (npx tcpstates enroll <host>)',
    },
    { host: 'web-9', why: 'it has these values already' },
  ],
  approvers: [{ user: 'U0GRACE' }, { group: 'S0LEADS' }],
  stepUp: false,
  ...more,
});
const after = (wave: Wave, ...events: WaveEvent[]): Wave => events.reduce(evolveWave, wave);
const approved: WaveEvent = { type: 'wave-approved', by: grace };
const begun = (batch: number): WaveEvent => ({ type: 'batch-begun', batch, atMs: AT + 21_000 });

/** Where a host's change has got to. */
const lives: Record<string, readonly ChangeEvent[]> = (() => {
  const approval: ChangeEvent = { type: 'approval-given', by: grace, atMs: AT + 21_000, digest: '' };
  const intent: ChangeEvent = { type: 'apply-intended', by: grace, atMs: AT + 22_000, notAfterMs: AT + 42_000 };
  const applied: ChangeEvent = { type: 'applied', atMs: AT + 23_000, windowEndsAtMs: AT + 923_000 };
  const look = (outcome: 'same' | 'worse', afterSeconds = 30): ChangeEvent => ({
    type: 'measured',
    measurement: {
      atMs: AT + 23_000 + afterSeconds * 1_000,
      afterSeconds,
      outcome,
      before: '1 critical finding',
      now: 'no critical findings',
    },
  });
  const verified: ChangeEvent = { type: 'verified', atMs: AT + 323_000 };
  const wayTo = [approval, intent, applied];
  return {
    proposed: [],
    applying: [approval, intent],
    applied: wayTo,
    same: [...wayTo, look('same')],
    worse: [...wayTo, look('worse')],
    verified: [...wayTo, look('same'), look('same', 300), verified],
    confirmed: [
      ...wayTo,
      look('same'),
      look('same', 300),
      verified,
      { type: 'confirmed', atMs: AT + 400_000, shadowedBy: [] },
    ],
    reverted: [...wayTo, look('worse'), { type: 'reverted', atMs: AT + 60_000, why: 'asked by grace' }],
    withdrawn: [{ type: 'withdrawn', by: 'bot', atMs: AT + 60_000, reason: 'its wave is stopped' }],
  };
})();
const at = (changes: ReadonlyMap<string, Change>, ...where: (keyof typeof lives)[]): ReadonlyMap<string, Change> =>
  new Map(
    [...changes].map(([id, change], index) => [id, (lives[where[index] ?? 'proposed'] ?? []).reduce(evolve, change)]),
  );

/** As a finding asked for them: each host judged by its measure, and one that it did no good. */
const curing = (changes: ReadonlyMap<string, Change>, unmoved: string): ReadonlyMap<string, Change> =>
  new Map(
    [...changes].map(([id, change]) => {
      const before = 'crit: ports in use 28,232 of 28,232';
      const look =
        change.plan.host.name === unmoved
          ? ({ outcome: 'same', before, now: before } as const)
          : ({ outcome: 'better', before, now: 'gone: ports in use 9,120 of 28,232' } as const);
      return [
        id,
        {
          ...change,
          finding: { id: 'ephemeral-exhaustion-tw' },
          measurements: change.measurements.map((it) => ({ ...it, ...look })),
        },
      ];
    }),
  );

const base = aWave(NAMES, (name) => (name === 'web-4' ? '0' : '2'));
const running = after(base.wave, approved, begun(0), begun(1));
const stopped = after(running, {
  type: 'wave-stopped',
  why: 'it got worse',
  host: 'web-3',
  by: 'bot',
  atMs: AT + 60_000,
});
const moments: Record<string, WaveCard> = {
  proposed: cardOf(base.wave, base.changes),
  'proposed-codes': cardOf({ ...base.wave, approvalsNeeded: 2, persistent: true, pace: 'verified' }, base.changes, {
    approvers: [],
    stepUp: true,
  }),
  canary: cardOf(after(base.wave, approved, begun(0)), at(base.changes, 'applied')),
  running: cardOf(running, at(base.changes, 'verified', 'same', 'applying')),
  stopped: cardOf(stopped, at(base.changes, 'verified', 'same', 'worse', 'withdrawn', 'withdrawn')),
  reverting: cardOf(
    after(stopped, { type: 'revert-asked', by: { ...grace, atMs: AT + 70_000 } }),
    at(base.changes, 'reverted', 'same', 'reverted', 'withdrawn', 'withdrawn'),
  ),
  reverted: cardOf(
    after(stopped, { type: 'revert-asked', by: { ...grace, atMs: AT + 70_000 } }),
    at(base.changes, 'reverted', 'reverted', 'reverted', 'withdrawn', 'withdrawn'),
  ),
  done: cardOf(
    after(running, begun(2), { type: 'wave-done', atMs: AT + 900_000 }),
    at(base.changes, 'confirmed', 'verified', 'verified', 'verified', 'verified'),
  ),
  confirmed: cardOf(
    after(running, begun(2), { type: 'wave-done', atMs: AT + 900_000 }),
    at(base.changes, 'confirmed', 'confirmed', 'confirmed', 'confirmed', 'confirmed'),
  ),
  cured: cardOf(
    after(running, begun(2), { type: 'wave-done', atMs: AT + 900_000 }),
    curing(at(base.changes, 'verified', 'confirmed', 'verified', 'same', 'same'), 'web-4'),
  ),
  denied: cardOf(
    after(base.wave, { type: 'wave-denied', by: grace, why: 'not during the sale', atMs: AT + 30_000 }),
    at(base.changes, 'withdrawn', 'withdrawn', 'withdrawn', 'withdrawn', 'withdrawn'),
  ),
  expired: cardOf(after(base.wave, { type: 'wave-expired', atMs: AT + 3_600_000 }), base.changes),
  stale: cardOf(
    after(base.wave, { type: 'wave-stale', why: 'it is registered otherwise', host: 'web-2', atMs: AT + 30_000 }),
    base.changes,
  ),
};

describe('the message of a wave', () => {
  test.each(Object.entries(moments))('%s', (name, card) => expectGolden(`wave/${name}`, waveMessage(card)));

  test.each(Object.entries(moments))('offers what can be done: %s', (name, card) => {
    expect({ name, buttons: waveButtons(card).map(({ text }) => text.text) }).toEqual({
      name,
      buttons: {
        proposed: ['Approve', 'Deny', 'Who can?'],
        'proposed-codes': ['Approve', 'Deny', 'Who can?'],
        canary: ['Revert 1 host', 'Stop the wave', 'Hosts one by one'],
        running: ['Confirm all 2', 'Revert all 2', 'Stop the wave', 'Hosts one by one'],
        stopped: ['Confirm 2 of 3', 'Revert all 3', 'Hosts one by one'],
        reverting: ['Hosts one by one'],
        reverted: ['Hosts one by one'],
        done: ['Confirm all 4', 'Revert all 4', 'Hosts one by one'],
        confirmed: ['Hosts one by one'],
        cured: ['Confirm all 4', 'Revert all 4', 'Hosts one by one'],
        denied: [],
        expired: [],
        stale: [],
      }[name],
    });
  });

  const hostName = fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/);
  test('what is approved is shown whole, or said not to fit', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(hostName, { minLength: 2, maxLength: 100 }),
        fc.array(fc.stringMatching(/^[0-9]{1,3}( [0-9]{1,5})?$/), { minLength: 1, maxLength: 8 }),
        (names, values) => {
          const { wave, changes } = aWave(names, (name) => values[names.indexOf(name) % values.length] ?? '2');
          const card = cardOf(wave, changes);
          if (!waveFits(card)) return;
          const message = waveMessage(card);
          expect(complaints(message)).toEqual([]);
          const read = readMessage(message);
          for (const name of names) expect(read).toContain(name);
          for (const { entries } of valuesIn(wave, changes))
            for (const { from } of entries) expect(read).toContain(from);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a hundred hosts with one value fit; as many with values of their own do not, and are not shown cut', () => {
    const names = Array.from({ length: 100 }, (_, index) => `web-${index}.eu-central-1.example.net`);
    const alike = aWave(names);
    expect(waveFits(cardOf(alike.wave, alike.changes))).toBe(true);
    expect(complaints(waveMessage(cardOf(alike.wave, alike.changes)))).toEqual([]);
    const each = aWave(names, (name) => String(names.indexOf(name) + 1_000));
    expect(waveFits(cardOf(each.wave, each.changes))).toBe(false);
  });

  test('a hundred hosts in every state stay within a message, with buttons', () => {
    const names = Array.from({ length: 100 }, (_, index) => `web-${index}.eu-central-1.example.net`);
    const { wave, changes } = aWave(names, (name) => String(names.indexOf(name) % 7));
    const states = Object.keys(lives);
    const mixed = at(changes, ...names.map((_, index) => states[index % states.length] ?? 'same'));
    const all = after(wave, approved, ...wave.batches.map((_, batch) => begun(batch)));
    const message = waveMessage(cardOf(all, mixed));
    expect(complaints(message)).toEqual([]);
    for (const name of names) expect(readMessage(message)).toContain(name);
    expect(complaints(waveDetailMessage(cardOf(all, mixed)))).toEqual([]);
  });

  test('every host stands in exactly one batch line', () => {
    const parts = waveParts(moments['running'] as WaveCard).flatMap(({ blocks }) => blocks);
    const read = readMessage({ text: '-', blocks: parts });
    for (const { host } of membersOf(running)) expect(read.match(new RegExp(`\\b${host}\\b`, 'g'))).not.toBeNull();
  });
});

describe('to one person', () => {
  test('host by host', () => expectGolden('wave/detail', waveDetailMessage(moments['stopped'] as WaveCard)));
  test('as a row of /changes, its hosts folded', () => {
    const { wave, changes } = moments['running'] as WaveCard;
    const [alone] = base.changes.values();
    if (alone === undefined) throw new Error('no change');
    const { wave: _, ...single } = alone;
    expectGolden(
      'wave/list',
      changesMessage({ changes: [single], waves: [{ wave, changes }], filter: 'open', more: false }),
    );
  });
  test('on Home, its hosts folded', () => {
    const { wave, changes } = moments['running'] as WaveCard;
    const none = { approvals: [], inForce: [], findings: [], recent: [], may: [], watches: [] };
    const proposed = moments['proposed'] as WaveCard;
    const own = moments['stopped'] as WaveCard;
    const waves = [
      { wave, changes, mine: false },
      { wave: { ...proposed.wave, id: 'wave000000000002' }, changes: proposed.changes, mine: true },
      { wave: { ...proposed.wave, id: 'wave000000000003' }, changes: proposed.changes, mine: false },
      { wave: { ...own.wave, id: 'wave000000000004' }, changes: own.changes, mine: false },
    ];
    expectGoldenModal('wave/home', homeView({ atMs: AT, ...none, waves }));
  });
  const steps = [{ question: 'May anybody approve there?', answer: 'the roles leads', holds: true }];
  test.each([
    ['yes', { allowed: true, why: 'grace may approve on web-1 as leads', steps }, undefined],
    ['no', { allowed: false, why: 'to approve on web-4 takes the role leads', steps }, undefined],
    [
      'own',
      { allowed: true, why: '', steps },
      'It is your own request: who asks does not approve, administrators included.',
    ],
  ])('who can approve: %s', (name, may, besides) => {
    const view = { wave: base.wave, on: 'web-4', may, approvers: [{ user: 'U0GRACE' }], stepUp: true };
    expectGolden(`wave/who-${name}`, whoCanWaveMessage(besides === undefined ? view : { ...view, besides }));
  });
  test.each(['approval', 'escalation', 'window', 'worse'] as const)('a reminder: %s', (about) => {
    const change = at(base.changes, 'worse').get('change0000000000');
    const people = [{ user: 'U0ADA' }, { group: 'S0LEADS' }];
    const host = about === 'window' || about === 'worse' ? (change === undefined ? {} : { change }) : {};
    expectGolden(`wave/nudge-${about}`, waveNudgeMessage({ wave: running, about, people, others: true, ...host }));
  });
  test('what was done on some hosts and not on others', () => {
    const refused = [
      { host: 'web-3', why: 'the host has taken it back by itself' },
      { host: 'web-5', why: '' },
    ];
    expectGolden('wave/partly', waveRefusedMessage({ what: 'Confirming', refused, done: 3 }));
    expectGolden('wave/not', waveRefusedMessage({ what: 'Confirming', refused, done: 0 }));
  });
});

describe('modals', () => {
  const hosts = NAMES.map((name) => ({
    host: aHost(name),
    settings: words.map((setting) => ({ ...setting, from: name === 'web-4' ? '0' : '2' })),
  }));
  const view = {
    draft: 'wave000000000001',
    selector: '@web',
    hosts,
    words,
    leftOut: (moments['proposed'] as WaveCard).leftOut,
    without: [],
    readAt: new Date(AT).toISOString(),
    approvals: 1,
    stepUp: false,
    approvers: [{ user: 'U0GRACE' }],
    mayPersist: true,
    persistent: false,
    windowSeconds: 900,
    windowChoices: [60, 120, 300, 600, 900],
    pace: 'first-look' as const,
    looksSeconds: [30, 120, 300],
  };
  test('the proposal', () => expectGoldenModal('wave/modal', waveProposalModal(view)));
  test('the proposal where nobody may approve and nothing may persist', () =>
    expectGoldenModal(
      'wave/modal-bare',
      waveProposalModal({ ...view, approvers: [], mayPersist: false, stepUp: true, leftOut: [], pace: 'verified' }),
    ));
  test('no wave, and why', () => {
    const { leftOut } = view;
    const what = 'A change on @web';
    expectGoldenModal('wave/none', noWaveModal({ what, why: 'no host is left over.', leftOut }));
    const next = '/sysctl web-1 set net.ipv4.tcp_tw_reuse=1';
    const why = 'One host alone is left over: that is no wave, but an ordinary change.';
    expectGoldenModal('wave/none-but-one', noWaveModal({ what, why, leftOut, next, who: [{ user: 'U0GRACE' }] }));
  });
  const about = {
    wave: base.wave.id,
    digest: base.wave.digest,
    brief: waveTitle(base.wave, base.changes),
    at: 'C1',
  };
  test('a reason to deny', () => expectGoldenModal('wave/modal-deny', denyWaveModal(about)));
  test('a code for the whole list', () => {
    const modal = waveCodeModal({ ...about, values: valuesIn(base.wave, base.changes) });
    expectGoldenModal('wave/modal-code', modal);
    for (const name of NAMES) expect(readModal(modal)).toContain(name);
  });
});
