/** The program as it is started: exit status, text, JSON, and errors that say what to do next. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildProgram } from '../../src/cli/main.js';
import { ID, MAKE } from '../../src/cli/text/templates.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const transcript = (name: string): string => join(root, 'test/transcripts', `${name}.txt`);
const folder = mkdtempSync(join(tmpdir(), 'tcpstates-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let out = '';
let err = '';
beforeEach(() => {
  out = '';
  err = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = 0;
});

/** Runs the program in process. @returns its exit status */
const run = async (...args: string[]): Promise<number> => {
  process.exitCode = 0;
  const exit = jest.spyOn(process, 'exit').mockImplementation((code) => {
    throw Object.assign(new Error('exit'), { code });
  });
  try {
    await buildProgram().parseAsync(['node', 'tcpstates', ...args]);
    return Number(process.exitCode);
  } catch (error) {
    if (error instanceof Error && error.message === 'exit') return Number((error as Error & { code?: number }).code);
    throw error;
  } finally {
    exit.mockRestore();
  }
};

describe('exit status', () => {
  test.each([
    ['c06', 0],
    ['c01', 0],
    ['p03-tw', 1],
    ['p02', 1],
  ])('%s: %d', async (name, status) => {
    expect(await run('diagnose', transcript(name))).toBe(status);
  });

  test('an empty transcript could not be judged', async () => {
    const file = join(folder, 'empty.txt');
    writeFileSync(file, '');
    expect(await run('diagnose', file)).toBe(2);
    expect(out).toContain('COULD NOT JUDGE');
    expect(err).toContain('probe-script');
  });

  test('without its second half a transcript is not healthy', async () => {
    const file = join(folder, 'half.txt');
    writeFileSync(file, readFileSync(transcript('c06'), 'utf8').replace(/@@snap 2[\s\S]*/, ''));
    expect(await run('diagnose', file)).toBe(2);
  });

  test.each([
    ['a file that is not there', ['diagnose', '/nowhere/at/all'], "can't be read"],
    ['an unknown rule', ['diagnose', '--why', 'nonsense', transcript('c06')], 'no rule is named nonsense'],
    [
      'an unknown threshold',
      ['diagnose', '--threshold', 'NO_SUCH=1', transcript('c06')],
      'no threshold is named NO_SUCH',
    ],
    ['a threshold that is none', ['diagnose', '--threshold', 'x', transcript('c06')], 'NAME=NUMBER'],
    ['an unknown option', ['diagnose', '--yaml'], 'unknown option'],
  ])('%s is 2, and says so', async (_, args, words) => {
    expect(await run(...args)).toBe(2);
    expect(err).toContain(words);
  });
});

describe('text', () => {
  test('verdict first, then Do, Then, Not; no colours without a terminal', async () => {
    await run('diagnose', '--host', 'web-1', transcript('p03-tw'));
    expect(out.split('\n')[0]).toMatch(/^CRITICAL {2}web-1: the connection-tracking table is full/);
    expect(out).toMatch(/Do {7}net\.netfilter\.nf_conntrack_max {2}1,500 -> 262,144/);
    expect(out).toMatch(/Not {6}/);
    expect(out).not.toContain('\u001b');
  });

  test('--why explains a rule that found nothing', async () => {
    expect(await run('diagnose', '--why', 'close-wait-leak', transcript('c07'))).toBe(0);
    expect(out).toContain('close-wait-leak: absent');
    expect(out).toContain('Decided by');
    expect(out).toContain('CLOSE_WAIT_IDLE_RATIO');
  });

  test('a host’s words move no cursor', async () => {
    const file = join(folder, 'hostile.txt');
    writeFileSync(file, readFileSync(transcript('p13'), 'utf8').replace(' python3 ', ' \u001b[2Jpy\u202e '));
    await run('diagnose', file);
    expect(out).not.toMatch(/[\u001b\u202e]/);
  });

  test('another threshold changes the judgement', async () => {
    expect(await run('diagnose', '--threshold', 'TIME_WAIT_MANY=3000', '--json', transcript('c05'))).toBe(0);
    expect(JSON.parse(out).findings[0]).toMatchObject({ id: 'time-wait-harmless', status: 'present' });
  });
});

test('--json is the published form', async () => {
  expect(await run('diagnose', '--json', transcript('p01'))).toBe(1);
  const whole = JSON.parse(out);
  expect(Object.keys(whole)).toEqual(['host', 'measuredAt', 'intervalSeconds', 'findings', 'checked', 'notChecked']);
  expect(whole.findings[0]).toMatchObject({
    id: 'ephemeral-exhaustion-tw',
    status: 'present',
    severity: 'crit',
    subject: '10.77.0.2:8080',
    remedies: [
      { key: 'net.ipv4.tcp_tw_reuse', from: '0', to: '1', scope: 'ns' },
      { key: 'net.ipv4.ip_local_port_range' },
    ],
  });
});

describe('probe-script', () => {
  test('prints the probe that sh can read', async () => {
    expect(await run('probe-script', '--interval', '5')).toBe(0);
    expect(spawnSync('sh', ['-n'], { input: out }).status).toBe(0);
    expect(out).toContain('INTERVAL:-5');
  });

  test('an interval that gives no rates is refused', async () => {
    expect(await run('probe-script', '--interval', '1')).not.toBe(0);
    expect(err).toContain('2 to 60');
  });
});

describe('the scaffold', () => {
  test('of a rule is a rule with its cases, under its own name', () => {
    const files = MAKE.rule('odd-thing');
    expect(files.map(({ path }) => path)).toEqual([
      'src/core/rules/odd-thing.ts',
      'test/core/rules/odd-thing.cases.ts',
    ]);
    for (const status of ['present', 'absent', 'inconclusive']) expect(files[1]?.text).toContain(`status: '${status}'`);
    expect(files[0]?.text).toContain("id: 'odd-thing'");
  });

  test.each(Object.entries(ID))('of a %s takes its own example for a name', (_, { form, example }) => {
    expect(form.test(example)).toBe(true);
    expect(form.test('../etc/passwd')).toBe(false);
  });
});
