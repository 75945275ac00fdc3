/**
 * Every case of the lab, for real: its host is dialled while it is calm, the trouble begins, the real probe goes over that warm
 * connection, and the findings are these and no others. Then the old advice is tried, and then what the bot proposes.
 * TCPSTATES_LAB_CASES=a,b runs only these; TCPSTATES_RECORD=1 writes their transcripts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { diagnose, outcomeOf } from '../../src/core/diagnose.js';
import type { Diagnosis, Finding } from '../../src/core/finding.js';
import type { Host } from '../../src/core/inventory.js';
import { stateScript } from '../../src/core/probe-script.js';
import type { Script } from '../../src/core/script.js';
import type { Snapshot } from '../../src/core/snapshot.js';
import { sysctlScript } from '../../src/core/sysctl-script.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { RunningCase } from '../../src/lab/case.js';
import { LAB_CASES, type LabCase } from '../../src/lab/cases.js';
import type { Transport } from '../../src/ports/transport.js';
import { loadRules } from '../../src/rules.js';
import { createTransport } from '../../src/ssh/transport.js';
import { describeNeeding } from '../support/needs.js';
import { EXPECTED, type Expected, type Symptom } from './expected.js';
import { isReplayed, keep } from './recording.js';
import { sideBySide } from './side-by-side.js';

jest.setTimeout(900_000);

const PING: Script = { id: 'ping', text: 'echo @@end', closingLine: '@@end', expectedMs: 50 };
const CASE_SECONDS_MAX = 400;
const record = process.env['TCPSTATES_RECORD'] === '1';
const only = process.env['TCPSTATES_LAB_CASES']?.split(',');
const rules = await loadRules();
const lines: string[] = [];

const presentOf = ({ findings }: Diagnosis): readonly Finding[] =>
  findings.filter(({ status }) => status === 'present');
const idsOf = (diagnosis: Diagnosis): string[] => presentOf(diagnosis).map(({ id, severity }) => `${id} ${severity}`);
/** Of a case that is asked of the machine itself, its own listeners inside its port range are none of the case's business. */
const foundIn = (about: LabCase, diagnosis: Diagnosis): readonly Finding[] =>
  presentOf(diagnosis).filter(({ severity }) => about.place !== 'host' || severity !== 'info');

/** One case under way: its host, a connection that was warm before the trouble, the last measurement. */
class Trial {
  #previous: Snapshot | undefined;
  constructor(
    readonly about: LabCase,
    readonly expected: Expected,
    readonly running: RunningCase,
    readonly transport: Transport,
  ) {}

  async ask(script: Script): Promise<string> {
    const answer = await this.transport.ask(this.running.host, script);
    if (answer.status === 'failed') throw new Error(`${answer.failure.problem}: ${answer.failure.message}`);
    expect(answer.transcript.warm).toBe(true);
    return answer.transcript.text;
  }
  async measure(): Promise<{ diagnosis: Diagnosis; text: string }> {
    const text = await this.ask(stateScript());
    const snapshot = parseTranscript(text, {
      host: this.about.id,
      measuredAt: new Date().toISOString(),
      tookMs: 0,
    });
    const diagnosis = diagnose({
      snapshot,
      rules,
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
    });
    this.#previous = snapshot;
    return { diagnosis, text };
  }
  say(what: string, value: unknown): void {
    const line = `${this.about.id.padEnd(22)} ${what.padEnd(12)} ${typeof value === 'string' ? value : shortly(value)}`;
    lines.push(line);
    process.stderr.write(`${line}\n`);
  }
  async symptom(when: string): Promise<boolean> {
    const symptom = await this.running.symptom<Symptom>();
    this.say(when, symptom);
    return this.expected.hurts?.(symptom) ?? false;
  }
  /** What comes and goes (a full table that is swept now and then) is looked for a few times before it counts as absent. */
  async hurts(when: string, expected: boolean): Promise<boolean> {
    for (let looks = 1; ; looks += 1) {
      const hurts = await this.symptom(when);
      if (hurts || !expected || looks === 6) return hurts;
      await sleep(400);
    }
  }
  /** Until the symptom is gone and the finding with it, or at least no longer what it was. */
  async relieved(id: string, seconds: number, when: string): Promise<void> {
    const until = Date.now() + seconds * 1_000;
    for (;;) {
      const hurts = await this.symptom(when);
      const { diagnosis } = await this.measure();
      const left = presentOf(diagnosis).find((finding) => finding.id === id);
      const gone = !hurts && (left === undefined || left.severity === 'info');
      if (gone || Date.now() > until) {
        this.say('then', idsOf(diagnosis).join(', ') || 'nothing');
        expect({ hurts, left: left === undefined ? undefined : left.severity }).toEqual({
          hurts: false,
          left: left === undefined ? undefined : 'info',
        });
        return;
      }
      await sleep(1_000);
    }
  }
}

/** The numbers that matter of what a client printed. */
const shortly = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && 'tried' in part && 'ok' in part
      ? `${String(part.ok)}/${String(part.tried)}`
      : part,
  );

const pattern = (line: string): RegExp =>
  new RegExp(
    `^${line
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('\\d+')}$`,
  );

