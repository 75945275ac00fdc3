/** Any one line of a transcript may be lost: that never makes up trouble, and a sick host never becomes a healthy one. */
import { beforeAll, expect, test } from '@jest/globals';
import { diagnose, outcomeOf } from '../../../../src/core/diagnose.js';
import type { Rule } from '../../../../src/core/rule.js';
import { parseTranscript } from '../../../../src/core/transcript.js';
import { loadRules } from '../../../../src/rules.js';
import { machine, recorded } from '../../../support/transcript-editor.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const judge = (text: string): { wrong: readonly string[]; outcome: string } => {
  const snapshot = parseTranscript(text, { host: 'exam', measuredAt: '2026-11-22T12:00:00.000Z', tookMs: 0 });
  const diagnosis = diagnose({ snapshot, rules });
  const wrong = diagnosis.findings.filter(({ status, severity }) => status === 'present' && severity !== 'info');
  return { wrong: wrong.map(({ id }) => id).sort(), outcome: outcomeOf(diagnosis) };
};

/** Lines that no rule looks at. */
const UNREAD =
  /^\/proc\/net\/(snmp:(?!Tcp:)|netstat:(?!TcpExt:)|protocols:(?!protocol|TCP )|sockstat:(?!TCP:)|sockstat6|softnet_stat)|^\[/;

test.each([
  ['a healthy machine', machine],
  ...['p01', 'p03-tw', 'p04', 'p08-orphan', 'p13', 'p14'].map((name) => [name, () => recorded(name)] as const),
])('%s', (_, given) => {
  const lines = given().text().split('\n');
  const whole = judge(lines.join('\n'));
  for (const [index, line] of lines.entries()) {
    if (UNREAD.test(line)) continue;
    // which destinations there are only these lines tell; many small ones have none
    if (line.startsWith('G ')) continue;
    const less = judge(lines.toSpliced(index, 1).join('\n'));
    const made = less.wrong.filter((id) => !whole.wrong.includes(id));
    expect([line.slice(0, 60), made]).toEqual([line.slice(0, 60), []]);
    if (whole.outcome === 'something wrong')
      expect([line.slice(0, 60), less.outcome]).not.toEqual([line.slice(0, 60), 'nothing wrong']);
  }
});
