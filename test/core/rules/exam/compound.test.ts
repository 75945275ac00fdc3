/** Two things wrong at once: the cause before what it explains, every remedy with its own trouble, no duplicate alarm. */
import { beforeAll, test } from '@jest/globals';
import type { Rule } from '../../../../src/core/rule.js';
import { loadRules } from '../../../../src/rules.js';
import { machine, recorded, type Transcript } from '../../../support/transcript-editor.js';
import { examine, type Question } from './exam.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const MAX = 'net.netfilter.nf_conntrack_max';

/** 392 leaked by a process that has no descriptor left, 129 behind it in the accept queue. */
const leakToQueue = (base: Transcript): Transcript =>
  base
    .sockets({
      listeners: [{ port: 8080, waiting: 129, limit: 128 }],
      populations: [
        { state: 'CLOSE-WAIT', count: 521, on: 8080, receiveQueue: 1 },
        { state: 'ESTAB', count: 8, on: 8080 },
      ],
    })
    .closeWait({ looked: 521, idle5s: 420 }, ['392 "python3",pid=700', '129 unattributed'])
    .processes('700 python3 fds=400 soft=400')
    .counters({ 'TcpExt.ListenOverflows': 120, 'TcpExt.ListenDrops': 120, 'TcpExt.TCPReqQFullDoCookies': 30 });

const CHAIN = [
  'close-wait-leak crit',
  'fd-exhaustion crit <- close-wait-leak',
  'accept-queue-overflow crit <- fd-exhaustion',
];

