/** Whatever a host prints, and however it is mangled on the way: no throw, and no reading that is ok and wrong. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PROBES } from '../../src/core/probe-list.js';
import type { Readings, Snapshot } from '../../src/core/snapshot.js';
import { TCP_STATES } from '../../src/core/tcp.js';
import { parseTranscript } from '../../src/core/transcript.js';

const folder = new URL('../transcripts/', import.meta.url);
const transcripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));
const textOf = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const about = { host: 'web-1', measuredAt: '2026-11-22T12:00:00.000Z', tookMs: 2100 };
const read = (text: string): Snapshot => parseTranscript(text, about);

/** Every number in a value, with its path. */
const numbersIn = (value: unknown, path = ''): [string, number][] =>
  typeof value === 'number'
    ? [[path, value]]
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => numbersIn(inner, `${path}.${key}`))
      : [];
const wrongNumbers = (snapshot: Snapshot): string[] =>
  numbersIn(snapshot.readings)
    .filter(([, value]) => !Number.isFinite(value) || value < 0)
    .map(([path]) => path);
const readValue = <Name extends keyof Readings>(snapshot: Snapshot, name: Name) => {
  const reading = snapshot.readings[name];
  if (reading.status === 'failed') throw new Error(`${name}: ${reading.reason}`);
  return reading.value as Extract<Readings[Name], { status: 'ok' }>['value'];
};

