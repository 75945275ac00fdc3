/** What was not read, what cannot be read there, and what other kernels do not count: never health, never a false alarm. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { diagnose, outcomeOf } from '../../../../src/core/diagnose.js';
import type { Rule } from '../../../../src/core/rule.js';
import { parseTranscript } from '../../../../src/core/transcript.js';
import { loadRules } from '../../../../src/rules.js';
import { machine, recorded, type Transcript } from '../../../support/transcript-editor.js';
import { examine, type Question } from './exam.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const RATES = [
  'accept-queue-overflow',
  'retransmission',
  'paws-drops',
  'tw-bucket-overflow',
  'syn-sent-stuck',
] as const;

const missing: readonly Question[] = [
  { name: 'nothing is missing', given: machine },
  { name: 'a namespace: host-wide settings are not seen', given: () => recorded('c06'), open: ['neigh-overflow'] },
  {
    name: 'no second snapshot: no rates',
    given: () => machine().without('snap 2'),
    open: [...RATES].filter((id) => id !== 'syn-sent-stuck'),
    outcome: 'could not judge',
  },
  {
    name: 'no second snapshot, huge counters: still nothing',
    given: () =>
      machine()
        .counter('TcpExt.ListenOverflows', { from: 90_000, rise: 0 })
        .counter('TcpExt.TCPTimeWaitOverflow', { from: 90_000, rise: 0 })
        .without('snap 2'),
    outcome: 'could not judge',
  },
  {
    name: 'no second snapshot: what needs no rate is found all the same',
    given: () => machine().conntrack({ count: 9990, max: 10_000 }).without('snap 2'),
    finds: ['conntrack-full crit'],
    remedies: ['net.netfilter.nf_conntrack_max 10000 -> 262144'],
  },
  { name: 'an interval of nothing', given: () => machine().interval(0), outcome: 'could not judge' },
  {
    name: 'an interval of half a second',
    given: () => machine().counters({ 'TcpExt.ListenOverflows': 1 }).interval(0.5),
    outcome: 'could not judge',
  },
  { name: 'a clock that ran backwards', given: () => machine().interval(-50), outcome: 'could not judge' },
  {
    name: 'counters that went backwards',
    given: () => machine().counter('TcpExt.ListenOverflows', { from: 5000, rise: -5000 }),
    open: ['accept-queue-overflow'],
    outcome: 'could not judge',
  },
  { name: 'cut off in the second snapshot', given: () => machine().without('end'), outcome: 'could not judge' },
  {
    name: 'no settings',
    given: () => machine().without('sysctl'),
    open: ['ephemeral-exhaustion-tw'],
    outcome: 'could not judge',
  },
  {
    name: 'no sockets',
    given: () => machine().without('states ss'),
    open: ['close-wait-leak', 'fd-exhaustion'],
    outcome: 'could not judge',
  },
  { name: 'no first line', given: () => machine().without('meta'), outcome: 'could not judge' },
  {
    name: '600 CLOSE_WAIT of which nobody tells the age',
    given: () => machine().sockets({ populations: [{ state: 'CLOSE-WAIT', count: 600, on: 80 }] }),
    open: ['close-wait-leak'],
    outcome: 'could not judge',
  },
  {
    name: 'no connection tracking here, and a full table in the log of another day',
    given: () =>
      recorded('c06')
        .file('/proc/sys/net/netfilter/nf_conntrack_count', undefined)
        .file('/proc/net/stat/nf_conntrack', undefined)
        .sysctls({ 'netfilter/nf_conntrack_max': undefined, 'netfilter/nf_conntrack_buckets': undefined })
        .log('[ 6157.182715] nf_conntrack: nf_conntrack: table full in netns 4026532390, dropping packet'),
    open: ['conntrack-full'],
  },
  {
    name: 'no connection tracking here, and a full table in the log just now',
    given: () =>
      recorded('c06')
        .file('/proc/sys/net/netfilter/nf_conntrack_count', undefined)
        .file('/proc/net/stat/nf_conntrack', undefined)
        .sysctls({ 'netfilter/nf_conntrack_max': undefined, 'netfilter/nf_conntrack_buckets': undefined })
        .log('[ 8877.182715] nf_conntrack: nf_conntrack: table full, dropping packet'),
    open: ['conntrack-full'],
    outcome: 'could not judge',
  },
  { name: 'no kernel log', given: () => machine().without('klog') },
  {
    name: 'no ss: nothing waits',
    given: () => machine().sockets({ proc: true, populations: [{ state: 'ESTAB', count: 200, on: 80 }] }),
  },
  {
    name: 'no ss: something waits, of an unknown limit',
    given: () => machine().sockets({ proc: true, listeners: [{ port: 80, waiting: 12 }] }),
    open: ['accept-queue-overflow'],
  },
  {
    name: 'no ss: TIME_WAIT are in the one list',
    given: () =>
      machine()
        .sysctl('ipv4/ip_local_port_range', '40000\t40999')
        .sockets({
          proc: true,
          listeners: [{ port: 22 }],
          populations: [{ state: 'TIME-WAIT', count: 950, to: '10.0.0.9:80' }],
        }),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: ['net.ipv4.tcp_tw_reuse 2 -> 1', 'net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535'],
  },
  {
    name: 'who holds TIME_WAIT was not told, and they may exhaust a destination',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'TIME-WAIT', count: 20_000, to: '10.0.0.9:80' }] })
        .without('timewait full'),
    open: ['ephemeral-exhaustion-tw', 'time-wait-harmless'],
    outcome: 'could not judge',
  },
];

const SINCE_3_10 = ['TCPTimeWaitOverflow', 'TCPReqQFullDrop', 'TCPReqQFullDoCookies', 'TCPSynRetrans'].map(
  (it) => `TcpExt.${it}`,
);
const OLD_SETTINGS = {
  'ipv4/tcp_tw_recycle': 0,
  'ipv4/tcp_tw_reuse': 0,
  'ipv4/tcp_tw_reuse_delay': undefined,
  'core/somaxconn': 128,
};

const rhel6 = (): Transcript =>
  machine()
    .meta({ kernel: '2.6.32-642.el6.x86_64' })
    .withoutCounters(...SINCE_3_10, 'TcpExt.PAWSTimewait', 'TcpExt.TCPWinProbe', 'TcpExt.TCPMemoryPressuresChrono')
    .sysctls(OLD_SETTINGS);
const rhel7 = (): Transcript =>
  machine()
    .meta({ kernel: '3.10.0-1160.el7.x86_64' })
    .withoutCounters('TcpExt.PAWSTimewait', 'TcpExt.TCPMemoryPressuresChrono', 'TcpExt.TCPWinProbe')
    .sysctls(OLD_SETTINGS)
    .counters({ 'TcpExt.PAWSPassive': 0 });
const rhel8 = (): Transcript =>
  machine()
    .meta({ kernel: '4.18.0-240.el8.x86_64' })
    .withoutCounters('TcpExt.PAWSTimewait')
    .sysctls({ 'ipv4/tcp_tw_reuse_delay': undefined, 'core/somaxconn': 128 });
const lts = (): Transcript =>
  machine()
    .meta({ kernel: '5.4.286' })
    .withoutCounters('TcpExt.PAWSTimewait')
    .sysctl('ipv4/tcp_tw_reuse_delay', undefined);

const kernels: readonly Question[] = [
  { name: '2.6.32, healthy', given: rhel6 },
  { name: '3.10, healthy', given: rhel7 },
  { name: '4.18, healthy', given: rhel8 },
  { name: '5.4, healthy', given: lts },
  {
    name: '2.6.32: a full accept queue',
    given: () =>
      rhel6()
        .sockets({ listeners: [{ port: 80, waiting: 129, limit: 128 }], populations: [] })
        .counters({ 'TcpExt.ListenOverflows': 50, 'TcpExt.ListenDrops': 50 }),
    finds: ['accept-queue-overflow crit'],
    remedies: ['net.core.somaxconn 128 -> 4096'],
  },
  {
    name: '2.6.32: loss, SYNs included',
    given: () => rhel6().counters({ 'Tcp.OutSegs': 10_000, 'Tcp.RetransSegs': 600 }),
    finds: ['retransmission crit'],
  },
  {
    name: '2.6.32: no port left; reuse is one value for the machine',
    given: () =>
      rhel6()
        .sysctl('ipv4/ip_local_port_range', '40000\t40999')
        .sockets({ listeners: [{ port: 22 }], populations: [{ state: 'TIME-WAIT', count: 950, to: '10.0.0.9:80' }] }),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: ['net.ipv4.tcp_tw_reuse 0 -> 1', 'net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535'],
    says: ['one value for the whole machine'],
  },
  {
    name: '3.10: SYN queue',
    given: () =>
      rhel7()
        .sysctl('ipv4/tcp_syncookies', 0)
        .sockets({ listeners: [{ port: 80, limit: 128 }], populations: [{ state: 'SYN-RECV', count: 256, on: 80 }] })
        .counters({ 'TcpExt.TCPReqQFullDrop': 900, 'TcpExt.ListenDrops': 900 }),
    finds: ['syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
  },
  {
    name: '3.10 in a container: the settings of the machine are not seen there',
    given: () =>
      Object.keys(OLD_SETTINGS).reduce(
        (it, path) => it.sysctl(path, undefined),
        recorded('c06')
          .meta({ kernel: '3.10.0-1160.el7.x86_64' })
          .section('sysctl', [
            'core/somaxconn:128',
            'netfilter/nf_conntrack_max:65536',
            'netfilter/nf_conntrack_buckets:16384',
          ]),
      ),
    open: ['ephemeral-exhaustion-tw', 'tw-recycle-on'],
  },
];

describe.each([
  ['readings', missing],
  ['kernels', kernels],
])('%s', (_, questions) => {
  test.each(questions)('$name', (question) => examine(question, rules));
});

test('whatever section is missing, nothing is found that was not there, and no host is called healthy without its evidence', () => {
  const whole = machine().text();
  const titles = [...whole.matchAll(/^@@(.*)$/gm)].map(([, title = '']) => title);
  for (const title of titles) {
    const snapshot = parseTranscript(machine().without(title).text(), {
      host: 'exam',
      measuredAt: '2026-11-22T12:00:00.000Z',
      tookMs: 0,
    });
    const diagnosis = diagnose({ snapshot, rules });
    expect(diagnosis.findings.filter(({ status, severity }) => status === 'present' && severity !== 'info')).toEqual(
      [],
    );
    expect([title, outcomeOf(diagnosis)]).toEqual([
      title,
      ['procs', 'klog'].includes(title) ? 'nothing wrong' : 'could not judge',
    ]);
  }
});
