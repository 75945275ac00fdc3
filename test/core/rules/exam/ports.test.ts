/** TIME_WAIT and local ports: harmless by the ten thousand, exhausted by the thousand. */
import { beforeAll, describe, test } from '@jest/globals';
import type { Rule } from '../../../../src/core/rule.js';
import { loadRules } from '../../../../src/rules.js';
import { machine, type Population, type Transcript } from '../../../support/transcript-editor.js';
import { examine, type Question } from './exam.js';

let rules: ReadonlyMap<string, Rule>;
beforeAll(async () => {
  rules = await loadRules();
});

const RANGE = 'net.ipv4.ip_local_port_range';
const REUSE = 'net.ipv4.tcp_tw_reuse';
const BACKEND = '10.0.0.9:5432';

/** A machine with this range of ports and these outgoing sockets. */
const client = (range: string, populations: readonly Population[], sampledPorts?: number): Transcript =>
  machine()
    .sysctl('ipv4/ip_local_port_range', range)
    .sockets({ listeners: [{ port: 22 }], populations, ...(sampledPorts !== undefined && { sampledPorts }) });

const waiting = (count: number, to = BACKEND): Population => ({ state: 'TIME-WAIT', count, to });
const open = (count: number, to = BACKEND): Population => ({ state: 'ESTAB', count, to });

/** 1,000 ports towards one destination. */
const thousand = (...populations: readonly Population[]): Transcript => client('40000\t40999', populations);
const WIDER = `${RANGE} 40000 40999 -> 10240 65535`;

const harmless: readonly Question[] = [
  {
    name: '26,000 on the server side',
    given: () =>
      machine().sockets({ populations: [{ state: 'TIME-WAIT', count: 26_000, on: 80 }], sampledPorts: 1024 }),
    notes: ['time-wait-harmless'],
    avoids: ['tcp_tw_reuse', 'tcp_fin_timeout', 'tcp_tw_recycle', 'tcp_max_tw_buckets'],
  },
  {
    name: '20,000 on the client side over 50 destinations',
    given: () =>
      client(
        '32768\t60999',
        Array.from({ length: 50 }, (_, index) => waiting(400, `10.0.1.${index + 1}:80`)),
      ),
    notes: ['time-wait-harmless'],
  },
  {
    name: '120,000 on the server side, looked at by 256 ports',
    given: () =>
      machine().sockets({ populations: [{ state: 'TIME-WAIT', count: 120_000, on: 80 }], sampledPorts: 256 }),
    notes: ['time-wait-harmless'],
  },
  { name: '4,999', given: () => machine().sockets({ populations: [{ state: 'TIME-WAIT', count: 4999, on: 80 }] }) },
];

const byTimeWait: readonly Question[] = [
  {
    name: '2,000 to one destination with 2,000 ports',
    given: () => client('40000\t41999', [waiting(2000)]).sysctl('ipv4/tcp_tw_reuse', 0),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [`${REUSE} 0 -> 1`, `${RANGE} 40000 41999 -> 10240 65535`],
    avoids: [
      'tcp_fin_timeout',
      'tcp_tw_recycle',
      'tcp_tw_reuse=2',
      'tcp_max_tw_buckets lower',
      'tcp_syncookies',
      'SO_LINGER',
    ],
  },
  { name: 'u = 0.699', given: () => thousand(waiting(699)) },
  {
    name: 'u = 0.7',
    given: () => thousand(waiting(700)),
    finds: ['ephemeral-exhaustion-tw warn'],
    remedies: [`${REUSE} 2 -> 1`, WIDER],
  },
  {
    name: 'u = 0.899',
    given: () => thousand(waiting(899)),
    finds: ['ephemeral-exhaustion-tw warn'],
    remedies: [`${REUSE} 2 -> 1`, WIDER],
  },
  {
    name: 'u = 0.9, both kinds together',
    given: () => thousand(waiting(500), open(400)),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [`${REUSE} 2 -> 1`, WIDER],
  },
  {
    name: 'reserved ports count as used up',
    given: () => thousand(waiting(640)).sysctl('ipv4/ip_local_reserved_ports', '40000-40099,8080'),
    finds: ['ephemeral-exhaustion-tw warn'],
    remedies: [`${REUSE} 2 -> 1`, WIDER],
  },
  {
    name: 'listening ports in the wider range are reserved first',
    given: () =>
      machine()
        .sysctl('ipv4/ip_local_port_range', '40000\t40999')
        .sockets({ listeners: [{ port: 22 }, { port: 11211 }, { port: 27017 }], populations: [waiting(1000)] }),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [`${REUSE} 2 -> 1`, 'net.ipv4.ip_local_reserved_ports  -> 11211,27017', WIDER],
  },
  {
    name: 'loopback with tcp_tw_reuse=2 reuses already',
    given: () => thousand({ state: 'TIME-WAIT', count: 950, to: '127.0.0.1:6379', from: '127.0.0.1' }),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [WIDER],
  },
  {
    name: 'timestamps are off: reuse cannot help',
    given: () => thousand(waiting(1000)).sysctl('ipv4/tcp_timestamps', 0),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [WIDER],
    says: ['tcp_timestamps is 0'],
  },
  {
    name: 'reuse is on and takes ports over: nothing is lacking',
    given: () => thousand(waiting(1000)).sysctl('ipv4/tcp_tw_reuse', 1).counters({ 'TcpExt.TWRecycled': 120 }),
  },
  {
    name: 'reuse is on and nothing is taken over',
    given: () => thousand(waiting(1000)).sysctl('ipv4/tcp_tw_reuse', 1),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [WIDER],
    says: ['tcp_tw_reuse is on already'],
  },
  {
    name: 'reuse is on, only after a minute',
    given: () => thousand(waiting(1000)).sysctls({ 'ipv4/tcp_tw_reuse': 1, 'ipv4/tcp_tw_reuse_delay': 60_000 }),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [WIDER],
    says: ['tcp_tw_reuse_delay', '60000 ms'],
  },
  {
    name: '50,000 sampled by 1,024 ports, one destination at 95 %',
    given: () => client('32768\t60999', [waiting(26_820), { state: 'TIME-WAIT', count: 23_000, on: 22 }], 1024),
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [`${REUSE} 2 -> 1`, `${RANGE} 32768 60999 -> 10240 65535`],
  },
  {
    name: 'a critical line below the warning line',
    given: () => thousand(waiting(600)),
    thresholds: { EPHEMERAL_CRIT_RATIO: 0.5 },
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [`${REUSE} 2 -> 1`, WIDER],
  },
  {
    name: 'another threshold',
    given: () => thousand(waiting(600)),
    thresholds: { EPHEMERAL_WARN_RATIO: 0.5, EPHEMERAL_CRIT_RATIO: 0.6 },
    finds: ['ephemeral-exhaustion-tw crit'],
    remedies: [`${REUSE} 2 -> 1`, WIDER],
  },
];

