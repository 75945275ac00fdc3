/** Connection tracking, neighbours, descriptors, TIME_WAIT buckets: what has a limit, at and beside its thresholds. */
import { beforeAll, describe, test } from '@jest/globals';
import type { Rule } from '../../../../src/core/rule.js';
import { loadRules } from '../../../../src/rules.js';
import { machine, recorded } from '../../../support/transcript-editor.js';
import { examine, type Question } from './exam.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const MAX = 'net.netfilter.nf_conntrack_max';

const conntrack: readonly Question[] = [
  { name: '79.9 %', given: () => machine().conntrack({ count: 7999, max: 10_000 }) },
  {
    name: '80 %',
    given: () => machine().conntrack({ count: 8000, max: 10_000 }),
    finds: ['conntrack-near-full warn'],
    remedies: [`${MAX} 10000 -> 262144`],
    avoids: ['tcp_tw_recycle'],
  },
  {
    name: '94.99 %',
    given: () => machine().conntrack({ count: 9499, max: 10_000 }),
    finds: ['conntrack-near-full warn'],
    remedies: [`${MAX} 10000 -> 262144`],
  },
  {
    name: '95 %',
    given: () => machine().conntrack({ count: 9500, max: 10_000 }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 10000 -> 262144`],
    avoids: ['tcp_fin_timeout', 'nf_conntrack_tcp_timeout_established', 'nf_conntrack_max back below'],
  },
  {
    name: 'drops at 60 %: 4 x count, not 4 x max',
    given: () => machine().conntrack({ count: 120_000, max: 200_000, dropped: [10, 3] }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 200000 -> 524288`],
  },
  {
    name: 'drops at 10 %: more room is no remedy',
    given: () => machine().conntrack({ count: 30_000, max: 300_000, dropped: [10, 3] }),
    finds: ['conntrack-full crit'],
    never: ['as large as memory allows'],
  },
  {
    name: 'evictions alone',
    given: () => machine().conntrack({ count: 180_000, max: 200_000, evicted: [0, 1] }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 200000 -> 1048576`],
  },
  {
    name: 'dropped millions, none now',
    given: () => machine().conntrack({ count: 500, max: 10_000, dropped: [9_999_999, 0], evicted: [4_000_000, 0] }),
  },
  {
    name: 'a kernel that prints fewer columns',
    given: () =>
      machine()
        .conntrack({ count: 9000, max: 10_000 })
        .table('/proc/net/stat/nf_conntrack', { entries: 9000, found: 0, drop: [5, 0] }),
    finds: ['conntrack-near-full warn'],
    remedies: [`${MAX} 10000 -> 262144`],
  },
  {
    name: 'a kernel without the statistics file',
    given: () => machine().conntrack({ count: 9600, max: 10_000 }).file('/proc/net/stat/nf_conntrack', undefined),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 10000 -> 262144`],
  },
  {
    name: 'a small machine: 5 % of 512 MiB at 320 bytes',
    given: () => machine().meta({ memoryMebibytes: 512 }).conntrack({ count: 32_000, max: 32_768, buckets: 8192 }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 32768 -> 65536`, 'net.netfilter.nf_conntrack_buckets 8192 -> 16384'],
  },
  {
    name: 'as large as memory allows',
    given: () =>
      machine()
        .meta({ memoryMebibytes: 512 })
        .conntrack({ count: 65_536, max: 65_536, buckets: 65_536, dropped: [0, 400] }),
    finds: ['conntrack-full crit'],
    says: ['as large as memory allows'],
  },
  {
    name: 'few buckets for the larger table',
    given: () => machine().conntrack({ count: 65_536, max: 65_536, buckets: 16_384, dropped: [0, 424] }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 65536 -> 262144`, 'net.netfilter.nf_conntrack_buckets 16384 -> 65536'],
  },
  {
    name: 'closed flows fill it, and a shorter time holds them all',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'TIME-WAIT', count: 18_888, on: 80 }] })
        .counters({ 'TcpExt.TW': 630 })
        .conntrack({ count: 32_768, max: 32_768, dropped: [0, 100] })
        .meta({ memoryMebibytes: 16_384 }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 32768 -> 262144`, 'net.netfilter.nf_conntrack_tcp_timeout_time_wait 120 -> 30'],
    says: ['18,888 connections in TIME_WAIT'],
  },
  {
    name: 'closed flows arrive too fast for a shorter time',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'TIME-WAIT', count: 1499, on: 80 }] })
        .counters({ 'TcpExt.TW': 50 })
        .conntrack({ count: 1500, max: 1500, dropped: [0, 800] }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 1500 -> 262144`],
  },
  {
    name: 'seen from inside a container: set it on the machine',
    given: () => recorded('c06').conntrack({ count: 10_000, max: 10_000, dropped: [0, 50] }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 10000 -> 262144`],
    says: ['set it on the machine itself'],
  },
  {
    name: 'a 2.6 kernel with the old names',
    given: () =>
      machine()
        .meta({ kernel: '2.6.32-642.el6.x86_64' })
        .withoutCounters(
          'TcpExt.TCPTimeWaitOverflow',
          'TcpExt.TCPReqQFullDrop',
          'TcpExt.TCPReqQFullDoCookies',
          'TcpExt.TCPSynRetrans',
          'TcpExt.PAWSTimewait',
        )
        .sysctls({
          'netfilter/nf_conntrack_max': undefined,
          'netfilter/nf_conntrack_buckets': undefined,
          'ipv4/tcp_tw_recycle': 0,
          'ipv4/tcp_tw_reuse': 0,
          'ipv4/tcp_tw_reuse_delay': undefined,
        })
        .sysctls({ 'ipv4/netfilter/ip_conntrack_max': 65_536, 'ipv4/ip_conntrack_max': 65_536 })
        .file('/proc/sys/net/netfilter/nf_conntrack_count', undefined)
        .file('/proc/net/stat/nf_conntrack', undefined)
        .file('/proc/sys/net/ipv4/netfilter/ip_conntrack_count', ['65530'])
        .table('/proc/net/stat/ip_conntrack', { entries: 65_530, drop: [0, 500], early_drop: [0, 4] }),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 65536 -> 262144`],
  },
  {
    name: 'no connection tracking at all',
    given: () =>
      machine()
        .file('/proc/sys/net/netfilter/nf_conntrack_count', undefined)
        .file('/proc/net/stat/nf_conntrack', undefined)
        .sysctls({ 'netfilter/nf_conntrack_max': undefined, 'netfilter/nf_conntrack_buckets': undefined }),
    open: ['conntrack-full', 'conntrack-near-full'],
  },
  { name: 'a maximum of 0 is none', given: () => machine().conntrack({ count: 900_000, max: 0 }) },
  {
    name: 'another threshold',
    given: () => machine().conntrack({ count: 9000, max: 10_000 }),
    thresholds: { CONNTRACK_FULL_RATIO: 0.9 },
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 10000 -> 262144`],
  },
];

const THRESH = (family: string, level: number): string => `net.${family}.neigh.default.gc_thresh${level}`;

const neighbours: readonly Question[] = [
  {
    name: 'IPv4 at 94.9 %',
    given: () => machine().table('/proc/net/stat/arp_cache', { entries: 972, table_fulls: [5000, 0] }),
  },
  {
    name: 'IPv4 at 95 %',
    given: () => machine().table('/proc/net/stat/arp_cache', { entries: 973, table_fulls: [0, 0] }),
    finds: ['neigh-overflow crit'],
    remedies: [
      `${THRESH('ipv4', 3)} 1024 -> 4096`,
      `${THRESH('ipv4', 2)} 512 -> 2048`,
      `${THRESH('ipv4', 1)} 128 -> 1024`,
    ],
  },
  {
    name: 'overflows of IPv6 only',
    given: () => machine().table('/proc/net/stat/ndisc_cache', { entries: 1024, table_fulls: [100, 31] }),
    finds: ['neigh-overflow crit'],
    remedies: [
      `${THRESH('ipv6', 3)} 1024 -> 4096`,
      `${THRESH('ipv6', 2)} 512 -> 2048`,
      `${THRESH('ipv6', 1)} 128 -> 1024`,
    ],
  },
  { name: 'inside a namespace', given: () => recorded('c06'), open: ['neigh-overflow'] },
];

const descriptors: readonly Question[] = [
  { name: '94.9 % of a process', given: () => machine().processes('900 nginx fds=972 soft=1024') },
  {
    name: '95 % of a process',
    given: () => machine().processes('900 nginx fds=973 soft=1024'),
    finds: ['fd-exhaustion crit'],
    avoids: ['somaxconn', 'fs.file-max'],
  },
  { name: 'the machine at 89.9 %', given: () => machine().file('/proc/sys/fs/file-nr', ['89900\t0\t100000']) },
  {
    name: 'the machine at 90 %',
    given: () => machine().file('/proc/sys/fs/file-nr', ['90000\t0\t100000']),
    finds: ['fd-exhaustion crit'],
    says: ['fs.file-max'],
    never: ['fs.file-max higher'],
  },
  { name: 'no limit on the process', given: () => machine().processes('900 nginx fds=972000 soft=unlimited') },
];

const buckets: readonly Question[] = [
  {
    name: 'overflowing: twice a minute of closes',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'TIME-WAIT', count: 131_072, on: 80 }] })
        .counters({ 'TcpExt.TCPTimeWaitOverflow': 4000, 'TcpExt.TW': 4400 }),
    finds: ['tw-bucket-overflow warn'],
    remedies: ['net.ipv4.tcp_max_tw_buckets 131072 -> 524288'],
    avoids: ['tcp_max_tw_buckets lower'],
  },
  {
    name: 'overflowed for days, not now',
    given: () => machine().counter('TcpExt.TCPTimeWaitOverflow', { from: 5_000_000, rise: 0 }),
  },
  {
    name: 'a small machine: 5 % of 512 MiB at 256 bytes',
    given: () =>
      machine()
        .meta({ memoryMebibytes: 512 })
        .sysctl('ipv4/tcp_max_tw_buckets', 16_384)
        .sockets({ populations: [{ state: 'TIME-WAIT', count: 16_384, on: 80 }] })
        .counters({ 'TcpExt.TCPTimeWaitOverflow': 10, 'TcpExt.TW': 500 }),
    finds: ['tw-bucket-overflow warn'],
    remedies: ['net.ipv4.tcp_max_tw_buckets 16384 -> 65536'],
  },
  {
    name: '2.6.32 does not count it: the kernel log says it now',
    given: () =>
      machine()
        .meta({ kernel: '2.6.32-642.el6.x86_64' })
        .withoutCounters(
          'TcpExt.TCPTimeWaitOverflow',
          'TcpExt.TCPReqQFullDrop',
          'TcpExt.TCPReqQFullDoCookies',
          'TcpExt.TCPSynRetrans',
          'TcpExt.PAWSTimewait',
        )
        .sysctls({ 'ipv4/tcp_tw_recycle': 0, 'ipv4/tcp_tw_reuse': 0, 'ipv4/tcp_max_tw_buckets': 5000 })
        .sockets({ populations: [{ state: 'TIME-WAIT', count: 5000, on: 80 }] })
        .log('[ 8877.100000] TCP: time wait bucket table overflow'),
    finds: ['tw-bucket-overflow warn'],
    remedies: ['net.ipv4.tcp_max_tw_buckets 5000 -> 262144'],
  },
];

describe.each([
  ['connection tracking', conntrack],
  ['neighbours', neighbours],
  ['descriptors', descriptors],
  ['TIME_WAIT buckets', buckets],
])('%s', (_, questions) => {
  test.each(questions)('$name', (question) => examine(question, rules));
});
