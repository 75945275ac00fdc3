import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const orphans = (count: number) =>
  snapshot().with({
    readings: { sockstat: { inUse: 1, orphans: count, tw: 0, allocated: 1, memoryPages: 1 } },
    sysctls: { 'net.ipv4.tcp_max_orphans': '8192' },
  });

export const cases: readonly Case[] = [
  { name: 'just below', given: orphans(2047), expect: { status: 'absent' } },
  { name: 'a quarter', given: orphans(2048), expect: { status: 'present', severity: 'warn', remedies: [] } },
  {
    name: 'resets',
    given: orphans(8192).with({ rates: { 'TcpExt.TCPAbortOnMemory': 5 } }),
    expect: { status: 'present', severity: 'crit', remedies: ['net.ipv4.tcp_max_orphans 8192 -> 16384'] },
  },
  {
    name: 'more than memory allows',
    given: orphans(8192).with({ facts: { memTotalBytes: 2 ** 30 }, rates: { 'TcpExt.TCPAbortOnMemory': 5 } }),
    expect: { status: 'present', remedies: [] },
  },
  {
    name: 'peers that are gone',
    given: orphans(2048).with({
      counts: { LAST_ACK: 2048 },
      closing: [{ state: 'LAST_ACK', timer: 'on', unanswered: true, count: 2048 }],
    }),
    expect: { status: 'present', causedBy: ['last-ack-stuck'], remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'] },
  },
  {
    name: 'inside a container the limit is not seen',
    given: snapshot()
      .inside()
      .with({ readings: { sockstat: { inUse: 1, orphans: 300, tw: 0, allocated: 1, memoryPages: 1 } } }),
    expect: { status: 'inconclusive', gap: false },
  },
  {
    name: 'inside a container, resets',
    given: snapshot()
      .inside()
      .with({ rates: { 'TcpExt.TCPAbortOnMemory': 5 } }),
    expect: { status: 'present', severity: 'crit', remedies: [], advises: 'belongs to the machine' },
  },
  { name: 'no counters', given: orphans(1).failed('counters'), expect: { status: 'inconclusive', gap: true } },
];