const byOthers: readonly Question[] = [
  {
    name: 'half of them open',
    given: () => thousand(waiting(400), open(400)),
    finds: ['ephemeral-exhaustion-live warn'],
    remedies: [WIDER],
    avoids: ['tcp_tw_reuse=1'],
  },
  {
    name: 'a pool that opens and never gives back',
    given: () => thousand(open(990)),
    finds: ['ephemeral-exhaustion-live crit'],
    remedies: [WIDER],
  },
  {
    name: 'bind before connect, open, over four destinations',
    given: () =>
      thousand(
        ...[0, 1, 2, 3].map((index) => ({
          ...open(235, `10.0.1.${index}:80`),
          firstPort: 40_000 + index * 240,
          portStep: 1,
        })),
      ),
    finds: ['ephemeral-exhaustion-bind crit'],
    remedies: [WIDER],
    avoids: ['tcp_tw_reuse=1'],
    says: ['IP_BIND_ADDRESS_NO_PORT'],
  },
  {
    name: 'bind before connect, all in TIME_WAIT',
    given: () =>
      thousand(
        ...[0, 1, 2, 3].map((index) => ({
          ...waiting(240, `10.0.1.${index}:80`),
          firstPort: 40_000 + index * 240,
          portStep: 1,
        })),
      ),
    finds: ['ephemeral-exhaustion-bind crit'],
    remedies: [WIDER],
  },
  {
    name: 'bind before connect, all in TIME_WAIT, on a host without ss',
    given: () =>
      machine()
        .sysctl('ipv4/ip_local_port_range', '40000\t40999')
        .sockets({
          proc: true,
          listeners: [{ port: 22 }],
          populations: [0, 1, 2, 3].map((index) => ({
            ...waiting(240, `10.0.1.${index}:80`),
            firstPort: 40_000 + index * 240,
            portStep: 1,
          })),
        }),
    finds: ['ephemeral-exhaustion-bind crit'],
    remedies: [WIDER],
  },
  {
    name: 'half the range in TIME_WAIT, on a host without ss: not counted twice',
    given: () =>
      machine()
        .sysctl('ipv4/ip_local_port_range', '40000\t40999')
        .sockets({
          proc: true,
          listeners: [{ port: 22 }],
          populations: [0, 1, 2, 3].map((index) => ({
            ...waiting(120, `10.0.1.${index}:80`),
            firstPort: 40_000 + index * 120,
            portStep: 1,
          })),
        }),
  },
  {
    name: 'the same numbers, ports shared between destinations',
    given: () => thousand(...[0, 1, 2, 3].map((index) => open(240, `10.0.1.${index}:80`))),
  },
];

describe.each([
  ['harmless TIME_WAIT', harmless],
  ['ports that TIME_WAIT holds', byTimeWait],
  ['ports that others hold', byOthers],
])('%s', (_, questions) => {
  test.each(questions)('$name', (question) => examine(question, rules));
});
