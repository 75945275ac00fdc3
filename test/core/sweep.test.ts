/** What a round of a sweep makes of what is known: hosts that left, hosts that had no turn, and what is still to be told. */
import { describe, expect, test } from '@jest/globals';
import { type Alert, behindIn, emptyState, hostsOf, observe, toldOf, withdrawn } from '../../src/core/sweep.js';

const limits = { raiseAfter: 1, clearAfter: 2 };
const posted = { channel: 'C0INC', ts: '1.1' };

/** By host: its causes, or that it was silent; who is not named had no turn. */
type Round = Readonly<Record<string, readonly string[] | 'silent'>>;

const begin = (hosts: readonly string[] = ['web-8', 'web-9']) => {
  let state = emptyState;
  let atMs = 0;
  return {
    round: (round: Round, of = hosts): readonly string[] => {
      atMs += 1_000;
      const all = Object.entries(round);
      const next = observe(
        state,
        {
          atMs,
          answered: new Map(all.flatMap(([name, is]) => (is === 'silent' ? [] : [[name, is] as const]))),
          silent: all.filter(([, is]) => is === 'silent').map(([name]) => name),
        },
        limits,
        new Set(of),
      );
      state = next.state;
      return next.news.map(({ kind, cause }) => `${kind} ${cause}`);
    },
    alert: (cause: string): Alert | undefined => state.alerts[cause],
    state: () => state,
    behind: () => behindIn(state, atMs),
    tell: (cause: string): void => {
      const alert = state.alerts[cause];
      if (alert === undefined) throw new Error(`no alert of ${cause}`);
      state = { ...state, alerts: { ...state.alerts, [cause]: toldOf(alert, alert, posted) } };
    },
  };
};

describe('a host that leaves the sweep', () => {
  test('alone in an alert: it clears, and says that nobody looks there any more', () => {
    const { round, alert, tell, behind } = begin();
    expect(round({ 'web-8': [], 'web-9': ['full'] })).toEqual(['raised full']);
    tell('full');
    expect(round({ 'web-8': [] }, ['web-8'])).toEqual([]);
    expect(round({ 'web-8': [] }, ['web-8'])).toEqual(['cleared full']);
    expect(alert('full')).toMatchObject({ posted, hosts: {}, left: ['web-9'], clearedAtMs: 3_000 });
    expect(behind()).toEqual(['full']);
  });

  test('with others in it: the alert goes on without it', () => {
    const { round, alert, tell, behind } = begin();
    round({ 'web-8': ['full'], 'web-9': ['full'] });
    tell('full');
    round({ 'web-8': ['full'] }, ['web-8']);
    expect(round({ 'web-8': ['full'] }, ['web-8'])).toEqual(['changed full']);
    expect(hostsOf(alert('full') as Alert)).toEqual(['web-8']);
    expect(behind()).toEqual(['full']);
  });

  test('and all others for one reload: nothing clears, and nothing is raised anew', () => {
    const { round, alert, tell } = begin();
    const both: Round = { 'web-8': ['full'], 'web-9': ['full'] };
    round(both);
    tell('full');
    const before = alert('full');
    expect(round({}, [])).toEqual([]);
    expect(round(both)).toEqual([]);
    expect(alert('full')).toEqual(before);
  });
});

describe('a host that had no turn', () => {
  test('is not silent: what was known of it stands, and the round says how many there were', () => {
    const { round, alert, state } = begin();
    round({ 'web-8': ['full'], 'web-9': 'silent' });
    for (let times = 0; times < 4; times++) expect(round({ 'web-8': ['full'] })).toEqual([]);
    for (let times = 0; times < 4; times++) expect(round({})).toEqual([]);
    expect([alert('full'), alert('no-answer')].map((it) => it && hostsOf(it))).toEqual([['web-8'], ['web-9']]);
    expect(state()).toMatchObject({ answered: 0, asked: 0, notAsked: 2 });
    round({ 'web-8': [], 'web-9': [] });
    expect(state()).toMatchObject({ asked: 2 });
    expect(state().notAsked).toBeUndefined();
  });
});

describe('what is to be told', () => {
  test('of an alert that cleared is remembered until it was told', () => {
    const { round, alert, tell, behind } = begin();
    round({ 'web-9': ['full'] });
    tell('full');
    expect(behind()).toEqual([]);
    round({ 'web-9': [] });
    round({ 'web-9': [] });
    for (let times = 0; times < 5; times++) round({ 'web-9': [] });
    expect(behind()).toEqual(['full']);
    tell('full');
    expect(behind()).toEqual([]);
    round({ 'web-9': [] });
    expect(alert('full')).toBeUndefined();
  });

  test('raised again before anybody was told that it was over: it is the same alert, where it stands', () => {
    const { round, alert, tell } = begin();
    round({ 'web-9': ['full'] });
    tell('full');
    round({ 'web-9': [] });
    expect(round({ 'web-9': [] })).toEqual(['cleared full']);
    expect(round({ 'web-9': ['full'] })).toEqual(['raised full']);
    expect(alert('full')).toMatchObject({ raisedAtMs: 1_000, posted });
    expect(alert('full')?.clearedAtMs).toBeUndefined();
    round({ 'web-9': [] });
    round({ 'web-9': [] });
    tell('full');
    expect(round({ 'web-9': ['full'] })).toEqual(['raised full']);
    expect(alert('full')).toMatchObject({ raisedAtMs: 7_000 });
    expect(alert('full')?.posted).toBeUndefined();
  });

  test('what moved while it was being told stays to be told', () => {
    const { round, alert } = begin();
    round({ 'web-8': ['full'] });
    const then = alert('full') as Alert;
    round({ 'web-8': ['full'], 'web-9': ['full'] });
    expect(toldOf(alert('full') as Alert, then, posted)).toMatchObject({ posted, behindSinceMs: 2_000 });
    expect(toldOf(then, then, posted).behindSinceMs).toBeUndefined();
  });

  test('of a sweep that is gone: each open alert once, and nothing of those that are only suspected', () => {
    const { round, state, tell } = begin();
    round({ 'web-8': ['full'], 'web-9': 'silent' });
    tell('full');
    const gone = withdrawn(state(), 9_000);
    expect(Object.values(gone.alerts)).toMatchObject([
      { cause: 'full', posted, hosts: {}, left: ['web-8'], clearedAtMs: 9_000, behindSinceMs: 9_000 },
      { cause: 'no-answer', left: ['web-9'] },
    ]);
    expect(withdrawn(gone, 10_000)).toEqual(gone);
    expect(withdrawn(gone, 9_000 + 8 * 86_400_000).alerts).toEqual({});
  });
});
