import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type GateRequest, parseRequest, requestLine, setRequest } from '../../../src/core/gate/request.js';
import { canonicalPorts, kernelValue, wireValue } from '../../../src/core/gate/value.js';

const letters = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const id = letters('abcdefghijklmnopqrstuvwxyz0123456789', 8, 40);
const word = letters('abcdefghijklmnopqrstuvwxyz0123456789_', 1, 12);
const key = fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join('.'));
const number = fc.nat({ max: 999_999_999 });
const ports = fc
  .array(fc.tuple(fc.nat({ max: 65_535 }), fc.nat({ max: 3 })), { maxLength: 12 })
  .map(
    (ranges) => canonicalPorts(ranges.map(([low, more]) => `${low}-${Math.min(65_535, low + more)}`).join(',')) ?? '',
  );
const value = fc.oneof(
  number.map(String),
  fc.tuple(number, number).map(([a, b]) => `${a} ${b}`),
  ports,
);
const entry = fc.record({ key, from: value, to: value }).filter(({ from, to }) => from !== to);
const request: fc.Arbitrary<GateRequest> = fc.oneof(
  fc.record({
    verb: fc.constant('set' as const),
    id,
    ttlSeconds: fc.integer({ min: 30, max: 3600 }),
    notAfter: fc.record({ boot8: letters('0123456789abcdef', 8, 8), uptimeSeconds: number }),
    persistent: fc.boolean(),
    entries: fc.uniqueArray(entry, { selector: (one) => one.key, minLength: 1, maxLength: 8 }),
  }),
  fc.record({ verb: fc.constantFrom('confirm' as const, 'revert' as const, 'status' as const), id }),
  fc.record({ verb: fc.constant('get' as const), key }),
  fc.record({ verb: fc.constant('log' as const), lines: fc.integer({ min: 1, max: 200 }) }),
  fc.record({
    verb: fc.constantFrom('list' as const, 'version' as const, 'probe' as const, 'sysctls' as const),
  }),
);

describe('a request to the gate', () => {
  test('is one line that reads back as itself', () => {
    fc.assert(
      fc.property(request, (made) => {
        const line = requestLine(made);
        expect(line).toMatch(/^[a-z0-9._,: -]{4,2048}$/);
        expect(parseRequest(line)).toEqual(made);
      }),
      { numRuns: 1000 },
    );
  });

  test('is refused when a single character of it is anything else', () => {
    fc.assert(
      fc.property(
        request,
        fc.nat(),
        fc.constantFrom(...'\n\r\t\0;|&$`\'"\\/<>(){}*?[]~!#%^=+@A\u00e9'),
        (made, at, wrong) => {
          const line = requestLine(made);
          const place = at % (line.length + 1);
          expect(parseRequest(line.slice(0, place) + wrong + line.slice(place))).toBeUndefined();
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('can not be built from what the grammar has no words for', () => {
    const good = {
      id: 'change001',
      ttlSeconds: 600,
      notAfter: { boot8: '0123abcd', uptimeSeconds: 5000 },
      persistent: true,
      entries: [{ key: 'net.ipv4.tcp_fin_timeout', from: '60', to: '30' }],
    };
    expect(setRequest(good)).toBe('set change001 600 0123abcd.5000 persistent net.ipv4.tcp_fin_timeout:60:30');
    const one = good.entries[0];
    for (const wrong of [
      { id: 'Change001' },
      { id: 'change1' },
      { ttlSeconds: 29 },
      { ttlSeconds: 60.5 },
      { notAfter: { boot8: '0123abc', uptimeSeconds: 5000 } },
      { entries: [] },
      { entries: [one, one] },
      { entries: Array.from({ length: 9 }, (_, index) => ({ key: `net.k${index}`, from: '1', to: '2' })) },
      { entries: [{ key: 'net.ipv4.x/../y', from: '1', to: '2' }] },
      { entries: [{ key: 'net.ipv4.x', from: '1', to: '1' }] },
      { entries: [{ key: 'net.ipv4.x', from: '1', to: '02' }] },
      { entries: [{ key: 'net.ipv4.x', from: '1', to: '2:3' }] },
      { entries: [{ key: 'net.ipv4.x', from: '1', to: '2\nrevert change001' }] },
      {
        entries: [
          { key: 'net.ipv4.x', from: '', to: Array.from({ length: 200 }, (_, index) => 1000 + index * 2).join(',') },
        ],
      },
    ])
      expect(() => setRequest({ ...good, ...wrong } as typeof good)).toThrow(RangeError);
  });
});

describe('values on the wire', () => {
  test.each([
    ['60', '60'],
    ['32768\t60999', '32768_60999'],
    ['94  95000 190000', '94_95000_190000'],
    ['8080,9000-9010', '8080,9000-9010'],
    ['', 'none'],
  ])('%j is %s', (kernel, wire) => {
    expect(wireValue(kernel)).toBe(wire);
    expect(kernelValue(wire)).toBe(kernel.replace(/\s+/g, ' '));
  });

  test.each([
    ['', ''],
    ['9000-9010, 8080,8081', '8080-8081,9000-9010'],
    ['1-5,3-9,10', '1-10'],
    ['65535', '65535'],
    ['65536', undefined],
    ['9-5', undefined],
    ['80,,90', undefined],
    ['http', undefined],
  ])('ports %j are %s', (list, canonical) => {
    expect(canonicalPorts(list)).toBe(canonical);
  });
});
