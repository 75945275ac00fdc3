/** Listening, accepting, closing: piles and queues at and beside their thresholds. */
import { beforeAll, describe, test } from '@jest/globals';
import type { Rule } from '../../../../src/core/rule.js';
import { loadRules } from '../../../../src/rules.js';
import {
  type ListeningPort,
  machine,
  type Population,
  recorded,
  type Transcript,
} from '../../../support/transcript-editor.js';
import { examine, type Question } from './exam.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

/** CLOSE_WAIT on port 8080, with their ages. */
const closing = (
  count: number,
  idle5s: number,
  owners: readonly string[] = [`${count} "java",pid=700`, '0 unattributed'],
): Transcript =>
  machine()
    .sockets({ listeners: [{ port: 8080 }], populations: [{ state: 'CLOSE-WAIT', count, on: 8080, receiveQueue: 1 }] })
    .closeWait({ looked: Math.min(count, 600), idle5s }, owners);

const closeWait: readonly Question[] = [
  { name: '49, all old', given: () => closing(49, 49) },
  {
    name: '50, 30 % of them old',
    given: () => closing(50, 15),
    finds: ['close-wait-leak warn'],
    says: ['java (pid 700)'],
    avoids: ['tcp_keepalive', 'tcp_fin_timeout', 'ss -K'],
  },
  { name: '50, 28 % of them old', given: () => closing(50, 14) },
  { name: '499', given: () => closing(499, 499), finds: ['close-wait-leak warn'] },
  { name: '500', given: () => closing(500, 500), finds: ['close-wait-leak crit'] },
  { name: '151 that come and go', given: () => closing(151, 0) },
  {
    name: 'growing',
    given: () => closing(200, 200).counter('Tcp.CurrEstab', { from: 150, rise: 50 }),
    finds: ['close-wait-leak crit'],
  },
  {
    name: 'as nobody in particular: by the port',
    given: () => closing(80, 80, ['80 unattributed']).meta({ uid: 1000 }),
    finds: ['close-wait-leak warn'],
    says: ['port 8080'],
  },
  {
    name: '129 in the accept queue of a process that does nothing: no leak',
    given: () =>
      machine()
        .sockets({
          listeners: [{ port: 8080, waiting: 129, limit: 128 }],
          populations: [{ state: 'CLOSE-WAIT', count: 129, on: 8080, receiveQueue: 1 }],
        })
        .closeWait({ looked: 129, idle5s: 129 }, ['129 unattributed'])
        .processes('700 java fds=40 soft=1024')
        .counters({ 'TcpExt.ListenOverflows': 40, 'TcpExt.ListenDrops': 40 }),
    finds: ['accept-queue-overflow crit'],
  },
  {
    name: 'a leak on one port while another port’s queue is full, seen without root',
    given: () =>
      machine()
        .meta({ uid: 1000 })
        .sockets({
          listeners: [{ port: 80, waiting: 129, limit: 128 }, { port: 8080 }],
          populations: [{ state: 'CLOSE-WAIT', count: 90, on: 8080, receiveQueue: 1 }],
        })
        .closeWait({ looked: 90, idle5s: 90 }, ['90 unattributed'])
        .counters({ 'TcpExt.ListenOverflows': 40, 'TcpExt.ListenDrops': 40 }),
    finds: ['accept-queue-overflow crit', 'close-wait-leak warn'],
  },
  {
    name: 'a leak of connections that we opened',
    given: () =>
      machine()
        .sockets({ populations: [{ state: 'CLOSE-WAIT', count: 120, to: '10.0.0.9:3306', receiveQueue: 1 }] })
        .closeWait({ looked: 120, idle5s: 120 }, ['120 "php-fpm",pid=44', '0 unattributed']),
    finds: ['close-wait-leak warn'],
    says: ['php-fpm (pid 44)'],
  },
  {
    name: 'without ss: the same sockets at both ends of the interval',
    given: () =>
      machine()
        .sockets({
          proc: true,
          listeners: [{ port: 8080 }],
          populations: [{ state: 'CLOSE-WAIT', count: 200, on: 8080 }],
        })
        .section('closewait_persist', ['n1=200 n2=200 same=200']),
    finds: ['close-wait-leak warn'],
  },
  {
    name: 'without ss: others each time',
    given: () =>
      machine()
        .sockets({
          proc: true,
          listeners: [{ port: 8080 }],
          populations: [{ state: 'CLOSE-WAIT', count: 151, on: 8080 }],
        })
        .section('closewait_persist', ['n1=151 n2=150 same=3']),
  },
];

