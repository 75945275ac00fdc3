/** A signal that ends with the first of several, and leaves nothing in them. */
import { getEventListeners } from 'node:events';
import { describe, expect, jest, test } from '@jest/globals';
import { endingWith } from '../../src/app/ending.js';
import { Investigations } from '../../src/app/investigate.js';
import type { Snapshot } from '../../src/core/snapshot.js';
import { aHost, countingIds, FakeTransport, HandClock, keepingLog, said } from '../support/bot-fakes.js';

const listeners = (...controllers: AbortController[]): number[] =>
  controllers.map(({ signal }) => getEventListeners(signal, 'abort').length);

describe('a signal that ends with others', () => {
  test('ends with the first of them, with its reason, and tells once', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const { signal } = endingWith(one.signal, undefined, other.signal);
    const told = jest.fn();
    signal.addEventListener('abort', told);
    other.abort('over');
    one.abort('later');
    expect([signal.aborted, signal.reason]).toEqual([true, 'over']);
    expect(told).toHaveBeenCalledTimes(1);
    expect(listeners(one, other)).toEqual([0, 0]);
  });

  test('has ended from the start where one of them has', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    other.abort('before');
    expect(endingWith(one.signal, other.signal).signal).toMatchObject({ aborted: true, reason: 'before' });
    expect(listeners(one, other)).toEqual([0, 0]);
  });

  test('leaves nothing behind, and does not end any more, when it is done', () => {
    const lasting = new AbortController();
    for (let at = 0; at < 100; at++) {
      const ending = endingWith(lasting.signal);
      expect(listeners(lasting)).toEqual([1]);
      ending.done();
    }
    const { signal, done } = endingWith(lasting.signal);
    done();
    lasting.abort();
    expect(signal.aborted).toBe(false);
  });
});

test('a question leaves nothing in the signal that lasts as long as the program', async () => {
  const transport = new FakeTransport();
  const anySignal = jest.spyOn(AbortSignal, 'any');
  const lasting = jest.spyOn(AbortController.prototype, 'signal', 'get');
  try {
    const script = (id: 'state' | 'sysctl') => () => ({ id, text: id, closingLine: '@@end', expectedMs: 1 });
    const investigations = new Investigations({
      transport,
      clock: new HandClock(),
      ids: countingIds(),
      log: keepingLog().log,
      rules: new Map(),
      scripts: { state: script('state'), sysctl: script('sysctl') },
      parse: {
        state: (_text, about) => ({ ...about, readings: {} }) as unknown as Snapshot,
        sysctl: () => ({ values: {} }),
      },
    });
    // The first signal that it asks for is the one of its end.
    const signal = lasting.mock.results[0]?.value as AbortSignal;
    let during = 0;
    transport.answer = async () => {
      during = getEventListeners(signal, 'abort').length;
      return said('x');
    };
    await investigations.investigate(aHost('web-1'));
    await investigations.readSysctls(aHost('web-1'));
    await investigations.check(aHost('web-1'), new AbortController().signal);
    expect(during).toBe(1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(anySignal).not.toHaveBeenCalled();
  } finally {
    anySignal.mockRestore();
    lasting.mockRestore();
  }
});
