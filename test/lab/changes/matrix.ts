/** Which histories make the matrix: from the steps that an undisturbed change really takes, so that a new step is in it by itself. */
import type { ChangeState } from '../../../src/core/change.js';
import type { Goal, History, Life } from './history.js';
import type { Point } from './orders.js';

/** ms after a gate request was begun: on its way, in the front, in sudo, in the gate, on its way back */
const WITHIN_MS = [3, 15, 30, 50, 75, 110, 160];
const LONG_SECONDS = 300;
const SHORT_SECONDS = 30;

/** Before and after every step, and within every request to the gate. @param steps of an undisturbed history */
export const pointsOf = (steps: readonly string[]): Point[] =>
  steps.flatMap((line): Point[] => {
    const [, when, step] = /^(before|after) (\S+)$/.exec(line) ?? [];
    if (step === undefined) return [];
    if (when === 'after') return [{ when: 'after', step }];
    const within = /^gate:(?!version)/.test(step) ? WITHIN_MS.map((ms): Point => ({ when: 'during', step, ms })) : [];
    return [{ when: 'before', step }, ...within];
  });

export const named = ({ when, step, ms }: Point): string =>
  `${when}-${step.replaceAll(/[^a-zA-Z0-9#*]+/g, '-')}${ms === undefined ? '' : `-${ms}`}`;

const END: Record<Goal, ChangeState> = { confirm: 'confirmed', revert: 'reverted', silence: 'reverted' };

/** Was the request perhaps never sent? Then it is told that nothing was changed, and a person asks again. */
const mayBeUnsent = (points: readonly Point[]): boolean =>
  points.some(
    ({ when, step }) =>
      step.startsWith('*') ||
      (when !== 'before' && step.startsWith('append:apply-intended')) ||
      /^(documents\.put:change-before|chat:update#3|documents\.put:change-message#[45])/.test(step) ||
      (when !== 'after' && step === 'gate:set#1'),
  );

export const undisturbed = (goal: Goal): History => ({
  name: `${goal}-undisturbed`,
  goal,
  windowSeconds: goal === 'silence' ? SHORT_SECONDS : LONG_SECONDS,
  persistent: goal === 'confirm',
  lives: [],
  ends: [END[goal]],
});

/** The bot dies, once or more often, and is back at once: what people wanted is what they get. */
export const killed = (goal: Goal, points: readonly Point[]): History => ({
  ...undisturbed(goal),
  name: `${goal}-${points.map(named).join('-then-')}`,
  lives: points.map((kill): Life => ({ kill })),
  ends: mayBeUnsent(points) ? [END[goal], 'failed'] : [END[goal]],
});

/** The bot dies, and nobody is there until the window is over. */
export const down = (goal: Goal, points: readonly Point[]): History => ({
  ...undisturbed(goal),
  name: `${goal}-down-${points.map(named).join('-then-')}`,
  windowSeconds: SHORT_SECONDS,
  lives: points.map((kill, at): Life => ({ kill, ...(at === points.length - 1 ? { down: 'window' } : {}) })),
  ends: ['confirmed', 'reverted', 'failed'],
});

/** All SSH sessions of the host are killed at a gate request; the bot lives. */
export const severed = (goal: Goal, pause: Point): History => ({
  ...undisturbed(goal),
  name: `${goal}-severed-${named(pause)}`,
  lives: [{ pause, paused: async (host) => void host.severSessions() }],
  ends: /gate:set/.test(pause.step) ? [END[goal], 'failed'] : [END[goal]],
});

/** The gate dies at one of its marks under the bot's request; the bot lives, or dies as well. */
export const gateKilled = (verb: 'set' | 'confirm' | 'revert', point: string, botToo: boolean): History => {
  const goal = verb === 'revert' ? 'revert' : 'confirm';
  const step = `gate:${verb}#1`;
  return {
    ...undisturbed(goal),
    name: `gate-${verb}-${point.replace('@', '-')}${botToo ? '-bot-too' : ''}`,
    // A confirmation that died before its commit point may be given again when the first one's time is over.
    windowSeconds: verb === 'set' ? SHORT_SECONDS : 90,
    lives: [
      {
        pause: { when: 'before', step },
        paused: async (host) => host.arm(point),
        ...(botToo ? { kill: { when: 'during', step, ms: 90 } satisfies Point } : {}),
      },
    ],
    ends: verb === 'set' ? ['failed', 'reverted', 'confirmed'] : [END[goal]],
  };
};

/** The gate is busy with something else for longer than a request waits: that is no end of a change. */
export const lockHeld = (goal: Goal, step: string): History => ({
  ...undisturbed(goal),
  name: `${goal}-busy-${step.replaceAll(/[^a-z0-9]+/g, '-')}`,
  lives: [{ pause: { when: 'before', step }, paused: (host) => host.holdLock(12) }],
  ends: step.startsWith('gate:set') ? ['failed'] : [END[goal]],
  // The timer itself waits for the lock too: it is let go of before the window ends.
  windowSeconds: goal === 'silence' ? 60 : LONG_SECONDS,
});

/** Every n-th, beginning with one that depends on the list, so that two lists do not leave out the same. */
export const sample = <T>(all: readonly T[], count: number, offset = 0): T[] => {
  if (all.length <= count) return [...all];
  return Array.from(
    { length: count },
    (_, at) => all[(Math.floor((at * all.length) / count) + offset) % all.length] as T,
  );
};
