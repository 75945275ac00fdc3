/** The light signal does what an AbortSignal does, as far as it is used here. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Aborter, NEVER, type Signal } from '../../src/ssh/signal.js';

type Step = { do: 'add' | 'remove'; listener: number } | { do: 'abort'; reason: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('add', 'remove'), listener: fc.nat(3) }),
    fc.record({ do: fc.constant('abort'), reason: fc.nat(2) }),
  ) as fc.Arbitrary<Step>,
  { maxLength: 20 },
);

/** Who was told, in which order, and what stands at the end. Listener 0 removes listener 1, as `until` and `pause` may. */
const course = (signal: Signal, abort: (reason: number) => void, taken: readonly Step[]) => {
  const told: number[] = [];
  const listeners = [0, 1, 2, 3].map((number) => () => {
    told.push(number);
    const other = listeners[1];
    if (number === 0 && other !== undefined) signal.removeEventListener('abort', other);
  });
  const on = new Set<number>();
  for (const step of taken) {
    if (step.do === 'abort') {
      abort(step.reason);
      continue;
    }
    const listener = listeners[step.listener];
    // Nobody here listens twice with one function, of which an EventTarget would make one.
    if (listener === undefined || (step.do === 'add' && on.has(step.listener))) continue;
    if (step.do === 'add') {
      on.add(step.listener);
      signal.addEventListener('abort', listener, { once: true });
    } else {
      on.delete(step.listener);
      signal.removeEventListener('abort', listener);
    }
  }
  let thrown: unknown = 'nothing';
  try {
    signal.throwIfAborted();
  } catch (error) {
    thrown = error;
  }
  return { told, thrown, aborted: signal.aborted, reason: signal.reason };
};

describe('a light signal', () => {
  test('tells whom an AbortSignal would tell, in that order, and throws what it would', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const [light, native] = [new Aborter(), new AbortController()];
        const expected = course(native.signal, (reason) => native.abort(reason), taken);
        expect(course(light.signal, (reason) => light.abort(reason), taken)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('without a reason it ends with an AbortError', () => {
    const aborter = new Aborter();
    aborter.abort();
    expect(aborter.signal.reason).toMatchObject({ name: 'AbortError' });
    aborter.abort('later');
    expect(() => aborter.signal.throwIfAborted()).toThrow('This operation was aborted');
  });

  test('the one that never ends keeps nobody', () => {
    NEVER.addEventListener('abort', () => {
      throw new Error('told');
    });
    expect(NEVER.aborted).toBe(false);
    expect(() => NEVER.throwIfAborted()).not.toThrow();
  });
});
