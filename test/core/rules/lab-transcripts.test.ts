/** The lab's cases without the lab: what their hosts answered once gives the findings that they gave live. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { diagnose, outcomeOf } from '../../../src/core/diagnose.js';
import { parseSysctls } from '../../../src/core/sysctl-transcript.js';
import { parseTranscript } from '../../../src/core/transcript.js';
import { LAB_CASES } from '../../../src/lab/cases.js';
import { readRecording, recordedHosts, recordedSysctls, replayState } from '../../../src/lab/recordings.js';
import { loadRules } from '../../../src/rules.js';
import { EXPECTED } from '../../lab/expected.js';

const folder = new URL('../../transcripts/own/', import.meta.url);
const rules = await loadRules();

const judge = (text: string, host: string) =>
  diagnose({ snapshot: parseTranscript(text, { host, measuredAt: '2026-11-22T12:00:00.000Z', tookMs: 2_000 }), rules });
const presentIn = (diagnosis: ReturnType<typeof judge>, withInfo = true): string[] =>
  diagnosis.findings
    .filter(({ status, severity }) => status === 'present' && (withInfo || severity !== 'info'))
    .map(({ id, severity }) => `${id} ${severity}`);

describe('transcripts of the lab', () => {
  test('there is one of every case', () => {
    const names = readdirSync(folder).map((name) => name.replace('.txt', ''));
    expect(names.sort()).toEqual(LAB_CASES.map(({ id }) => id).sort());
  });

  test.each(LAB_CASES)('$id: $about', ({ id, place, healthy }) => {
    const text = readFileSync(new URL(`${id}.txt`, folder), 'utf8');
    const diagnosis = judge(text, id);
    expect(presentIn(diagnosis, place !== 'host')).toEqual(EXPECTED[id]?.present);
    expect(outcomeOf(diagnosis)).toBe(healthy === true ? 'nothing wrong' : 'something wrong');
  });

  test.each(readdirSync(folder))('%s says nothing of the machine that it was made on', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(text).toMatch(/ uname=Linux \d+\.\d+\.\d+-generic \S+ host=/);
  });
});

describe('recordings', () => {
  test.each(recordedHosts())('%s has something to say, and its sysctls', (host) => {
    const text = replayState(readRecording(host), host, 60);
    const diagnosis = judge(text, host);
    expect(diagnosis.host).toBe(host);
    expect(presentIn(diagnosis).length).toBeGreaterThan(0);
    const sysctls = recordedSysctls(host);
    expect(sysctls).not.toMatch(/tcp_fastopen_key|stable_secret:/);
    expect(Object.keys(parseSysctls(sysctls).values).length).toBeGreaterThan(300);
  });
});