describe('the folder of probes', () => {
  test('holds what the list names, under the same ids', () => {
    const files = readdirSync(new URL('../../src/core/probes/', import.meta.url)).map((name) =>
      name.replace(/\.ts$/, ''),
    );
    expect(
      Object.values(PROBES)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(files.sort());
    for (const [name, probe] of Object.entries(PROBES)) expect(probe.reads).toEqual([name]);
  });
});

describe.each(transcripts)('the recorded transcript %s', (name) => {
  const snapshot = read(textOf(name));

  test('gives every reading that it must, and rates', () => {
    for (const reading of [
      'facts',
      'counters',
      'sockstat',
      'protocols',
      'conntrack',
      'fileHandles',
      'sysctls',
      'sockets',
      'kernelLog',
    ] as const)
      expect([reading, snapshot.readings[reading].status]).toEqual([reading, 'ok']);
    const counters = readValue(snapshot, 'counters');
    expect(counters.second).toBeDefined();
    expect(counters.intervalSeconds).toBeGreaterThan(1.5);
    expect(counters.first.values['Tcp.OutSegs']).toBeDefined();
    expect(counters.first.values['TcpExt.ListenOverflows']).toBeDefined();
  });

  test('has no number that is negative or none', () => expect(wrongNumbers(snapshot)).toEqual([]));

  test('counts what its own lines count', () => {
    const { counts } = readValue(snapshot, 'sockets');
    const lines = textOf(name).split('\n');
    const printed = (state: string) => Number(lines.find((line) => line.startsWith(`S ${state} `))?.split(' ')[2] ?? 0);
    expect(counts.ESTABLISHED.total).toBe(printed('ESTAB'));
    expect(counts.CLOSE_WAIT.total).toBe(printed('CLOSE-WAIT'));
    expect(counts.FIN_WAIT2.total).toBe(printed('FIN-WAIT-2'));
    expect(counts.LISTEN.total).toBe(printed('LISTEN'));
  });
});

test('true TIME_WAIT is what sockstat counts less the orphaned FIN_WAIT2 mini-sockets', () => {
  const { counts } = readValue(
    read(textOf('p08-orphan.txt').replace(/@@timewait full\n(?:[SEG] .*\n)*/, '')),
    'sockets',
  );
  const tw = Number(/sockstat:TCP: .* tw (\d+)/.exec(textOf('p08-orphan.txt'))?.[1]);
  expect(counts.TIME_WAIT.total).toBe(Math.max(0, tw - 799));
  expect(readValue(read(textOf('c01.txt')), 'sockets').counts.TIME_WAIT).toEqual({ total: 25_923 });
});

describe('what is not there is said, not made up', () => {
  const p04 = textOf('p04.txt');

  test('cut off anywhere: no rates without the second snapshot, and failed readings say that it was cut', () => {
    const cut = read(p04.slice(0, p04.indexOf('@@snap 2')));
    const counters = readValue(cut, 'counters');
    expect(counters).toEqual({ first: counters.first, intervalSeconds: 0 });
    const inStates = read(p04.slice(0, p04.indexOf('S CLOSE-WAIT')));
    expect(inStates.readings.sockets).toEqual({
      status: 'failed',
      reason: expect.stringContaining('cut off in @@states'),
    });
    expect(inStates.readings.closeWaitAge).toEqual({ status: 'failed', reason: expect.stringContaining('cut off') });
  });

  test('half a second snapshot is none', () => {
    const half = readValue(read(p04.slice(0, p04.lastIndexOf('/proc/net/snmp:Udp'))), 'counters');
    expect(half.second).toBeUndefined();
  });

  test('a lost line of states is noticed: they no longer add up', () => {
    expect(read(p04.replace(/S CLOSE-WAIT .*\n/, '')).readings.sockets).toEqual({
      status: 'failed',
      reason: expect.stringContaining('add up to 1, not to the 321'),
    });
  });

  test('an unknown state is counted under the name that the host gave it', () => {
    const sockets = readValue(read(p04.replace('S LISTEN 1 0 0 0 0', 'S BOUND-INACTIVE 1 0 0 0 0')), 'sockets');
    expect(sockets.unknown).toEqual({ 'BOUND-INACTIVE': 1 });
    expect(sockets.counts.LISTEN.total).toBe(0);
  });

  test.each([
    ['no conntrack', /.*conntrack.*\n/g, 'conntrack', 'no conntrack'],
    ['no sockstat', /\/proc\/net\/sockstat.*\n/g, 'sockstat', '/proc/net/sockstat could not be read'],
    ['no protocols', /\/proc\/net\/protocols.*\n/g, 'protocols', '/proc/net/protocols could not be read'],
    ['a mangled number', /file-nr:726|file-nr:808/g, 'fileHandles', 'could not be read'],
    ['no meta', /@@meta\n/, 'facts', 'not a transcript of the probe'],
  ] as const)('%s', (_, what, name, reason) => {
    expect(read(p04.replace(what, '')).readings[name]).toEqual({
      status: 'failed',
      reason: expect.stringContaining(reason),
    });
  });

  test('a closed kernel log is not an empty one', () => {
    const quiet = p04.replace(/@@klog\n(\[.*\n)*/, '@@klog\n');
    expect(read(quiet).readings.kernelLog).toEqual({ status: 'ok', value: [] });
    expect(read(quiet.replace('uid=0', 'uid=1000')).readings.kernelLog.status).toBe('failed');
  });

  test('an interval that ran backwards gives no rates', () => {
    const backwards = p04.replace('/proc/uptime:8624.64', '/proc/uptime:8600.00');
    expect(readValue(read(backwards), 'counters').second).toBeUndefined();
  });

  test('the size of a neighbour table is not multiplied by the processors', () => {
    const p14 = textOf('p14.txt');
    const entries = Number.parseInt(
      /ndisc_cache:([0-9a-f]{8}) /.exec(p14.slice(p14.lastIndexOf('@@snap')))?.[1] ?? '',
      16,
    );
    expect(readValue(read(p14), 'neighbours').ipv6).toBe(entries);
  });
});

describe('property: mangled transcripts', () => {
  const whole = transcripts.map(textOf);
  const mangled = fc
    .record({
      text: fc.constantFrom(...whole),
      edits: fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          length: fc.nat(400),
          put: fc.oneof(
            fc.constant(''),
            fc.string({ maxLength: 60 }),
            fc.constantFrom(
              '-1',
              'NaN',
              '1e999',
              '\n@@end\n',
              '\n@@snap 2\n',
              '99999999999999999999999',
              '\n@@states ss\n',
              '\u0000',
              ' ',
            ),
          ),
        }),
        { maxLength: 6 },
      ),
      keep: fc.double({ min: 0.02, max: 1, noNaN: true }),
    })
    .map(({ text, edits, keep }) => {
      let out = text;
      for (const { at, length, put } of edits) {
        const from = Math.floor(at * out.length);
        out = out.slice(0, from) + put + out.slice(from + length);
      }
      return out.slice(0, Math.ceil(out.length * keep));
    });

  test('never throw, give no number that is negative or none, and never a state list that does not add up', () => {
    fc.assert(
      fc.property(mangled, (text) => {
        const snapshot = read(text);
        expect(wrongNumbers(snapshot)).toEqual([]);
        expect(Object.keys(snapshot.readings).sort()).toEqual(Object.keys(PROBES).sort());
        for (const reading of Object.values(snapshot.readings))
          if (reading.status === 'failed') expect(reading.reason).not.toBe('');
        const { sockets } = snapshot.readings;
        if (sockets.status !== 'ok') return;
        // A list that is taken is one whose sum its own line of totals confirms.
        const { counts, unknown } = sockets.value;
        const sum = TCP_STATES.filter((state) => state !== 'TIME_WAIT').reduce(
          (total, state) => total + counts[state].total,
          0,
        );
        const rows = text
          .split('\n')
          .flatMap((line) => (/^E \d+ \d+ \d+ \d+ \d+\r?$/.test(line) ? [Number(line.trim().split(' ')[5])] : []));
        expect(rows).toContain(sum + Object.values(unknown).reduce((total, count) => total + count, 0));
      }),
      { numRuns: 300 },
    );
  });

  test('every prefix is read as cut off: nothing that its lines do not hold', () => {
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.double({ min: 0, max: 0.99, noNaN: true }), (text, share) => {
        const snapshot = read(text.slice(0, Math.floor(text.length * share)));
        const { counters, sockets } = snapshot.readings;
        if (counters.status === 'ok') expect(counters.value.second).toBeUndefined();
        if (sockets.status === 'ok') expect(sockets).toEqual(read(text).readings.sockets);
      }),
      { numRuns: 150 },
    );
  });

  test('noise is no transcript', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (text) => {
        const { readings } = read(text);
        for (const reading of Object.values(readings)) expect(reading.status).toBe('failed');
      }),
    );
  });
});
