import { beforeEach, describe, expect, test } from '@jest/globals';
import { Investigations } from '../../src/app/investigate.js';
import { Shelf } from '../../src/app/investigate-shelf.js';
import type { Measured } from '../../src/command.js';
import type { Rule } from '../../src/core/rule.js';
import type { Snapshot } from '../../src/core/snapshot.js';
import type { Answer } from '../../src/ports/transport.js';
import {
  aHost,
  countingIds,
  FakeTransport,
  HandClock,
  keepingLog,
  said,
  settled,
  silent,
} from '../support/bot-fakes.js';

const snapshotOf = (text: string, about: { host: string; measuredAt: string; tookMs: number }): Snapshot =>
  ({ ...about, readings: { counters: { status: 'failed', reason: text } } }) as unknown as Snapshot;

let transport: FakeTransport;
let clock: HandClock;
let logged: ReturnType<typeof keepingLog>;
let investigations: Investigations;
let parse: (text: string, about: { host: string; measuredAt: string; tookMs: number }) => Snapshot;
const seen: (Snapshot | undefined)[] = [];
const rule = {
  id: 'looks-back',
  needs: [],
  thresholds: {},
  severity: 'info',
  avoid: [],
  check: ({ previous }: { previous?: Snapshot }) => {
    seen.push(previous);
    return { status: 'absent' };
  },
} as unknown as Rule;

beforeEach(() => {
  transport = new FakeTransport();
  clock = new HandClock();
  logged = keepingLog();
  parse = snapshotOf;
  seen.length = 0;
  investigations = new Investigations({
    transport,
    clock,
    ids: countingIds(),
    log: logged.log,
    rules: new Map([['looks-back', rule]]),
    scripts: {
      state: () => ({ id: 'state', text: 'state', closingLine: '@@end', expectedMs: 2_000 }),
      sysctl: () => ({ id: 'sysctl', text: 'sysctl', closingLine: '@@end', expectedMs: 500 }),
    },
    parse: {
      state: (text, about) => parse(text, about),
      sysctl: (text) => {
        if (text === 'mangled') throw new Error('not read');
        return { values: { 'net.ipv4.tcp_tw_reuse': text } };
      },
    },
  });
});

const web = aHost('web-1');

