import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseAnswer, readChange, readList, readLog, readVersion } from '../../../src/core/gate/answer.js';
import { GATE_CODES } from '../../../src/core/gate/codes.js';
import { gateSource } from '../../../src/host/gate.js';

const applied = `id=change001
state=applied
mode=runtime
entry1=net.ipv4.tcp_fin_timeout:60:30
current1=30
entry2=net.ipv4.ip_local_reserved_ports:none:8080
current2=unreadable
entries=2
left=599
shadowed=0
end=ok
`;

describe('an answer of the gate', () => {
  test('is read with its values in the spelling of the kernel', () => {
    expect(readChange(parseAnswer(applied))).toEqual({
      id: 'change001',
      state: 'applied',
      persistent: false,
      entries: [
        { key: 'net.ipv4.tcp_fin_timeout', from: '60', to: '30', current: '30' },
        { key: 'net.ipv4.ip_local_reserved_ports', from: '', to: '8080' },
      ],
      leftSeconds: 599,
      held: [],
      replay: false,
      shadows: [],
      needsConntrackModule: false,
    });
  });

  test('cut anywhere it has no end: the outcome is unknown', () => {
    for (let length = 0; length < applied.length - 2; length += 1)
      expect([length, parseAnswer(applied.slice(0, length)).end]).toEqual([length, undefined]);
  });

  test.each([
    ['a name that comes twice', 'state=applied\nstate=reverted\nend=ok\n'],
    ['words after the end', 'state=applied\nend=ok\nstate=reverted\n'],
    ['two ends', 'end=ok\nend=ok\n'],
    ['a line that is none', 'hello\nend=ok\n'],
    ['other characters', 'state=\u001b[2J\nend=ok\n'],
    ['a carriage return', 'state=applied\r\nend=ok\r\n'],
    ['no code', 'end=\n'],
    ['a line without measure', `log1=${'x'.repeat(5000)}\nend=ok\n`],
  ])('%s spoils it', (_, text) => {
    expect(parseAnswer(text).end).toBeUndefined();
  });

  test('whatever a host prints, nothing throws and nothing is made up', () => {
    const line = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc
        .tuple(
          fc.constantFrom(
            'id',
            'state',
            'mode',
            'entry1',
            'current1',
            'entries',
            'held',
            'left',
            'change1',
            'open',
            'log1',
            'lines',
            'end',
          ),
          fc.oneof(
            fc.string({ maxLength: 30 }),
            fc.constantFrom('ok', 'applied', 'runtime', '1', 'net.a:1:2', '__proto__'),
          ),
        )
        .map(([name, value]) => `${name}=${value}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const answer = parseAnswer(lines.join('\n'));
        const change = readChange(answer);
        if (change !== undefined) expect(lines).toContain(`state=${change.state}`);
        readList(answer);
        readLog(answer);
        readVersion(answer);
      }),
      { numRuns: 2000 },
    );
  });

  test('every code that the gate can end with has its meaning, and no other', () => {
    const used = new Set(
      [
        ...gateSource()
          .replace(/(^|\s)#.*$/gm, '')
          .matchAll(/(?:\bend|\brefuse|\bgive_up) ([a-z][a-z-]+)/g),
      ].map(([, name]) => name ?? ''),
    );
    const words = new Set(Object.keys(GATE_CODES));
    expect([...used].filter((name) => !words.has(name))).toEqual([]);
    expect([...words].filter((name) => !used.has(name))).toEqual([]);
  });
});
