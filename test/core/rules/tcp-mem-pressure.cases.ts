import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const pages = (memoryPages: number) =>
  snapshot().with({ readings: { sockstat: { inUse: 1, orphans: 0, tw: 0, allocated: 1, memoryPages } } });
const more = ['net.ipv4.tcp_mem 190000 254000 380000 -> 285000 381000 570000'];

export const cases: readonly Case[] = [
  { name: 'below the line', given: pages(253_999), expect: { status: 'absent' } },
  { name: 'at the line', given: pages(254_000), expect: { status: 'present', severity: 'warn', remedies: more } },
  { name: 'below critical', given: pages(341_999), expect: { status: 'present', severity: 'warn' } },
  { name: 'critical', given: pages(342_000), expect: { status: 'present', severity: 'crit' } },
  {
    name: 'the kernel says so',
    given: snapshot().with({ readings: { protocols: { memoryPages: 1, underPressure: true } } }),
    expect: { status: 'present' },
  },
  {
    name: 'it entered pressure',
    given: snapshot().with({ deltas: { 'TcpExt.TCPMemoryPressures': 1 } }),
    expect: { status: 'present', confidence: 'medium' },
  },
  {
    name: 'a quarter of the memory is the cap',
    given: pages(254_000).with({ facts: { memTotalBytes: 8 * 2 ** 30 } }),
    expect: { status: 'present', remedies: [], advises: 'quarter of the memory' },
  },
  {
    name: 'inside a container',
    given: snapshot()
      .inside()
      .with({ readings: { protocols: { memoryPages: 1, underPressure: true } } }),
    expect: { status: 'present', remedies: [], advises: 'belongs to the machine' },
  },
  { name: 'inside a container, no pressure', given: snapshot().inside(), expect: { status: 'absent' } },
  { name: 'not read', given: snapshot().failed('protocols'), expect: { status: 'inconclusive' } },
];
