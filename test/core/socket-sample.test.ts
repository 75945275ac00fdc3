/** The filter that ss gets and the awk function that looks at /proc/net/tcp choose the same sockets, and as many ports as said. */
import { execFileSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleFunctions } from '../../src/core/socket-sample.js';
import { describeNeeding } from '../support/needs.js';

interface Setting {
  low: number;
  high: number;
  wide: number;
  peers: number;
  offset: number;
  listening: readonly number[];
}

type Pair = readonly [sport: number, dport: number];

/** @returns the filter's text, and for each pair whether awk would take it */
const asked = (setting: Setting, pairs: readonly Pair[]): { filter: string; taken: boolean[] } => {
  const program = `${sampleFunctions}
function row(a, b, c, d, e, f) {}
BEGIN {
  STEP = int((HI - LO + 1) / 16)
  for (i = split(LISTENING, a, " "); i >= 1; i--) lp[a[i]] = 1
  place()
  print expression()
}
{ print sampled($1 + 0, $2 + 0) ? 1 : 0 }`;
  const variables = {
    LO: setting.low,
    HI: setting.high,
    WIDE: setting.wide,
    PEERS: setting.peers,
    OFF: setting.offset,
    LISTENING: setting.listening.join(' '),
  };
  const [filter = '', ...rows] = execFileSync(
    'awk',
    [...Object.entries(variables).flatMap(([name, value]) => ['-v', `${name}=${value}`]), program],
    { input: pairs.map((pair) => `${pair.join(' ')}\n`).join(''), encoding: 'utf8' },
  )
    .trim()
    .split('\n');
  return { filter, taken: rows.map((row) => row === '1') };
};

/** ss's filter language (ss(8)) as far as it is used here, turned into a function of the two ports. */
const filterOf = (text: string): ((sport: number, dport: number) => boolean) => {
  if (!/^(?:\(|\)|and|or|[sd]port (?:<|<=|>|>=|=|!=) :\d+| )+$/.test(text)) throw new Error(`not a filter: ${text}`);
  const code = text
    .replaceAll(' = ', ' === ')
    .replaceAll(' != ', ' !== ')
    .replaceAll(':', '')
    .replaceAll(' and ', ' && ')
    .replaceAll(' or ', ' || ');
  return runInNewContext(`(sport, dport) => ${code}`) as (sport: number, dport: number) => boolean;
};

const EVERY_PORT = Array.from({ length: 65_536 }, (_, port) => port);

/** Ranges as kernels and people set them, and what the probe makes of large populations. */
const settings: fc.Arbitrary<Setting> = fc
  .record({
    range: fc.constantFrom([32_768, 60_999], [1024, 65_535], [10_240, 65_535], [40_001, 44_999]),
    wide: fc.constantFrom(8, 16, 64),
    peers: fc.constantFrom(4, 16),
    seed: fc.nat(65_535),
    listening: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { maxLength: 12 }),
  })
  .map(({ range: [low = 0, high = 0], wide, peers, seed, listening }) => ({
    ...{ low, high, wide, peers, listening },
    offset: seed % (Math.floor((high - low + 1) / 16) - wide),
  }));

describeNeeding(['linux'], 'the sample of a large population', () => {
  test('ss and awk choose the same sockets', () => {
    fc.assert(
      fc.property(settings, fc.infiniteStream(fc.nat(65_535)), (setting, random) => {
        const numbers = [...random.take(400)];
        const pairs: Pair[] = [
          ...EVERY_PORT.filter((port) => port % 3 === 0).map((port): Pair => [port, 443]),
          ...EVERY_PORT.filter((port) => port % 3 === 0).map((port): Pair => [80, port]),
          ...setting.listening.flatMap((port) => numbers.slice(0, 50).map((other): Pair => [port, other])),
          ...numbers.slice(1).map((port, index): Pair => [port, numbers[index] ?? 0]),
        ];
        const { filter, taken } = asked(setting, pairs);
        const chosen = filterOf(filter);
        const different = pairs.find(([sport, dport], index) => chosen(sport, dport) !== taken[index]);
        expect(different).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  test('16 × WIDE ports are looked at on either side, spread over the range, and no port that is listened on', () => {
    fc.assert(
      fc.property(settings, (setting) => {
        const chosen = filterOf(asked(setting, []).filter);
        // As many as 12 listening ports leave room for windows in any of these ranges.
        const opened = EVERY_PORT.filter((port) => chosen(port, 1));
        const came = EVERY_PORT.filter((port) => chosen(setting.low - 1, port));
        expect(opened).toHaveLength(16 * setting.wide);
        expect(came).toHaveLength(16 * setting.wide);
        expect(setting.listening.filter((port) => opened.includes(port))).toEqual([]);
        const quarter = (setting.high - setting.low + 1) / 4;
        for (const ports of [opened, came])
          for (const number of [0, 1, 2, 3])
            expect(
              ports.filter((port) => Math.floor((port - setting.low) / quarter) === number).length,
            ).toBeGreaterThanOrEqual(3 * setting.wide);
      }),
      { numRuns: 40 },
    );
  });
});
