/**
 * The one limit of the machine that must not be lowered under its use, on a real kernel: the count is per network namespace, and
 * the fullest of them decides, not the one that the gate lives in.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readChange } from '../../src/core/gate/answer.js';
import { Box } from '../host/support/box.js';
import { run, testGate } from '../host/support/test-gate.js';
import { describeNeeding } from '../support/needs.js';

jest.setTimeout(60_000);

const LIMIT = '/proc/sys/net/netfilter/nf_conntrack_max';
const KEY = 'net.netfilter.nf_conntrack_max';

describeNeeding(['linux', 'root', 'netns', 'iptables'], 'the conntrack limit of a machine', () => {
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'gate-conntrack-'));
  const gate = join(root, 'usr/local/libexec/tcpstates/gate');
  // Whoever else holds this limit changed on this machine waits.
  const lock = spawn('flock', [join(tmpdir(), 'conntrack.lock'), 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let box: Box;
  let original: string | undefined;

  beforeAll(async () => {
    await new Promise((resolve) => lock.stdout.once('data', resolve));
    box = await Box.start(false);
    await box.must('iptables -A OUTPUT -m conntrack --ctstate NEW -j ACCEPT');
    for (const folder of ['usr/local/libexec/tcpstates', 'etc/sysctl.d', 'run', 'var/lib'])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(gate, testGate('/bin/sh', { ROOT: root, TTL_MIN: '1' }));
    chmodSync(gate, 0o755);
    original = readFileSync(LIMIT, 'utf8').trim();
    writeFileSync(LIMIT, '2000');
  });
  afterAll(async () => {
    if (original !== undefined) writeFileSync(LIMIT, original);
    await box.end();
    rmSync(root, { recursive: true, force: true });
    lock.stdin.end();
  });

  const limit = (): string => readFileSync(LIMIT, 'utf8').trim();
  const ask = (request: string) => run(gate, [], `${request}\n`);

  test('is not lowered while a container uses more than 80 % of it, and is as soon as it does not', async () => {
    const at = `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)}.${Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])) + 100}`;
    expect((await ask(`set change001 60 ${at} runtime ${KEY}:2000:65536`)).end).toBe('ok');
    expect(limit()).toBe('65536');
    await box.run('bash', ['-c', 'for port in $(seq 2001 3700); do echo >/dev/udp/127.0.0.1/$port; done 2>/dev/null']);
    expect(Number(await box.value('net.netfilter.nf_conntrack_count'))).toBeGreaterThan(1600);

    const held = await ask('revert change001');
    expect([held.end, readChange(held)?.held]).toEqual(['held', [{ key: KEY, reason: 'in-use' }]]);
    await run(gate, ['reap']);
    expect(limit()).toBe('65536');

    await box.must('conntrack -F 2>/dev/null');
    await run(gate, ['reap']);
    expect(limit()).toBe('2000');
    expect((await ask('status change001')).fields['state']).toBe('reverted');
  });
});
