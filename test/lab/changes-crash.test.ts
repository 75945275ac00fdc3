/**
 * A change on a real host through everything that can die: the bot by SIGKILL before and after every step that it takes, once and
 * twice, back at once or gone for longer than the window; its SSH sessions at every request; the gate at every one of its marks.
 * Nothing is lost, nothing happens twice, and no value that nobody confirmed outlives the window by more than two seconds.
 * CHANGES_MATRIX=all plays all of it, CHANGES_MATRIX=4 four times as much as is played without it: a fixed part of each kind.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { describeNeeding } from '../support/needs.js';
import { GATE_POINTS } from './changes/gate-points.js';
import { type Goal, type History, stepsOf } from './changes/history.js';
import { down, gateKilled, killed, lockHeld, pointsOf, sample, severed, undisturbed } from './changes/matrix.js';
import type { Point } from './changes/orders.js';
import { Theatre } from './changes/stage.js';

jest.setTimeout(7_200_000);
// A violation is one, whatever a second try says.
jest.retryTimes(0);

/** how many times the part that is always played; `all` is all */
const times =
  process.env['CHANGES_MATRIX'] === 'all' ? Number.POSITIVE_INFINITY : Number(process.env['CHANGES_MATRIX'] ?? 1);
const MARKED = 4;
const PLAIN = 14;
/** second deaths for each first one */
const SECONDS = 4;
const GOALS: readonly Goal[] = ['confirm', 'revert', 'silence'];

describeNeeding(['linux', 'root', 'netns', 'sshd', 'sudo', 'python3', 'iptables'], 'a change, whatever dies', () => {
  let theatre: Theatre;
  const points: Record<Goal, Point[]> = { confirm: [], revert: [], silence: [] };
  /** some of a kind, or all of them */
  const some = <T>(list: readonly T[], count: number, offset = 0): T[] => sample(list, count * times, offset);
  const plain = Array.from({ length: PLAIN }, (_, at) => at);
  const marked = Array.from({ length: MARKED }, (_, at) => PLAIN + at);

  beforeAll(async () => {
    theatre = await Theatre.open(PLAIN + MARKED, MARKED);
  });
  afterAll(async () => {
    process.stderr.write(`a change, whatever dies: ${JSON.stringify(theatre?.figures)}\n`);
    await theatre?.close();
  });

  test('undisturbed, and these are the steps', async () => {
    expect(await theatre.each(GOALS.map(undisturbed), plain)).toEqual([]);
    for (const goal of GOALS) points[goal] = pointsOf(stepsOf(theatre.stage, `${goal}-undisturbed`));
    expect(Math.min(...GOALS.map((goal) => points[goal].length))).toBeGreaterThan(30);
  });

  /** Pairs: a second death at steps spread over what the process after the first has left to do. */
  const twice = (goal: Goal): [Point, Point][] =>
    points[goal].flatMap((first, at) =>
      Array.from({ length: SECONDS }, (_, turn): [Point, Point] => {
        const left = Math.max(SECONDS, points[goal].length - at);
        return [first, { when: 'before', step: `*#${1 + Math.floor(((turn + (at % 5) / 5) * left) / SECONDS)}` }];
      }),
    );

  const matrix = (): { plain: History[]; marked: History[] } => {
    const requests = (goal: Goal): Point[] => points[goal].filter(({ step }) => step.startsWith('gate:'));
    const gate = (['set', 'confirm', 'revert'] as const).flatMap((verb) =>
      GATE_POINTS[verb].map((point) => [verb, point] as const),
    );
    return {
      plain: [
        ...some(points.silence, 4, 3).map((point) => killed('silence', [point])),
        ...some(points.confirm, 4, 1).map((point) => down('confirm', [point])),
        ...some(points.revert, 2, 2).map((point) => down('revert', [point])),
        ...some(twice('confirm'), 2, 5).map((pair) => down('confirm', pair)),
        ...some(points.confirm, 13).map((point) => killed('confirm', [point])),
        ...some(points.revert, 6, 1).map((point) => killed('revert', [point])),
        ...some(twice('confirm'), 5).map((pair) => killed('confirm', pair)),
        ...some(twice('revert'), 3, 3).map((pair) => killed('revert', pair)),
        ...some(requests('confirm'), 4, 1).map((point) => severed('confirm', point)),
        lockHeld('confirm', 'gate:set#1'),
        lockHeld('confirm', 'gate:confirm#1'),
        lockHeld('revert', 'gate:revert#1'),
        lockHeld('silence', 'gate:status#1'),
        ...some(requests('revert'), 1, 9).map((point) => severed('revert', point)),
      ],
      marked: [
        ...some(gate, 6).map(([verb, point]) => gateKilled(verb, point, false)),
        ...some(gate, 2, 4).map(([verb, point]) => gateKilled(verb, point, true)),
      ],
    };
  };

  test('ends as the host has it, once, and in time', async () => {
    // Where not even an undisturbed one goes well there is nothing to disturb.
    for (const goal of GOALS) expect(points[goal]).not.toEqual([]);
    const histories = matrix();
    const names = [...histories.plain, ...histories.marked].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const wrong = await Promise.all([theatre.each(histories.plain, plain), theatre.each(histories.marked, marked)]);
    if (theatre.unreached.length > 0) process.stderr.write(`not reached:\n${theatre.unreached.join('\n')}\n`);
    expect(wrong.flat()).toEqual([]);
    expect(theatre.figures.kills).toBeGreaterThan(30);
    expect(theatre.figures.gateKills).toBeGreaterThan(5);
    // Which of the histories get as far as a value in force depends on the machine's pace.
    expect(theatre.figures.takenBack).toBeGreaterThan(3);
    // A run whose kills miss their steps proves nothing.
    expect(theatre.figures.unreached).toBeLessThan(theatre.figures.histories / 4);
  });
});
