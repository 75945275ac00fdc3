/** The doors: how many at once, who is next, and what the gauge makes of a late loop. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LOGINS, nextPlaces } from '../../src/ssh/gauge.js';
import { Door, Doors } from '../../src/ssh/limits.js';
import { backoffMs } from '../../src/ssh/opener.js';
import { targetOf } from '../../src/ssh/target.js';
import { hostAt } from './sshd.js';

const never = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a door', () => {
  test('never holds more than its places, loses nobody, and keeps the order, whoever gives up or leaves', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.oneof(fc.constant('enter'), fc.constant('leave'), fc.constant('give up'), fc.constant('resize')), {
          maxLength: 60,
        }),
        async (places, acts) => {
          const door = new Door(places);
          const inside: (() => void)[] = [];
          const waiting: AbortController[] = [];
          let limit = places;
          for (const act of acts) {
            if (act === 'enter') {
              const controller = new AbortController();
              waiting.push(controller);
              void door.enter(controller.signal).then(
                (leave) => {
                  waiting.splice(waiting.indexOf(controller), 1);
                  inside.push(leave);
                },
                () => undefined,
              );
            } else if (act === 'leave') inside.shift()?.();
            else if (act === 'give up') waiting.pop()?.abort(new Error('gave up'));
            else {
              limit = (limit % 4) + 1;
              door.resize(limit);
            }
            await turn();
            expect(door.inside).toBe(inside.length);
            expect(door.waiting).toBe(waiting.length);
            // Nobody waits while there is a place.
            expect(waiting.length === 0 || inside.length >= limit).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('leaving twice counts once', async () => {
    const door = new Door(1);
    const leave = await door.enter(never);
    leave();
    leave();
    expect(door.inside).toBe(0);
  });

  test('doors are forgotten when nobody uses them', async () => {
    const doors = new Doors(1);
    const leave = await doors.enter('a', never);
    const gaveUp = doors.enter('a', AbortSignal.abort(new Error('gave up')));
    await expect(gaveUp).rejects.toThrow('gave up');
    expect(doors.size).toBe(1);
    leave();
    expect(doors.size).toBe(0);
  });
});

describe('the gauge', () => {
  test.each([
    [64, 5, 10, 80],
    [64, 5, 0, 64],
    [64, 25, 10, 64],
    [64, 60, 10, 44],
    [250, 5, 10, LOGINS.most],
    [9, 500, 10, LOGINS.least],
  ])('%i places, %i ms late, %i waiting: %i', (places, lateMs, waiting, next) => {
    expect(nextPlaces(places, lateMs, waiting)).toBe(next);
  });
});

test('a pause is anything up to twice the one before', () => {
  expect(backoffMs(0, () => 0.5)).toBe(50);
  expect(backoffMs(3, () => 0.5)).toBe(400);
  expect(backoffMs(3, () => 0)).toBe(0);
});

describe('targets', () => {
  const host = hostAt(22, { hostKeys: { kind: 'pinned', keys: [] } });
  test('the first jump host keeps its own way, and accounts have connections of their own', () => {
    const hosts = new Map(
      ['a', 'b', 'c'].map((name) => [name, { ...host, name, address: name, jump: name === 'b' ? ['a'] : [] }]),
    );
    const target = targetOf({ ...host, jump: ['b', 'c'] }, 'read', hosts);
    const way: string[] = [];
    for (let at = target.via; at !== undefined; at = at.via) way.push(at.host.name);
    expect(way).toEqual(['c', 'b', 'a']);
    const change = { ...host, change: { user: 'gate', identity: [] } };
    expect(targetOf(change, 'change', hosts).key).not.toBe(targetOf(change, 'read', hosts).key);
    expect(targetOf({ ...host, name: 'other' }, 'read', hosts).key).toBe(targetOf(host, 'read', hosts).key);
  });
});
