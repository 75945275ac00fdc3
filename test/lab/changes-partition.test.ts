/**
 * A change on a real host whose network goes away: in both directions or in one, at each phase of the change, for shorter and for
 * longer than the window, and healed when the bot that had asked is dead. The host takes back in time what nobody confirmed, a
 * request that arrives late does nothing that was not meant any more, and what people are told is so.
 * CHANGES_MATRIX=all plays every phase × cut × time; without it a fixed part of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeNeeding } from '../support/needs.js';
import type { Goal, History } from './changes/history.js';
import { undisturbed } from './changes/matrix.js';
import type { Point } from './changes/orders.js';
import { Theatre } from './changes/stage.js';
import type { Cut } from './changes/wired-host.js';

jest.setTimeout(3_600_000);
jest.retryTimes(0);

const all = process.env['CHANGES_MATRIX'] === 'all';
const HOSTS = all ? 24 : 14;
const WINDOW_SECONDS = 30;

const PHASES: Readonly<Record<string, { goal: Goal; pause: Point }>> = {
  'before the host is asked': { goal: 'confirm', pause: { when: 'before', step: 'gate:version#2' } },
  'before the request': { goal: 'confirm', pause: { when: 'before', step: 'gate:set#1' } },
  'before its answer': { goal: 'confirm', pause: { when: 'during', step: 'gate:set#1', ms: 40 } },
  'while in force': { goal: 'confirm', pause: { when: 'after', step: 'append:applied#1' } },
  'before the confirmation': { goal: 'confirm', pause: { when: 'before', step: 'gate:confirm#1' } },
  'before the answer to the confirmation': {
    goal: 'confirm',
    pause: { when: 'during', step: 'gate:confirm#1', ms: 15 },
  },
  'before the revert': { goal: 'revert', pause: { when: 'before', step: 'gate:revert#1' } },
  'at the end of the window': { goal: 'silence', pause: { when: 'before', step: 'gate:status#2' } },
};
const CUTS: readonly Cut[] = ['link down', 'requests lost', 'answers lost'];
const TIMES = {
  shorter: { cutMs: 6_000 },
  longer: { cutMs: (WINDOW_SECONDS + 8) * 1_000 },
  'shorter, healed after the bot died': { cutMs: 8_000, diesMs: 3_000 },
  'longer, healed after the bot died': { cutMs: (WINDOW_SECONDS + 8) * 1_000, diesMs: 3_000 },
} as const satisfies Record<string, { cutMs: number; diesMs?: number }>;
type Time = keyof typeof TIMES;

const partitioned = (phase: string, cut: Cut, time: Time): History => {
  const at = PHASES[phase];
  if (at === undefined) throw new Error(`no phase ${phase}`);
  const { cutMs, ...rest } = TIMES[time];
  const long = time.startsWith('longer');
  const asked = /gate:version|gate:set/.test(at.pause.step);
  const base = undisturbed(at.goal);
  return {
    ...base,
    name: `${phase}, ${cut}, ${time}`.replaceAll(/[ ,]+/g, '-'),
    // Short enough to be outlasted, long enough to ask once more when a short cut is over.
    windowSeconds: long || at.goal === 'silence' ? WINDOW_SECONDS : 90,
    ends: [
      ...base.ends,
      ...(asked ? (['failed'] as const) : []),
      ...(long && at.goal === 'confirm' ? (['reverted'] as const) : []),
    ],
    lives: [
      {
        pause: at.pause,
        paused: async (host, bot) => {
          await host.cut(cut);
          void sleep(cutMs).then(() => host.mend());
          if ('diesMs' in rest) void sleep(rest.diesMs).then(() => bot.kill());
        },
        ...('diesMs' in rest ? { down: cutMs - rest.diesMs + 1_000 } : {}),
      },
    ],
  };
};

const SOME: readonly [string, Cut, Time][] = [
  ['before the host is asked', 'link down', 'shorter'],
  ['before the request', 'link down', 'shorter'],
  ['before the request', 'requests lost', 'longer'],
  ['before the request', 'answers lost', 'shorter, healed after the bot died'],
  ['before its answer', 'answers lost', 'shorter'],
  ['before its answer', 'link down', 'longer'],
  ['while in force', 'link down', 'shorter'],
  ['while in force', 'link down', 'longer'],
  ['while in force', 'requests lost', 'longer, healed after the bot died'],
  ['before the confirmation', 'requests lost', 'shorter'],
  ['before the confirmation', 'answers lost', 'longer'],
  ['before the confirmation', 'link down', 'longer, healed after the bot died'],
  ['before the answer to the confirmation', 'link down', 'shorter, healed after the bot died'],
  ['before the revert', 'link down', 'longer'],
];

describeNeeding(
  ['linux', 'root', 'netns', 'sshd', 'sudo', 'python3', 'iptables'],
  'a change across a partition',
  () => {
    let theatre: Theatre;
    beforeAll(async () => {
      theatre = await Theatre.open(HOSTS, 0, 51);
    });
    afterAll(async () => {
      process.stderr.write(`a change across a partition: ${JSON.stringify(theatre?.figures)}\n`);
      await theatre?.close();
    });

    test('ends as the host has it, once, and in time', async () => {
      const histories = all
        ? Object.keys(TIMES).flatMap((time) =>
            Object.keys(PHASES).flatMap((phase) => CUTS.map((cut) => partitioned(phase, cut, time as Time))),
          )
        : SOME.map((one) => partitioned(...one));
      expect(await theatre.each(histories)).toEqual([]);
      // A host that answered before its cut is cut once more.
      const missed = theatre.unreached.splice(0);
      const again = histories.filter(({ name }) => missed.some((line) => /^[^:~]*/.exec(line)?.[0] === name));
      expect(await theatre.each(again.map((one) => ({ ...one, name: `${one.name}~missed` })))).toEqual([]);
      expect(theatre.unreached).toEqual([]);
      expect(theatre.figures.takenBack).toBeGreaterThan(3);
    });
  },
);
