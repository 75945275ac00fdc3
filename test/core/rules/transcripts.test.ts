/**
 * Recorded transcripts of real pathologies, and of healthy controls that look scary: exactly these findings, in this order,
 * nothing more and nothing less.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { diagnose, outcomeOf } from '../../../src/core/diagnose.js';
import type { Diagnosis, Finding } from '../../../src/core/finding.js';
import type { Rule } from '../../../src/core/rule.js';
import { parseTranscript } from '../../../src/core/transcript.js';
import { loadRules } from '../../../src/rules.js';

const folder = new URL('../../transcripts/', import.meta.url);

interface Expected {
  present: readonly string[];
  remedies?: readonly string[];
  subject?: string;
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  c01: { present: ['time-wait-harmless info'] },
  c02: { present: [] },
  'c04-shared': { present: [] },
  c05: { present: [] },
  c06: { present: [] },
  c07: { present: [] },
  p01: {
    present: ['ephemeral-exhaustion-tw crit'],
    subject: '10.77.0.2:8080',
    remedies: ['net.ipv4.tcp_tw_reuse 0 -> 1', 'net.ipv4.ip_local_port_range 40000 41999 -> 10240 65535'],
  },
  p02: { present: ['tw-bucket-overflow warn'], remedies: ['net.ipv4.tcp_max_tw_buckets 500 -> 262144'] },
  'p03-tw': { present: ['conntrack-full crit'], remedies: ['net.netfilter.nf_conntrack_max 1500 -> 262144'] },
  'p03-estab': { present: ['conntrack-full crit'], remedies: ['net.netfilter.nf_conntrack_max 1500 -> 262144'] },
  p04: { present: ['close-wait-leak crit'], subject: 'python3 (pid 17257)' },
  'p05-app': { present: ['accept-queue-overflow crit'], subject: 'port 8080' },
  'p05-somaxconn': {
    present: ['accept-queue-overflow crit'],
    subject: 'port 8080',
    remedies: ['net.core.somaxconn 16 -> 4096'],
  },
  p06: { present: ['syn-queue-overflow crit'], remedies: ['net.ipv4.tcp_syncookies 0 -> 1'] },
  'p06-msb': { present: ['syn-queue-overflow crit'], remedies: ['net.ipv4.tcp_syncookies 0 -> 1'] },
  'p07-vanish': { present: ['fin-wait1-stuck warn'], remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'] },
  'p07-zerowin': { present: ['fin-wait1-stuck warn'] },
  'p08-orphan': { present: ['fin-wait2-pile warn'], remedies: ['net.ipv4.tcp_fin_timeout 60 -> 15'] },
  'p08-half': { present: ['fin-wait2-owned warn'] },
  p10: { present: ['tcp-mem-pressure warn'] },
  p11: { present: ['retransmission warn'] },
  p12: { present: ['syn-sent-stuck crit'], subject: '10.77.0.2:5432' },
  p13: { present: ['fd-exhaustion crit', 'accept-queue-overflow crit'], subject: 'python3 (pid 19037)' },
  'p19-bind': {
    present: ['ephemeral-exhaustion-bind crit'],
    remedies: ['net.ipv4.ip_local_port_range 40000 40499 -> 10240 65535'],
  },
  'p19-bind-tw': {
    present: ['ephemeral-exhaustion-bind crit'],
    remedies: ['net.ipv4.ip_local_port_range 40000 40499 -> 10240 65535'],
  },
  p14: {
    present: ['neigh-overflow crit'],
    remedies: [
      'net.ipv6.neigh.default.gc_thresh3 1024 -> 8192',
      'net.ipv6.neigh.default.gc_thresh2 512 -> 4096',
      'net.ipv6.neigh.default.gc_thresh1 128 -> 2048',
    ],
  },
};

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const read = (name: string): Diagnosis => {
  const text = readFileSync(new URL(`${name}.txt`, folder), 'utf8');
  return diagnose({
    snapshot: parseTranscript(text, { host: name, measuredAt: '2026-11-22T12:00:00.000Z', tookMs: 2100 }),
    rules,
  });
};
const present = ({ findings }: Diagnosis): readonly Finding[] => findings.filter(({ status }) => status === 'present');

describe('recorded transcripts', () => {
  test('each has its expectation', () => {
    const names = readdirSync(folder)
      .filter((name) => /^[cp]\d\d.*\.txt$/.test(name))
      .map((name) => name.replace('.txt', ''));
    expect(Object.keys(EXPECTED).sort()).toEqual(names.sort());
  });

  test.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    const diagnosis = read(name);
    const found = present(diagnosis);
    expect(found.map(({ id, severity }) => `${id} ${severity}`)).toEqual(expected.present);
    expect(found.flatMap(({ remedies }) => remedies.map(({ key, from, to }) => `${key} ${from} -> ${to}`))).toEqual(
      expected.remedies ?? [],
    );
    expect(found[0]?.subject).toBe(expected.subject ?? found[0]?.subject);
    expect(outcomeOf(diagnosis)).toBe(
      expected.present.some((line) => !line.endsWith(' info')) ? 'something wrong' : 'nothing wrong',
    );
  });
});
