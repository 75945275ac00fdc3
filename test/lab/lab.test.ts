/** The lab itself: its hosts read back from the inventory that it writes, are enrolled, are taken down whatever happens. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import { readInventory } from '../../src/config/inventory.js';
import { stateScript } from '../../src/core/probe-script.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { clearAbandoned, RunningCase, runningCases } from '../../src/lab/case.js';
import { type LabCase, labCase } from '../../src/lab/cases.js';
import { enrollment, inventoryText } from '../../src/lab/files.js';
import { createTransport } from '../../src/ssh/transport.js';
import { describeNeeding } from '../support/needs.js';
import { signalOne } from '../support/signal-one.js';

jest.setTimeout(120_000);

const workerUrl = new URL('../ssh/worker-from-source.mjs', import.meta.url);
const LIMIT = '/proc/sys/net/netfilter/nf_conntrack_max';
const limit = (): string => readFileSync(LIMIT, 'utf8').trim();
const known = (id: string): LabCase => {
  const found = labCase(id);
  if (found === undefined) throw new Error(`no case ${id}`);
  return found;
};
/** A minute from now, in the host's own words. */
const notAfter = (): string => {
  const boot8 = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return `${boot8}.${Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])) + 60}`;
};
const gone = async (folder: string): Promise<void> => {
  for (let waited = 0; waited < 200 && existsSync(folder); waited += 1) await sleep(100);
  expect(existsSync(folder)).toBe(false);
};

describeNeeding(['linux', 'root', 'netns', 'sshd', 'ss', 'sudo', 'iptables', 'python3'], 'the lab itself', () => {
  test('a host with the gate: measured and changed through it, in its namespace alone', async () => {
    const running = await RunningCase.up(known('time-wait-buckets'), {
      secondsMax: 120,
      owner: process.pid,
      enroll: await enrollment(),
    });
    // as the bot would read it
    const host = readInventory(inventoryText([running.host]), 'inventory.yml', '/').hosts.get('time-wait-buckets');
    if (host === undefined) throw new Error('the inventory lost its host');
    const { lab, ...expected } = running.host;
    expect([host, lab]).toEqual([expected, 'namespace']);
    const transport = createTransport({ hosts: [host], workerUrl });
    try {
      await running.start();
      const answer = await transport.ask(host, stateScript());
      if (answer.status === 'failed') throw new Error(answer.failure.message);
      const { readings } = parseTranscript(answer.transcript.text, { host: host.name, measuredAt: '', tookMs: 0 });
      // as an ordinary account
      expect(readings.facts.status === 'ok' ? readings.facts.value.uid : 0).toBeGreaterThan(0);

      const outside = readFileSync('/proc/sys/net/ipv4/tcp_max_tw_buckets', 'utf8');
      expect(await running.symptom()).not.toEqual({ overflows: 0 });
      const set = await transport.gate(
        host,
        `set labgate1 60 ${notAfter()} runtime net.ipv4.tcp_max_tw_buckets:500:262144`,
      );
      expect(set).toMatchObject({ status: 'answered', answer: { end: 'ok', fields: { state: 'applied' } } });
      expect(await running.symptom()).toEqual({ overflows: 0 });
      expect(await transport.gate(host, 'revert labgate1')).toMatchObject({ answer: { end: 'ok' } });
      expect(await running.symptom()).not.toEqual({ overflows: 0 });
      expect(readFileSync('/proc/sys/net/ipv4/tcp_max_tw_buckets', 'utf8')).toBe(outside);
    } finally {
      await transport.close(0);
      await running.down();
    }
    expect(existsSync(running.folder)).toBe(false);
    expect(existsSync('/usr/local/libexec/tcpstates')).toBe(false);
  });

  test('a limit of the machine that the gate of a host has changed is given back, timer or not', async () => {
    const before = limit();
    const running = await RunningCase.up(known('conntrack-full'), {
      secondsMax: 120,
      owner: process.pid,
      enroll: await enrollment(),
    });
    const transport = createTransport({ hosts: [running.host], workerUrl });
    try {
      const higher = `${Number(before) * 2}`;
      const set = await transport.gate(
        running.host,
        `set labgate2 600 ${notAfter()} runtime net.netfilter.nf_conntrack_max:${before}:${higher}`,
      );
      expect(set).toMatchObject({ status: 'answered', answer: { end: 'ok', fields: { state: 'applied' } } });
      expect(limit()).toBe(higher);
    } finally {
      await transport.close(0);
      await running.down();
    }
    expect(limit()).toBe(before);
  });

  test('a limit of the machine is given back when the owner dies', async () => {
    const before = limit();
    const owner = spawn('sleep', ['100'], { stdio: 'ignore' });
    const running = await RunningCase.up(known('conntrack-room'), { secondsMax: 120, owner: owner.pid ?? 0 });
    await running.start();
    expect(limit()).toBe('10000');
    owner.kill('SIGKILL');
    await gone(running.folder);
    expect(limit()).toBe(before);
  });

  test('and when even the guard is killed: by whoever looks next', async () => {
    const before = limit();
    const running = await RunningCase.up(known('conntrack-room'), { secondsMax: 120, owner: process.pid });
    await running.start();
    signalOne(Number(readFileSync(`${running.folder}/guard.pid`, 'utf8')), 'SIGKILL');
    await sleep(200);
    expect(limit()).toBe('10000');
    await clearAbandoned();
    expect([limit(), runningCases().includes('conntrack-room')]).toEqual([before, false]);
  });

  test('time is up: it is gone', async () => {
    const running = await RunningCase.up(known('idle'), { secondsMax: 3, owner: process.pid });
    await gone(running.folder);
  });

  test('one case is up once', async () => {
    const running = await RunningCase.up(known('idle'), { secondsMax: 60, owner: process.pid });
    try {
      await expect(RunningCase.up(known('idle'))).rejects.toThrow('idle is up already: npm run lab -- down idle');
    } finally {
      await running.down();
    }
  });
});