const listening = (port: Partial<ListeningPort>, overflows: number): Transcript =>
  machine()
    .sockets({
      listeners: [
        { port: 22, limit: 128 },
        { port: 8080, ...port },
      ],
      populations: [{ state: 'ESTAB', count: 300, on: 8080 }],
    })
    .counters({ 'TcpExt.ListenOverflows': overflows, 'TcpExt.ListenDrops': overflows });

const accept: readonly Question[] = [
  {
    name: '3,797 overflows since boot, none now',
    given: () =>
      machine()
        .counter('TcpExt.ListenOverflows', { from: 3797, rise: 0 })
        .counter('TcpExt.ListenDrops', { from: 3797, rise: 0 })
        .log('[ 100.000000] TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies.'),
  },
  {
    name: 'the queue is at somaxconn',
    given: () => listening({ waiting: 129, limit: 128 }, 80).sysctl('core/somaxconn', 128),
    finds: ['accept-queue-overflow crit'],
    remedies: ['net.core.somaxconn 128 -> 4096'],
    says: ['restart or reload'],
    avoids: ['somaxconn higher without restarting', 'tcp_max_syn_backlog', 'tcp_syncookies', 'tcp_abort_on_overflow'],
  },
  {
    name: 'the application asked for less than somaxconn',
    given: () => listening({ waiting: 129, limit: 128 }, 80),
    finds: ['accept-queue-overflow crit'],
    avoids: ['net.core.somaxconn higher'],
    says: ['listen() asks for 128'],
  },
  {
    name: 'somaxconn is large enough already',
    given: () => listening({ waiting: 4097, limit: 4096 }, 80),
    finds: ['accept-queue-overflow crit'],
  },
  {
    name: 'two overflows in 2 s, no queue full when looked at',
    given: () => listening({}, 2),
    finds: ['accept-queue-overflow warn'],
  },
  {
    name: 'full, nothing dropped',
    given: () => listening({ waiting: 128, limit: 128 }, 0),
    finds: ['accept-queue-overflow warn'],
  },
  { name: 'half full', given: () => listening({ waiting: 64, limit: 128 }, 0) },
  { name: 'a listener that takes nobody in advance', given: () => listening({ waiting: 0, limit: 0 }, 0) },
  {
    name: 'cookies sent because of it are no flood',
    given: () => listening({ waiting: 129, limit: 128 }, 80).counters({ 'TcpExt.TCPReqQFullDoCookies': 198 }),
    finds: ['accept-queue-overflow crit'],
  },
  {
    name: 'without ss: overflows tell',
    given: () =>
      machine()
        .sockets({ proc: true, listeners: [{ port: 80, waiting: 129 }] })
        .counters({ 'TcpExt.ListenOverflows': 80, 'TcpExt.ListenDrops': 80 }),
    finds: ['accept-queue-overflow crit'],
  },
];

const HALF_OPEN = (count: number, on = 80): Population => ({ state: 'SYN-RECV', count, on });

