import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const old = (value: string, release = '3.10.0-1160.el7.x86_64') =>
  snapshot()
    .kernel(release)
    .with({ sysctls: { 'net.ipv4.tcp_tw_recycle': value } });
const offAgain = ['net.ipv4.tcp_tw_recycle 1 -> 0'];

export const cases: readonly Case[] = [
  { name: 'off', given: old('0'), expect: { status: 'absent' } },
  { name: 'on', given: old('1'), expect: { status: 'present', severity: 'warn', remedies: offAgain } },
  {
    name: 'on and dropping',
    given: old('1').with({ rates: { 'TcpExt.PAWSPassive': 2 } }),
    expect: { status: 'present', severity: 'crit' },
  },
  {
    name: 'on, with randomised timestamps',
    given: old('1', '4.11.0'),
    expect: { status: 'present', severity: 'crit' },
  },
  { name: 'a kernel that does not have it', given: snapshot(), expect: { status: 'absent' } },
  {
    name: 'an old kernel that printed nothing',
    given: snapshot().kernel('3.10.0'),
    expect: { status: 'inconclusive', gap: true },
  },
  { name: 'sysctls not read', given: snapshot().failed('sysctls'), expect: { status: 'inconclusive', gap: true } },
];
