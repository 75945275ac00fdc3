/** The way out and the memory: upstreams, loss, timestamps, pressure, settings that harm. */
import { beforeAll, describe, test } from '@jest/globals';
import type { Rule } from '../../../../src/core/rule.js';
import { loadRules } from '../../../../src/rules.js';
import { machine, recorded, type Transcript } from '../../../support/transcript-editor.js';
import { examine, type Question } from './exam.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const trying = (count: number, repeated: number): Transcript =>
  machine()
    .sockets({ populations: [{ state: 'SYN-SENT', count, to: '10.0.0.9:5432', sendQueue: 1 }] })
    .counters({ 'TcpExt.TCPSynRetrans': repeated, 'Tcp.RetransSegs': 20 + repeated });

const upstreams: readonly Question[] = [
  { name: '19 SYN_SENT', given: () => trying(19, 40) },
  {
    name: '20 SYN_SENT',
    given: () => trying(20, 40),
    finds: ['syn-sent-stuck warn'],
    says: ['10.0.0.9:5432'],
    avoids: ['tcp_syn_retries'],
  },
  { name: '99 SYN_SENT', given: () => trying(99, 40), finds: ['syn-sent-stuck warn'] },
  { name: '100 SYN_SENT', given: () => trying(100, 40), finds: ['syn-sent-stuck crit'] },
  { name: '200 SYN_SENT that are all answered', given: () => trying(200, 1) },
  { name: 'a dead upstream is no loss', given: () => trying(161, 4000), finds: ['syn-sent-stuck crit'] },
];

/** Segments sent, and sent again, in the interval. */
const resending = (sent: number, again: number): Transcript =>
  machine().counters({ 'Tcp.OutSegs': sent, 'Tcp.RetransSegs': again });

const loss: readonly Question[] = [
  { name: '1.99 %', given: () => resending(10_000, 199) },
  {
    name: '2 %',
    given: () => resending(10_000, 200),
    finds: ['retransmission warn'],
    avoids: ['tcp_tw_reuse', 'tcp_retries2'],
    says: ['ethtool -S'],
  },
  { name: '4.99 %', given: () => resending(10_000, 499), finds: ['retransmission warn'] },
  { name: '5 %', given: () => resending(10_000, 500), finds: ['retransmission crit'] },
  { name: '50 % of 99 segments a second', given: () => resending(198, 99) },
  { name: '50 % of 101 segments a second', given: () => resending(208, 104), finds: ['retransmission crit'] },
  {
    name: 'SYNs taken out',
    given: () => resending(10_000, 500).counters({ 'TcpExt.TCPSynRetrans': 301 }),
  },
  {
    name: 'old loss, none now',
    given: () => machine().counter('Tcp.RetransSegs', { from: 9_000_000, rise: 0 }),
  },
];

const PAWS = (counter: string, rise: number): Transcript => machine().counters({ [`TcpExt.${counter}`]: rise });

const timestamps: readonly Question[] = [
  { name: 'PAWSEstab 0.49/s', given: () => PAWS('PAWSEstab', 49).interval(100) },
  {
    name: 'PAWSEstab 0.5/s',
    given: () => PAWS('PAWSEstab', 50).interval(100),
    finds: ['paws-drops warn'],
    avoids: ['tcp_timestamps=0', 'tcp_tw_recycle'],
  },
  { name: 'PAWSTimewait 0.5/s', given: () => PAWS('PAWSTimewait', 50).interval(100), finds: ['paws-drops warn'] },
  { name: 'PAWSActive 0.5/s', given: () => PAWS('PAWSActive', 50).interval(100), finds: ['paws-drops warn'] },
  {
    name: 'three names together',
    given: () =>
      machine().interval(100).counters({ 'TcpExt.PAWSEstab': 20, 'TcpExt.PAWSTimewait': 20, 'TcpExt.PAWSActive': 10 }),
    finds: ['paws-drops warn'],
  },
  {
    name: '3.10 with tcp_tw_recycle: the setting is the cause',
    given: () =>
      machine()
        .meta({ kernel: '3.10.0-1160.el7.x86_64' })
        .withoutCounters('TcpExt.PAWSTimewait')
        .sysctls({ 'ipv4/tcp_tw_recycle': 1, 'ipv4/tcp_tw_reuse': 1 })
        .counters({ 'TcpExt.PAWSPassive': 40 }),
    finds: ['tw-recycle-on crit', 'paws-drops warn <- tw-recycle-on'],
    remedies: ['net.ipv4.tcp_tw_recycle 1 -> 0'],
  },
  {
    name: '5.4: rejects in TIME_WAIT count as PAWSEstab',
    given: () => PAWS('PAWSEstab', 50).interval(100).meta({ kernel: '5.4.286' }).withoutCounters('TcpExt.PAWSTimewait'),
    finds: ['paws-drops warn'],
    says: ['do not close first'],
  },
  {
    name: '3.10: tcp_tw_recycle is on and nobody has noticed',
    given: () =>
      machine()
        .meta({ kernel: '3.10.0-1160.el7.x86_64' })
        .sysctls({ 'ipv4/tcp_tw_recycle': 1, 'ipv4/tcp_tw_reuse': 0 })
        .counters({ 'TcpExt.PAWSPassive': 0 }),
    finds: ['tw-recycle-on warn'],
    remedies: ['net.ipv4.tcp_tw_recycle 1 -> 0'],
  },
];

const memory: readonly Question[] = [
  { name: 'just below the pressure line', given: () => machine().sockstat({ mem: 253_999 }) },
  {
    name: 'at the pressure line',
    given: () => machine().sockstat({ mem: 254_000 }),
    finds: ['tcp-mem-pressure warn'],
    remedies: ['net.ipv4.tcp_mem 190000 254000 380000 -> 285000 381000 570000'],
    avoids: ['tcp_rmem'],
  },
  {
    name: 'at 90 % of the maximum',
    given: () => machine().sockstat({ mem: 342_000 }).pressed(342_000, true),
    finds: ['tcp-mem-pressure crit'],
    remedies: ['net.ipv4.tcp_mem 190000 254000 380000 -> 285000 381000 570000'],
  },
  {
    name: 'press=yes alone, inside a namespace',
    given: () => recorded('c06').pressed(20_000, true),
    finds: ['tcp-mem-pressure warn'],
    says: ['belongs to the machine'],
  },
  {
    name: 'went in and out of pressure in the interval',
    given: () => machine().counters({ 'TcpExt.TCPMemoryPressures': 1 }),
    finds: ['tcp-mem-pressure warn'],
    remedies: ['net.ipv4.tcp_mem 190000 254000 380000 -> 285000 381000 570000'],
  },
  {
    name: 'no memory left to give: half a GiB',
    given: () =>
      machine().meta({ memoryMebibytes: 512 }).sysctl('ipv4/tcp_mem', '16384\t24576\t32768').sockstat({ mem: 24_600 }),
    finds: ['tcp-mem-pressure warn'],
    says: ['more than a quarter of the memory'],
  },
];

describe.each([
  ['upstreams', upstreams],
  ['loss', loss],
  ['timestamps', timestamps],
  ['memory', memory],
])('%s', (_, questions) => {
  test.each(questions)('$name', (question) => examine(question, rules));
});