const questions: readonly Question[] = [
  {
    name: 'a leak takes the descriptors, the accept queue fills up',
    given: () => leakToQueue(recorded('c06')),
    finds: CHAIN,
    says: ['python3 (pid 700)'],
    never: ['net.core.somaxconn  '],
  },
  {
    name: 'the same without root: the descriptors cannot be counted',
    given: () =>
      leakToQueue(recorded('c06'))
        .meta({ uid: 1000 })
        .closeWait({ looked: 521, idle5s: 420 }, ['521 unattributed'])
        .processes(),
    finds: ['close-wait-leak crit', 'accept-queue-overflow crit <- close-wait-leak'],
    open: ['fd-exhaustion'],
  },
  {
    name: 'a leak in one service, a full queue in front of another',
    given: () =>
      machine()
        .sockets({
          listeners: [{ port: 80, waiting: 17, limit: 16 }, { port: 8080 }],
          populations: [
            { state: 'CLOSE-WAIT', count: 600, on: 8080, receiveQueue: 1 },
            { state: 'ESTAB', count: 60, on: 80 },
          ],
        })
        .closeWait({ looked: 600, idle5s: 600 }, ['600 "java",pid=700', '0 unattributed'])
        .processes('700 java fds=700 soft=65536', '800 nginx fds=90 soft=1024')
        .counters({ 'TcpExt.ListenOverflows': 120, 'TcpExt.ListenDrops': 120 }),
    finds: ['close-wait-leak crit', 'accept-queue-overflow crit'],
  },
  {
    name: 'descriptors of the machine used up by a leak',
    given: () => leakToQueue(machine()).file('/proc/sys/fs/file-nr', ['95000\t0\t100000']),
    finds: CHAIN,
  },
  {
    name: 'no port left, and the connection-tracking table full: both remedies, the table first',
    given: () =>
      recorded('c06')
        .sysctls({ 'ipv4/ip_local_port_range': '40000\t41999', 'ipv4/tcp_tw_reuse': 0 })
        .sockets({
          listeners: [{ port: 22 }],
          populations: [{ state: 'TIME-WAIT', count: 2000, to: '10.77.0.2:8080', from: '10.77.0.1' }],
        })
        .conntrack({ count: 2100, max: 2100, dropped: [5, 60] }),
    finds: ['conntrack-full crit', 'ephemeral-exhaustion-tw crit'],
    remedies: [
      `${MAX} 2100 -> 262144`,
      'net.ipv4.tcp_tw_reuse 0 -> 1',
      'net.ipv4.ip_local_port_range 40000 41999 -> 10240 65535',
    ],
  },
  {
    name: 'the table is full and 18,888 wait on the server side: the table alone',
    given: () =>
      machine()
        .sockets({
          listeners: [{ port: 22 }, { port: 80 }],
          populations: [
            { state: 'TIME-WAIT', count: 18_888, on: 80 },
            { state: 'ESTAB', count: 79, on: 80 },
            { state: 'CLOSE-WAIT', count: 3, on: 80 },
          ],
        })
        .counters({ 'TcpExt.TW': 630 })
        .conntrack({ count: 65_536, max: 65_536, dropped: [9, 424] })
        .log('[ 8870.100000] nf_conntrack: nf_conntrack: table full, dropping packet'),
    finds: ['conntrack-full crit'],
    remedies: [`${MAX} 65536 -> 262144`],
    avoids: ['tcp_syncookies=1, tcp_tw_reuse=1, tcp_tw_recycle=1, tcp_fin_timeout=30'],
  },
  {
    name: 'SYNs wait because the table drops them',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'SYN-SENT', count: 140, to: '10.0.0.9:443' }] })
        .counters({ 'TcpExt.TCPSynRetrans': 200, 'Tcp.RetransSegs': 220 })
        .conntrack({ count: 10_000, max: 10_000, dropped: [0, 400] }),
    finds: ['conntrack-full crit', 'syn-sent-stuck crit <- conntrack-full'],
    remedies: [`${MAX} 10000 -> 262144`],
  },
  {
    name: 'a dead upstream does not look like loss',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'SYN-SENT', count: 161, to: '10.0.0.9:5432' }] })
        .counters({ 'Tcp.OutSegs': 2000, 'TcpExt.TCPSynRetrans': 242, 'Tcp.RetransSegs': 244 }),
    finds: ['syn-sent-stuck crit'],
  },
  {
    name: 'a dead upstream and real loss',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'SYN-SENT', count: 161, to: '10.0.0.9:5432' }] })
        .counters({ 'Tcp.OutSegs': 10_000, 'TcpExt.TCPSynRetrans': 242, 'Tcp.RetransSegs': 842 }),
    finds: ['syn-sent-stuck crit', 'retransmission crit'],
  },
  {
    name: 'clients that do not read: what is sent again comes of them',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'FIN-WAIT-1', count: 300, on: 80, timer: 'persist', sendQueue: 43_000 }] })
        .counters({ 'Tcp.OutSegs': 1000, 'Tcp.RetransSegs': 60, 'TcpExt.TCPWinProbe': 180 }),
    finds: ['fin-wait1-stuck warn', 'retransmission warn <- fin-wait1-stuck'],
  },
  {
    name: 'a leak of sockets that we opened uses up the ports',
    given: () =>
      machine()
        .sysctl('ipv4/ip_local_port_range', '40000\t40999')
        .sockets({
          listeners: [{ port: 22 }],
          populations: [{ state: 'CLOSE-WAIT', count: 950, to: '10.0.0.9:3306', receiveQueue: 1 }],
        })
        .closeWait({ looked: 600, idle5s: 600 }, ['950 "php-fpm",pid=44', '0 unattributed']),
    finds: ['close-wait-leak crit', 'ephemeral-exhaustion-live crit <- close-wait-leak'],
    remedies: ['net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535'],
  },
  {
    name: 'vanished peers hold orphans up to the limit',
    given: () =>
      machine()
        .sysctl('ipv4/tcp_max_orphans', 256)
        .sockets({
          populations: [{ state: 'FIN-WAIT-1', count: 256, on: 80, timer: 'on', retries: true, sendQueue: 43_000 }],
        })
        .sockstat({ orphan: 256 })
        .counters({ 'TcpExt.TCPAbortOnMemory': 44 }),
    finds: ['fin-wait1-stuck warn', 'orphan-pressure crit <- fin-wait1-stuck'],
    remedies: [
      'net.ipv4.tcp_orphan_retries 0 -> 2',
      'net.ipv4.tcp_orphan_retries 0 -> 2',
      'net.ipv4.tcp_max_orphans 256 -> 512',
    ],
  },
  {
    name: 'neighbours and table: the table first',
    given: () =>
      machine()
        .table('/proc/net/stat/arp_cache', { entries: 1024, table_fulls: [0, 50] })
        .conntrack({ count: 10_000, max: 10_000, dropped: [0, 400] }),
    finds: ['conntrack-full crit', 'neigh-overflow crit'],
    remedies: [
      `${MAX} 10000 -> 262144`,
      'net.ipv4.neigh.default.gc_thresh3 1024 -> 4096',
      'net.ipv4.neigh.default.gc_thresh2 512 -> 2048',
      'net.ipv4.neigh.default.gc_thresh1 128 -> 1024',
    ],
  },
  {
    name: 'loss beside a full table is loss',
    given: () =>
      machine()
        .counters({ 'Tcp.OutSegs': 10_000, 'Tcp.RetransSegs': 800 })
        .conntrack({ count: 10_000, max: 10_000, dropped: [0, 400] }),
    finds: ['conntrack-full crit', 'retransmission crit'],
    remedies: [`${MAX} 10000 -> 262144`],
  },
  {
    name: 'orphaned FIN_WAIT2 overflow the limit on TIME_WAIT',
    given: () =>
      machine()
        .sysctl('ipv4/tcp_max_tw_buckets', 1800)
        .sockets({ populations: [{ state: 'FIN-WAIT-2', count: 1800, on: 80, timer: 'timewait' }] })
        .counters({ 'TcpExt.TCPTimeWaitOverflow': 60, 'TcpExt.TW': 60 }),
    finds: ['fin-wait2-pile warn', 'tw-bucket-overflow warn <- fin-wait2-pile'],
    remedies: ['net.ipv4.tcp_fin_timeout 60 -> 15', 'net.ipv4.tcp_max_tw_buckets 1800 -> 262144'],
  },
];

test.each(questions)('$name', (question) => examine(question, rules));
