/** What a change looks like in every state, and every refusal; and that nothing which is approved is ever cut short. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buttonsFor } from '../../src/blocks/change-buttons.js';
import { type ChangeCard, changeMessage } from '../../src/blocks/change-card.js';
import { changeDetailMessage, changesMessage, noSuchChangeMessage } from '../../src/blocks/change-list.js';
import {
  byHandModal,
  codeModal,
  dryRunModal,
  glassWithCode,
  proposalModal,
  readingModal,
  reasonModal,
  refusedModal,
} from '../../src/blocks/change-modals.js';
import { nudgeMessage, refusedClickMessage, skippedMessage, whoCanMessage } from '../../src/blocks/change-notices.js';
import type { SettingWords } from '../../src/blocks/change-words.js';
import { CHANGE_STATES, type Change, type ChangeEvent, evolve } from '../../src/core/change.js';
import { REFUSALS } from '../../src/core/change-decide.js';
import { byHand, dryRun } from '../../src/core/dry-run.js';
import type { Host } from '../../src/core/inventory.js';
import { aHost } from '../support/bot-fakes.js';
import { complaints, expectGolden, expectGoldenModal } from './support/golden.js';
import { readMessage } from './support/reading.js';

const AT = Date.parse('2026-11-22T12:01:07Z');
const KEY = 'net.netfilter.nf_conntrack_max';
const ada = { person: 'ada', account: 'T0HOME:U0ADA' };
const grace = { person: 'grace', account: 'T0HOME:U0GRACE' };
const digest = 'ab12'.repeat(16);
const entries = [
  { key: KEY, from: '65536', to: '262144' },
  { key: 'net.netfilter.nf_conntrack_buckets', from: '16384', to: '65536' },
];
const plan = {
  host: { name: 'web-1', address: '10.0.3.7', port: 22, keys: 'ssh-ed25519 AAAA' },
  entries,
  confirmWindowSeconds: 300,
  persistent: true,
};
const words: SettingWords[] = [
  {
    key: KEY,
    meaning: 'How many connections are tracked at most.',
    reaches: 'next packet',
    risk: 'low',
    scope: 'host',
    memoryBytes: 83_886_080,
    revertHazard: 'lowering it below the count drops every new flow',
  },
  {
    key: 'net.netfilter.nf_conntrack_buckets',
    meaning: 'Buckets of the hash table.',
    reaches: 'at once (the table is resized)',
    risk: 'medium',
    scope: 'host',
  },
];

const proposed: ChangeEvent = {
  type: 'proposed',
  id: 'change0000000001',
  plan,
  digest,
  by: ada,
  reason: 'Checkout drops connections, see INC-7',
  incident: 'INC-7',
  finding: { id: 'conntrack-full' },
  atMs: AT,
  expiresAtMs: AT + 3_600_000,
  approvalsNeeded: 1,
};
const approval: ChangeEvent = { type: 'approval-given', by: grace, atMs: AT + 20_000, digest };
const intent: ChangeEvent = { type: 'apply-intended', by: grace, atMs: AT + 23_000, notAfterMs: AT + 43_000 };
const applied: ChangeEvent = { type: 'applied', atMs: AT + 24_000, windowEndsAtMs: AT + 324_000 };
const measured = (outcome: 'better' | 'same' | 'worse' | 'unknown'): ChangeEvent => ({
  type: 'measured',
  measurement: {
    atMs: AT + 54_000,
    afterSeconds: 30,
    outcome,
    before: 'crit: conntrack entries 65,536 of 65,536',
    now: outcome === 'unknown' ? 'the host gave no answer' : 'gone: conntrack entries 65,900 of 262,144',
  },
});
const confirmIntent: ChangeEvent = { type: 'confirm-intended', by: ada, atMs: AT + 200_000, notAfterMs: AT + 220_000 };
const history: Record<string, ChangeEvent[]> = {
  proposed: [proposed],
  approved: [proposed, approval],
  applying: [proposed, approval, intent],
  applied: [proposed, approval, intent, applied],
  better: [proposed, approval, intent, applied, measured('better')],
  worse: [proposed, approval, intent, applied, measured('worse')],
  unknown: [proposed, approval, intent, applied, measured('unknown')],
  verified: [proposed, approval, intent, applied, measured('better'), { type: 'verified', atMs: AT + 324_000 }],
  confirming: [proposed, approval, intent, applied, confirmIntent],
  reverting: [
    proposed,
    approval,
    intent,
    applied,
    { type: 'revert-intended', by: ada, atMs: AT + 200_000, notAfterMs: AT + 220_000, why: 'asked by ada' },
  ],
  confirmed: [
    proposed,
    approval,
    intent,
    applied,
    measured('same'),
    confirmIntent,
    {
      type: 'confirmed',
      atMs: AT + 201_000,
      shadowedBy: ['/etc/sysctl.conf sets nf_conntrack_max to 65536 at the next boot'],
    },
  ],
  denied: [proposed, { type: 'denied', by: grace, atMs: AT + 30_000, reason: 'Not during the launch' }],
  withdrawn: [proposed, { type: 'withdrawn', by: ada, atMs: AT + 30_000, reason: 'Wrong host' }],
  expired: [proposed, { type: 'expired', atMs: AT + 3_600_000 }],
  stale: [proposed, approval, intent, { type: 'went-stale', atMs: AT + 24_000, detail: 'a value moved meanwhile' }],
  failed: [
    proposed,
    approval,
    intent,
    { type: 'failed', atMs: AT + 24_000, detail: 'The kernel did not take the value.' },
  ],
  held: [
    proposed,
    approval,
    intent,
    applied,
    {
      type: 'revert-held',
      atMs: AT + 326_000,
      why: 'net.netfilter.nf_conntrack_max has more in use now than the value from before allows',
    },
  ],
  reverted: [proposed, approval, intent, applied, { type: 'reverted', atMs: AT + 326_000, why: 'the window ended' }],
  'revert-failed': [
    proposed,
    approval,
    intent,
    applied,
    {
      type: 'revert-failed',
      atMs: AT + 326_000,
      detail: 'Somebody else changed a value meanwhile; it was left alone.',
    },
  ],
  glass: [
    proposed,
    { ...approval, by: ada, breakGlass: { reason: 'All of checkout is down', skipped: ['grace'] } },
    intent,
    applied,
  ],
  reviewed: [
    proposed,
    { ...approval, by: ada, breakGlass: { reason: 'All of checkout is down', skipped: ['grace'] } },
    intent,
    applied,
    { type: 'reverted', atMs: AT + 326_000, why: 'the window ended' },
    { type: 'reviewed', by: grace, atMs: AT + 400_000 },
  ],
};
const changeOf = (events: readonly ChangeEvent[]): Change =>
  events.reduce<Change | undefined>((change, event) => evolve(change, event), undefined) as Change;
const cardOf = (change: Change, more: Partial<ChangeCard> = {}): ChangeCard => ({
  change,
  words,
  approvers: [{ user: 'U0GRACE' }, { group: 'S0LEADS' }, { name: 'margaret' }],
  stepUp: false,
  glass: true,
  ...more,
});

describe('the card', () => {
  test.each(Object.keys(history))('of a change that is %s', (name) => {
    expectGolden(`change/${name}`, changeMessage(cardOf(changeOf(history[name] ?? []))));
  });

  test('with one-time codes, nobody to approve, and a host that can’t be asked', () => {
    const change = changeOf(history['proposed'] ?? []);
    expectGolden('change/proposed-step-up', changeMessage(cardOf(change, { stepUp: true, approvers: [] })));
    const waits = 'The port refused the connection. Is sshd running there?';
    expectGolden('change/approved-waits', changeMessage(cardOf(changeOf(history['approved'] ?? []), { waits })));
  });

  test('has a golden file for every state', () => {
    const shown = new Set(Object.values(history).map((events) => changeOf(events).state));
    expect(CHANGE_STATES.filter((state) => !shown.has(state))).toEqual([]);
  });

  test('offers what fits, in the same places: the way back in red when it got worse, nothing when it is over', () => {
    const labels = (name: string): string[] =>
      buttonsFor(cardOf(changeOf(history[name] ?? []))).map(({ text }) => text.text);
    expect(labels('proposed')).toEqual(['Approve', 'Deny', 'Dry run', 'Who can?', 'Break glass']);
    expect(labels('approved')).toEqual(['Deny', 'Dry run']);
    expect(labels('applying')).toEqual([]);
    expect(labels('better')).toEqual(['Confirm', 'Revert now']);
    expect(labels('worse')).toEqual(['Confirm', 'Revert now']);
    expect(buttonsFor(cardOf(changeOf(history['worse'] ?? []))).map(({ style }) => style)).toEqual([
      undefined,
      'danger',
    ]);
    expect(labels('confirming')).toEqual(['Revert now']);
    expect(labels('reverting')).toEqual([]);
    expect(labels('held')).toEqual([]);
    expect(labels('confirmed')).toEqual(['Undo']);
    expect(labels('glass')).toEqual(['Confirm', 'Revert now', 'Reviewed']);
    for (const over of ['denied', 'withdrawn', 'expired', 'stale', 'failed', 'reverted', 'revert-failed', 'reviewed'])
      expect(labels(over)).toEqual([]);
  });

  test('carries the whole plan, whatever it is: every key and value, in blocks and in their fallback', () => {
    const port = fc.integer({ min: 1, max: 65_535 }).map(String);
    const value = fc.oneof(
      port,
      fc.array(port, { minLength: 1, maxLength: 66, size: 'max' }).map((all) => all.join(',').slice(0, 400)),
    );
    const key = fc.stringMatching(/^net\.ipv4\.[a-z_]{3,50}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ key, from: value, to: value }), {
          minLength: 1,
          maxLength: 8,
          selector: (it) => it.key,
        }),
        fc.string({ minLength: 1, maxLength: 1_000, size: 'max' }),
        (all, reason) => {
          const change = changeOf([{ ...proposed, reason, plan: { ...plan, entries: all } } as ChangeEvent]);
          const message = changeMessage(cardOf(change));
          expect(complaints(message)).toEqual([]);
          const read = readMessage(message);
          const plain = JSON.stringify(message.fallback);
          for (const entry of all)
            for (const part of [entry.key, entry.from, entry.to]) {
              expect(read).toContain(part);
              expect(plain).toContain(part);
            }
        },
      ),
      { numRuns: 200 },
    );
  });
});

const host: Host = {
  ...aHost('web-1'),
  address: '10.0.3.7',
  hostKeys: { kind: 'pinned', keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEyU0HXl'] },
};
const settings = entries.map((entry, index) => ({ ...entry, ...(words[index] as SettingWords) }));
const leftOut = [{ key: 'net.ipv4.tcp_tw_reuse', why: 'the policy allows nobody to set net.ipv4.tcp_tw_reuse' }];
const run = dryRun('change0000000001', plan, { boot8: 'deadbeef', uptimeSeconds: 12_345 });
const proposal = {
  draft: 'change0000000001',
  host,
  settings,
  leftOut,
  readAt: '2026-11-22T12:01:07.000Z',
  approvals: 2,
  stepUp: true,
  approvers: [{ user: 'U0GRACE' }],
  mayPersist: true,
  persistent: true,
  windowSeconds: 300,
  windowChoices: [60, 300, 900],
  finding: 'conntrack-full',
  glassWindowSeconds: 300,
};
const ref = {
  change: 'change0000000001',
  digest,
  brief: 'APPROVAL NEEDED  web-1: nf_conntrack_max 65,536 → 262,144',
  at: 'C0ROOM',
};

describe('modals', () => {
  test.each([
    ['proposal', proposalModal(proposal)],
    [
      'proposal-undo',
      proposalModal({
        ...proposal,
        undoes: 'change0000000000',
        mayPersist: false,
        persistent: false,
        leftOut: [],
        approvers: [],
      }),
    ],
    ['proposal-no-gate-answer', proposalModal({ ...proposal, gateFailure: 'No connection within 5 s.' })],
    ['reading', readingModal({ name: 'web-1' })],
    [
      'refused',
      refusedModal({
        what: 'A change on web-1',
        why: 'to propose on web-1 takes the role leads.',
        who: [{ user: 'U0GRACE' }],
      }),
    ],
    ['dry-run', dryRunModal({ change: 'change0000000001', host, ...run, moved: [] })],
    [
      'dry-run-moved',
      dryRunModal({
        change: 'change0000000001',
        host,
        ...run,
        moved: [{ key: KEY, expected: '65536', now: '131072' }],
      }),
    ],
    [
      'dry-run-silent',
      dryRunModal({ change: 'change0000000001', host, ...run, moved: [], failure: 'The port refused the connection.' }),
    ],
    ['by-hand', byHandModal({ host, settings, leftOut, commands: byHand(entries) })],
    ['deny', reasonModal({ what: 'deny', title: 'Deny', ...ref })],
    ['glass', reasonModal({ what: 'glass', title: 'Break glass', ...ref, skipped: [{ user: 'U0GRACE' }] })],
    ['glass-code', glassWithCode(reasonModal({ what: 'glass', title: 'Break glass', ...ref, skipped: [] }))],
    ['code', codeModal({ ...ref, entries })],
  ])('%s', (name, modal) => expectGoldenModal(`change/modal-${name}`, modal));
});

describe('notices', () => {
  test.each([...REFUSALS, 'host-busy', 'unknown-change', 'store', 'code'])('refused: %s', (code) => {
    const change = changeOf(history['proposed'] ?? []);
    expectGolden(
      `change/refused-${code}`,
      refusedClickMessage({
        what: 'Approving',
        code,
        detail: code === 'store' ? 'the disk of the database is full; free space, then try again' : 'why it is so',
        ...(code === 'wrong-state' ? { first: { by: grace, did: 'approved', atMs: AT } } : {}),
        ...(code === 'not-permitted' ? { whoCould: [{ user: 'U0GRACE' }, { name: 'margaret' }] } : {}),
        ...(code === 'host-busy' ? { other: change } : {}),
      }),
    );
  });

  test('reminders and those who were passed over', () => {
    const change = changeOf(history['proposed'] ?? []);
    const people = [{ user: 'U0GRACE' }, { group: 'S0LEADS' }];
    expectGolden('change/nudge-approval', nudgeMessage({ change, about: 'approval', people }));
    expectGolden('change/nudge-escalation', nudgeMessage({ change, about: 'escalation', people }));
    expectGolden(
      'change/nudge-window',
      nudgeMessage({ change: changeOf(history['applied'] ?? []), about: 'window', people }),
    );
    expectGolden(
      'change/nudge-worse',
      nudgeMessage({ change: changeOf(history['worse'] ?? []), about: 'worse', people }),
    );
    expectGolden('change/nudge-held', nudgeMessage({ change: changeOf(history['held'] ?? []), about: 'held', people }));
    expectGolden('change/skipped', skippedMessage({ change: changeOf(history['glass'] ?? []), people }));
  });

  test('who can, and why not me', () => {
    const change = changeOf(history['proposed'] ?? []);
    const steps = [
      { question: 'Does any grant cover web-1?', answer: 'yes, 1', holds: true },
      { question: 'Does linus hold one of them?', answer: 'no', holds: false },
    ];
    const shared = { change, approvers: [{ user: 'U0GRACE' }], stepUp: true, escalation: [{ user: 'U0MARG' }] };
    const no = { allowed: false, why: 'to approve on web-1 takes the role leads', steps };
    expectGolden('change/who-no', whoCanMessage({ ...shared, may: no }));
    expectGolden('change/who-own', whoCanMessage({ ...shared, may: no, besides: 'It is your own request.' }));
    const yes = { allowed: true, why: 'grace may approve on web-1 as leads', steps: steps.slice(0, 1) };
    expectGolden('change/who-yes', whoCanMessage({ ...shared, may: yes }));
  });

  test('lists and one with its history', () => {
    const all = Object.values(history).map(changeOf);
    expectGolden('change/list', changesMessage({ changes: all, filter: 'open and past', more: true }));
    expectGolden('change/list-none', changesMessage({ changes: [], filter: 'open', more: false }));
    // Nothing to recommend to whoever asked for all of them.
    const none = changesMessage({ changes: [], filter: 'open and past', past: true, more: false });
    expect(JSON.stringify(none)).not.toContain('/changes all');
    for (const name of ['confirmed', 'reviewed'])
      expectGolden(
        `change/detail-${name}`,
        changeDetailMessage(cardOf(changeOf(history[name] ?? [])), history[name] ?? []),
      );
    expectGolden('change/none', noSuchChangeMessage('change0000000009'));
  });
});