const synQueue: readonly Question[] = [
  {
    name: 'cookies off, the queue drops',
    given: () =>
      machine()
        .sysctl('ipv4/tcp_syncookies', 0)
        .sockets({ listeners: [{ port: 80, limit: 128 }], populations: [HALF_OPEN(129)] })
        .counters({ 'TcpExt.TCPReqQFullDrop': 2900, 'TcpExt.ListenDrops': 2900 }),
    finds: ['syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
    avoids: ['tcp_max_syn_backlog'],
  },
  {
    name: 'cookies off, tcp_max_syn_backlog is the limit: only ListenDrops rises',
    given: () =>
      machine()
        .sysctls({ 'ipv4/tcp_syncookies': 0, 'ipv4/tcp_max_syn_backlog': 256 })
        .sockets({ listeners: [{ port: 80, limit: 1024 }], populations: [HALF_OPEN(193)] })
        .counters({ 'TcpExt.ListenDrops': 2900 }),
    finds: ['syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
  },
  {
    name: 'cookies off, 69 % of the limit',
    given: () =>
      machine()
        .sysctls({ 'ipv4/tcp_syncookies': 0, 'ipv4/tcp_max_syn_backlog': 1000 })
        .sockets({ listeners: [{ port: 80 }], populations: [HALF_OPEN(699)] })
        .counters({ 'TcpExt.ListenDrops': 3 }),
  },
  {
    name: 'cookies on: absorbed',
    given: () =>
      machine()
        .sockets({ listeners: [{ port: 80, limit: 128 }], populations: [HALF_OPEN(129)] })
        .counters({ 'TcpExt.TCPReqQFullDoCookies': 3000, 'TcpExt.SyncookiesSent': 3000 }),
    notes: ['syn-flood-absorbed'],
  },
  {
    name: 'cookies to everybody',
    given: () =>
      machine()
        .sysctl('ipv4/tcp_syncookies', 2)
        .counters({ 'TcpExt.TCPReqQFullDoCookies': 3000, 'TcpExt.SyncookiesSent': 3000 }),
  },
  {
    name: '3.10: the queue is the smaller of two limits, as the next power of two',
    given: () =>
      machine()
        .meta({ kernel: '3.10.0-1160.el7.x86_64' })
        .sysctls({ 'ipv4/tcp_syncookies': 0, 'ipv4/tcp_tw_recycle': 0, 'ipv4/tcp_tw_reuse': 0 })
        .sockets({ listeners: [{ port: 80, limit: 128 }], populations: [HALF_OPEN(200)] })
        .counters({ 'TcpExt.ListenDrops': 900 }),
    finds: ['syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
  },
  {
    name: 'cookies off, a flood on one port while the application of another does not accept',
    given: () =>
      machine()
        .sysctl('ipv4/tcp_syncookies', 0)
        .sockets({
          listeners: [
            { port: 80, limit: 128 },
            { port: 8080, waiting: 17, limit: 16 },
          ],
          populations: [HALF_OPEN(129)],
        })
        .counters({ 'TcpExt.TCPReqQFullDrop': 2900, 'TcpExt.ListenDrops': 2990, 'TcpExt.ListenOverflows': 90 }),
    finds: ['accept-queue-overflow crit', 'syn-queue-overflow crit'],
    remedies: ['net.ipv4.tcp_syncookies 0 -> 1'],
  },
];

const pile = (...populations: readonly Population[]): Transcript => machine().sockets({ populations });

const goodbyes: readonly Question[] = [
  { name: 'FIN_WAIT2: 499 orphans', given: () => pile({ state: 'FIN-WAIT-2', count: 499, on: 80, timer: 'timewait' }) },
  {
    name: 'FIN_WAIT2: 500 orphans',
    given: () => pile({ state: 'FIN-WAIT-2', count: 500, on: 80, timer: 'timewait' }),
    finds: ['fin-wait2-pile warn'],
    remedies: ['net.ipv4.tcp_fin_timeout 60 -> 15'],
  },
  {
    name: 'FIN_WAIT2: the timeout is short already',
    given: () =>
      pile({ state: 'FIN-WAIT-2', count: 900, on: 80, timer: 'timewait' }).sysctl('ipv4/tcp_fin_timeout', 15),
    finds: ['fin-wait2-pile warn'],
    says: ['nothing left to gain'],
  },
  { name: 'FIN_WAIT2: 99 that a process keeps', given: () => pile({ state: 'FIN-WAIT-2', count: 99, on: 80 }) },
  {
    name: 'FIN_WAIT2: 100 that a process keeps',
    given: () => pile({ state: 'FIN-WAIT-2', count: 100, on: 80 }),
    finds: ['fin-wait2-owned warn'],
    avoids: ['tcp_fin_timeout'],
  },
  {
    name: 'FIN_WAIT2: both',
    given: () =>
      pile(
        { state: 'FIN-WAIT-2', count: 100, on: 80, timer: 'keepalive' },
        { state: 'FIN-WAIT-2', count: 600, on: 80, timer: 'timewait' },
      ),
    finds: ['fin-wait2-pile warn', 'fin-wait2-owned warn'],
    remedies: ['net.ipv4.tcp_fin_timeout 60 -> 15'],
  },
  { name: 'FIN_WAIT1: 99', given: () => pile({ state: 'FIN-WAIT-1', count: 99, on: 80, timer: 'on', retries: true }) },
  {
    name: 'FIN_WAIT1: 100 without an answer',
    given: () => pile({ state: 'FIN-WAIT-1', count: 100, on: 80, timer: 'on', retries: true, sendQueue: 40_000 }),
    finds: ['fin-wait1-stuck warn'],
    remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'],
    avoids: ['tcp_fin_timeout'],
  },
  {
    name: 'FIN_WAIT1: 100 with a closed window',
    given: () =>
      pile({ state: 'FIN-WAIT-1', count: 100, on: 80, timer: 'persist', sendQueue: 40_000 }).counters({
        'TcpExt.TCPWinProbe': 60,
      }),
    finds: ['fin-wait1-stuck warn'],
    avoids: ['tcp_orphan_retries'],
    says: ['TCP_USER_TIMEOUT'],
  },
  {
    name: 'FIN_WAIT1: 100 on their first try: nobody knows yet',
    given: () => pile({ state: 'FIN-WAIT-1', count: 100, on: 80, timer: 'on', sendQueue: 40_000 }),
    finds: ['fin-wait1-stuck warn'],
    says: ['do not tell'],
    never: ['the peers are alive', 'vanished'],
  },
  {
    name: 'LAST_ACK: 99',
    given: () => pile({ state: 'LAST-ACK', count: 99, on: 80, timer: 'on', retries: true }),
  },
  {
    name: 'LAST_ACK: 100',
    given: () => pile({ state: 'LAST-ACK', count: 100, on: 80, timer: 'on', retries: true }),
    finds: ['last-ack-stuck warn'],
    remedies: ['net.ipv4.tcp_orphan_retries 0 -> 2'],
  },
  {
    name: 'LAST_ACK: few retries already',
    given: () =>
      pile({ state: 'LAST-ACK', count: 100, on: 80, timer: 'on', retries: true }).sysctl('ipv4/tcp_orphan_retries', 2),
    finds: ['last-ack-stuck warn'],
  },
  { name: 'orphans at 24.9 %', given: () => machine().sysctl('ipv4/tcp_max_orphans', 8192).sockstat({ orphan: 2047 }) },
  {
    name: 'orphans at 25 %',
    given: () => machine().sysctl('ipv4/tcp_max_orphans', 8192).sockstat({ orphan: 2048 }),
    finds: ['orphan-pressure warn'],
    avoids: ['tcp_max_orphans lower'],
  },
  {
    name: 'orphans are reset',
    given: () =>
      machine()
        .sysctl('ipv4/tcp_max_orphans', 8192)
        .sockstat({ orphan: 8192 })
        .counters({ 'TcpExt.TCPAbortOnMemory': 213 }),
    finds: ['orphan-pressure crit'],
    remedies: ['net.ipv4.tcp_max_orphans 8192 -> 16384'],
  },
  {
    name: 'orphans of other namespaces',
    given: () => recorded('c06').sockstat({ orphan: 300 }),
    open: ['orphan-pressure'],
  },
];

describe.each([
  ['CLOSE_WAIT', closeWait],
  ['accept queues', accept],
  ['SYN queues', synQueue],
  ['goodbyes', goodbyes],
])('%s', (_, questions) => {
  test.each(questions)('$name', (question) => examine(question, rules));
});
