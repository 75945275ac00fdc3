/** What people measure is kept for its course, a moment later and together. */
import { expect, test } from '@jest/globals';
import { KeptSamples } from '../../src/app/samples-kept.js';
import type { Sample } from '../../src/ports/store.js';
import { HandClock, keepingLog, settled } from '../support/bot-fakes.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';

const sample = (at: number): Sample => ({ host: 'web-1', atMs: at, numbers: { TIME_WAIT: at }, findings: [] });
const many = (count: number) => Array.from({ length: count }, (_, at) => sample(at));
const start = () => {
  const store = memoryStore(memoryDisk());
  const added: number[] = [];
  const { add } = store.samples;
  store.samples.add = async (samples) => {
    added.push(samples.length);
    await add(samples);
  };
  const clock = new HandClock();
  const { log, lines } = keepingLog();
  return { store, added, clock, lines, kept: new KeptSamples({ store, clock, log }) };
};

test('what comes within a moment is one write, and a large fleet is several small ones', async () => {
  const { added, clock, kept } = start();
  kept.add([sample(1)]);
  kept.add([sample(2)]);
  await settled();
  expect(added).toEqual([]);
  await clock.advance(250);
  expect(added).toEqual([2]);
  kept.add(many(250));
  await clock.advance(250);
  expect(added).toEqual([2, 100, 100, 50]);
});

test('the end of the program writes what waits', async () => {
  const { clock, kept, store } = start();
  kept.add([sample(7)]);
  const done = kept.done();
  await clock.advance(250);
  await done;
  expect(await store.samples.read('web-1', 0, 10)).toHaveLength(1);
});

test('a store that fails loses samples and nothing else; the memory stays bounded', async () => {
  const { clock, kept, lines, store } = start();
  store.samples.add = async () => {
    throw new Error('full');
  };
  kept.add([sample(1)]);
  await clock.advance(250);
  expect(JSON.stringify(lines)).toContain('samples could not be kept');
  const added: number[] = [];
  store.samples.add = async (samples) => void added.push(samples.length);
  kept.add(many(6_000));
  await clock.advance(250);
  expect(added.reduce((sum, count) => sum + count, 0)).toBe(5_000);
  expect(JSON.stringify(lines)).toContain('samples were not kept');
});