const beforeRemedies = async (trial: Trial): Promise<void> => {
  const { expected, running } = trial;
  if (expected.hurts === undefined) return;
  const sick = trial.about.healthy !== true;
  expect(await trial.hurts('before', sick)).toBe(sick);
  if (expected.warmOnly === true) {
    const fresh = createTransport({ hosts: [running.host], workerUrl });
    try {
      const answer = await fresh.ask(running.host, PING);
      trial.say('new ssh', answer.status === 'failed' ? answer.failure.problem : 'gets in');
      expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'connect-timed-out' } });
    } finally {
      await fresh.close(0);
    }
    await trial.ask(PING);
    trial.say('warm ssh', 'gets in');
  }
};

const ARTICLE = ['net.ipv4.tcp_syncookies', 'net.ipv4.tcp_tw_reuse', 'net.ipv4.tcp_fin_timeout'];

/** The four lines, and the values from before again. */
const oldAdvice = async (trial: Trial): Promise<void> => {
  const { expected, running } = trial;
  if (expected.article === undefined) return;
  const partly = expected.article.startsWith('nothing without');
  const before = new Map<string, string>();
  const paths = ARTICLE.map((key) => `/proc/sys/${key.replaceAll('.', '/')}`).join(' ');
  const values = await trial.ask({ ...PING, text: `cat ${paths}; echo @@end` });
  for (const [index, key] of ARTICLE.entries()) before.set(key, values.split('\n')[index] ?? '');
  const said = await running.article(partly ? ['net.ipv4.tcp_tw_reuse'] : []);
  expect(said).toContain('tcp_tw_recycle: No such file');
  await sleep(2_000);
  const stays = expected.article !== 'cures';
  expect(await trial.hurts('article', stays)).toBe(stays);
  for (const [key, value] of before) await running.set(key, value);
};

/** The first login, which stays: the SSH thread of a busy machine may take longer to start than a host has to answer. */
const hello = async (transport: Transport, host: Host): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    const answer = await transport.ask(host, PING);
    if (answer.status === 'ok') return;
    if (tries === 3) throw new Error(`${answer.failure.problem}: ${answer.failure.message}`);
  }
};

const runCase = async (about: LabCase): Promise<void> => {
  const expected = EXPECTED[about.id];
  if (expected === undefined) throw new Error('no expectation');
  const startedMs = Date.now();
  const running = await RunningCase.up(about, { secondsMax: CASE_SECONDS_MAX, owner: process.pid });
  const transport = createTransport({ hosts: [running.host], workerUrl });
  try {
    const trial = new Trial(about, expected, running, transport);
    await hello(transport, running.host);
    await running.start();
    const upMs = Date.now() - startedMs;
    const { diagnosis, text } = await trial.measure();
    const findings = foundIn(about, diagnosis);
    const found = findings.map(({ id, severity }) => `${id} ${severity}`);
    const remedies = findings.flatMap((finding) => finding.remedies);
    trial.say('finds', found.join(', ') || 'nothing');
    if (record) keep(about.id, text, isReplayed(about.id) ? await trial.ask(sysctlScript()) : undefined);
    const proposed = remedies.map(({ key, from, to }) => `${key} ${from} -> ${to}`);
    trial.say('proposes', proposed.join('; ') || 'nothing');
    expect(found).toEqual(expected.present);
    expect(proposed).toEqual((expected.remedies ?? []).map((line) => expect.stringMatching(pattern(line))));
    expect(outcomeOf(diagnosis)).toBe(about.healthy === true ? 'nothing wrong' : 'something wrong');

    await beforeRemedies(trial);
    await oldAdvice(trial);
    const first = findings[0]?.id ?? '';
    if (expected.curedWithinSeconds !== undefined) {
      for (const { key, to } of remedies) {
        await running.set(key, to);
        // One at a time: the first alone must do where only one finding asks for it.
        if (findings.length === 1 && about.place !== 'host') break;
      }
      if (expected.restart === true) {
        expect(await trial.symptom('no restart')).toBe(true);
        await running.cure();
      }
      await trial.relieved(first, expected.curedWithinSeconds, 'remedy');
    }
    if (expected.mendedWithinSeconds !== undefined) {
      await running.cure();
      await trial.relieved(first, expected.mendedWithinSeconds, 'mended');
    }
    trial.say('took', `${((Date.now() - startedMs) / 1_000).toFixed(1)} s, up after ${(upMs / 1_000).toFixed(1)} s`);
  } finally {
    await transport.close(0);
    await running.down();
  }
};

const workerUrl = new URL('../ssh/worker-from-source.mjs', import.meta.url);

describeNeeding(['linux', 'root', 'netns', 'sshd', 'ss', 'iptables', 'python3'], 'the lab', () => {
  afterAll(() => {
    process.stderr.write(`\n${lines.join('\n')}\n`);
  });

  test('every case has its expectation', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(LAB_CASES.map(({ id }) => id).sort());
  });

  const cases = LAB_CASES.filter(({ id }) => only === undefined || only.includes(id));
  const outcomes = new Map<string, Promise<void>>();
  beforeAll(() => {
    for (const [id, outcome] of sideBySide(cases, runCase)) outcomes.set(id, outcome);
  });
  test.each(cases.map((about) => [about.id, about] as const))('%s', async (id, about) => {
    const outcome = outcomes.get(id);
    outcomes.delete(id);
    // Who is tried once more is so after all the others.
    await (outcome ?? runCase(about));
  });
});