describe('an investigation', () => {
  test('asks with the state script, reads, judges, and says when and how long', async () => {
    transport.answer = async () => said('one');
    const found = await investigations.investigate(web);
    expect(found).toMatchObject({
      status: 'measured',
      host: web,
      transcript: 'one',
      snapshot: { host: 'web-1', measuredAt: '2026-11-22T12:00:00.000Z', tookMs: 400 },
      diagnosis: { host: 'web-1', checked: ['looks-back'] },
    });
    expect(transport.asked).toEqual([{ host: 'web-1', script: 'state' }]);
  });

  test('two people who ask for a host at the same time share one measurement', async () => {
    let answer: (it: Answer) => void = () => undefined;
    transport.answer = () => new Promise((resolve) => (answer = resolve));
    const both = [investigations.investigate(web), investigations.investigate(web)];
    const other = investigations.investigate(aHost('web-2'));
    await settled();
    expect(transport.asked.map(({ host }) => host)).toEqual(['web-1', 'web-2']);
    answer(said('x'));
    investigations.stop();
    const [first, second] = await Promise.all(both);
    expect(first).toBe(second);
    await other;
  });

  test('a host that was registered anew meanwhile is asked anew, as it is registered now', async () => {
    transport.answer = () => new Promise(() => undefined);
    const old = investigations.investigate(web);
    const changed = investigations.investigate(aHost('web-1', { port: 2222 }));
    await settled();
    expect(transport.asked).toHaveLength(2);
    investigations.stop();
    await Promise.all([old, changed]);
  });

  test('the next one is compared with the last good one, and a failure between them changes nothing', async () => {
    transport.answer = async () => said('first');
    const first = await investigations.investigate(web);
    transport.answer = async () => silent();
    const failed = await investigations.investigate(web);
    expect(failed).toMatchObject({ status: 'failed', failure: { problem: 'refused' }, last: { transcript: 'first' } });
    transport.answer = async () => said('third');
    const third = await investigations.investigate(web);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBe((first as Measured).snapshot);
    expect((third as Measured).previous).toBe((first as Measured).snapshot);
    expect(investigations.last(web)?.transcript).toBe('third');
    expect(investigations.measurement((first as Measured).id)?.transcript).toBe('first');
  });

  test('a transport that never answers is ended by the wall clock', async () => {
    transport.answer = () => new Promise(() => undefined);
    const asked = investigations.investigate(web);
    await settled();
    await clock.advance(web.limits.totalTimeoutMs);
    await clock.advance(2_000);
    expect(await asked).toMatchObject({ status: 'failed', failure: { problem: 'wall-clock' } });
  });

  test('a transport that throws, and a parser that throws, become failures with a log line', async () => {
    transport.answer = async () => {
      throw new Error('bug in transport');
    };
    expect(await investigations.investigate(web)).toMatchObject({ status: 'failed', failure: { problem: 'internal' } });
    transport.answer = async () => said('x');
    parse = () => {
      throw new Error('bug in parser');
    };
    expect(await investigations.investigate(web)).toMatchObject({ status: 'failed', failure: { problem: 'internal' } });
    expect(logged.lines.filter(({ level }) => level === 'error').map(({ what }) => what)).toEqual([
      'the transport threw',
      'an answer could not be read',
    ]);
  });

  test('stopping ends what is under way, and what is asked afterwards', async () => {
    transport.answer = () => new Promise(() => undefined);
    const asked = investigations.investigate(web);
    await settled();
    investigations.stop();
    expect(await asked).toMatchObject({ status: 'failed', failure: { problem: 'shutting-down' } });
    expect(await investigations.investigate(web)).toMatchObject({ failure: { problem: 'shutting-down' } });
  });

  test('the host is left alone when nobody wants the answer any more, and not before', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    transport.answer = (_host, _script, options) => {
      signals.push(options?.signal);
      return new Promise(() => undefined);
    };
    const [mine, theirs] = [new AbortController(), new AbortController()];
    const asked = [investigations.investigate(web, mine.signal), investigations.investigate(web, theirs.signal)];
    mine.abort();
    await settled();
    expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
    theirs.abort();
    for (const answer of asked)
      expect(await answer).toMatchObject({ status: 'failed', failure: { problem: 'cancelled' } });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
    // Whoever asks now is given a question of their own; one who can't call it off keeps it alive.
    const third = new AbortController();
    void investigations.readSysctls(web, third.signal);
    void investigations.readSysctls(web);
    third.abort();
    await settled();
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false]);
    investigations.stop();
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
  });

  test('what was called off before it began asks nobody', async () => {
    expect(await investigations.investigate(web, AbortSignal.abort())).toMatchObject({
      failure: { problem: 'cancelled' },
    });
    transport.answer = async () => said('again');
    expect(await investigations.investigate(web)).toMatchObject({ status: 'measured' });
  });

  test('sysctls: read, refused, mangled', async () => {
    transport.answer = async () => said('2');
    expect(await investigations.readSysctls(web)).toEqual({
      status: 'read',
      readAt: '2026-11-22T12:00:00.000Z',
      facts: { values: { 'net.ipv4.tcp_tw_reuse': '2' } },
    });
    expect(transport.asked).toEqual([{ host: 'web-1', script: 'sysctl' }]);
    transport.answer = async () => silent();
    expect(await investigations.readSysctls(web)).toMatchObject({ status: 'failed', failure: { problem: 'refused' } });
    transport.answer = async () => said('mangled');
    expect(await investigations.readSysctls(web)).toMatchObject({ status: 'failed', failure: { problem: 'internal' } });
  });
});

describe('the shelf of measurements', () => {
  const measured = (id: string, host: string, transcript = 'x'.repeat(10)): Measured =>
    ({ id, host: aHost(host), transcript, previous: {} }) as unknown as Measured;

  test('forgets the oldest when it is full, but keeps the last of a host without its transcript', () => {
    const shelf = new Shelf(10, 25);
    shelf.keep(measured('1', 'a'));
    shelf.keep(measured('2', 'b'));
    shelf.keep(measured('3', 'b'));
    expect(shelf.byId('1')).toBeUndefined();
    expect(shelf.ofHost('a')).toMatchObject({ id: '1', transcript: '' });
    expect(shelf.byId('2')?.transcript).toHaveLength(10);
    expect(shelf.ofHost('b')).toMatchObject({ id: '3' });
  });

  test('keeps a transcript that is larger than everything it may keep, until the next one', () => {
    const shelf = new Shelf(10, 25);
    shelf.keep(measured('1', 'a', 'x'.repeat(100)));
    expect(shelf.byId('1')).toBeDefined();
    shelf.keep(measured('2', 'b'));
    expect(shelf.byId('1')).toBeUndefined();
    expect(shelf.byId('2')).toBeDefined();
  });

  test('does not hold chains of earlier snapshots', () => {
    const shelf = new Shelf();
    shelf.keep(measured('1', 'a'));
    expect(shelf.ofHost('a')).not.toHaveProperty('previous');
  });

  test('bounds hosts too', () => {
    const shelf = new Shelf(2, 1_000);
    for (const name of ['a', 'b', 'c']) shelf.keep(measured(name, name));
    expect(shelf.ofHost('a')).toBeUndefined();
    expect(shelf.ofHost('c')).toBeDefined();
  });
});
