/** Who is on call: by shifts, by rotation, by a program that may fail. */
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { onCallAt, readShifts, watchOnCall } from '../../src/config/oncall.js';

const text = `
shifts:
  - {person: "T01:U0ADA", from: 2026-11-22T08:00:00Z, to: 2026-11-22T20:00:00Z}
rotation:
  people: ["T01:U0GRACE", "T01:U0LINUS"]
  from: 2026-11-02T09:00:00+01:00
  every: 7d
`;
const at = (iso: string) => onCallAt(readShifts(text, 'oncall.yml'), Date.parse(iso));
const written = (name: string, content: string, mode = 0o600): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'tcpstates-oncall-')), name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
};

describe('shifts and rotation', () => {
  test.each([
    ['2026-11-22T12:00:00Z', 'T01:U0ADA'],
    ['2026-11-22T20:00:00Z', 'T01:U0GRACE'],
    ['2026-11-02T08:00:00Z', 'T01:U0GRACE'],
    ['2026-11-09T08:00:00Z', 'T01:U0LINUS'],
    ['2026-11-01T08:00:00Z', undefined],
  ])('at %s: %s', (iso, person) => expect(at(iso)).toBe(person));

  test('a mistake is named with its line', () => {
    expect(() =>
      readShifts('rotation:\n  people: ["ada"]\n  from: 2026-11-02T09:00:00Z\n  every: 7d\n', 'oncall.yml'),
    ).toThrow(/oncall\.yml.*2.*T0123456:U0123456/s);
  });
});

describe('a program', () => {
  const ask = async (script: string) => {
    const problems: string[] = [];
    const file = written('oncall', `#!/bin/sh\n${script}\n`, 0o700);
    const onCall = await watchOnCall(
      file,
      () => 0,
      (problem) => problems.push(problem.message),
    );
    onCall.close();
    return { person: onCall.current(), problems };
  };
  test('prints who it is, or nobody', async () => {
    expect(await ask('echo T01:U0ADA; echo more')).toEqual({ person: 'T01:U0ADA', problems: [] });
    expect(await ask(':')).toEqual({ person: undefined, problems: [] });
  });
  test.each([
    ['echo "<!channel>"', /something else/],
    ['exit 3', /exit status 3/],
    ['yes T01:U0ADA', /too much/],
  ])('%s is nobody, and said in the log', async (script, problem) => {
    const { person, problems } = await ask(script);
    expect(person).toBeUndefined();
    expect(problems.join()).toMatch(problem);
  });
  test('gets none of our secrets', async () => {
    process.env['SLACK_BOT_TOKEN'] = 'T01:U0SECRET';
    try {
      expect((await ask('echo "$SLACK_BOT_TOKEN"')).person).toBeUndefined();
    } finally {
      delete process.env['SLACK_BOT_TOKEN'];
    }
  });
});
