import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const peer = { direction: 'out', localAddress: '10.0.0.5', peerAddress: '10.0.3.7', peerPort: 5432 } as const;
const narrow = snapshot().with({ sysctls: { 'net.ipv4.ip_local_port_range': '40000 40999' } });
const held = (count: number, base = narrow) =>
  base.with({
    counts: { TIME_WAIT: count },
    readings: { timeWait: { mode: 'full', groups: [{ ...peer, state: 'TIME_WAIT', count }] } },
  });
const wide = 'net.ipv4.ip_local_port_range 40000 40999 -> 10240 65535';

export const cases: readonly Case[] = [
  { name: 'just below', given: held(699), expect: { status: 'absent', present: [] } },
  {
    name: 'at the warning',
    given: held(700),
    expect: { status: 'present', severity: 'warn', subject: '10.0.3.7:5432' },
  },
  { name: 'just below critical', given: held(899), expect: { status: 'present', severity: 'warn' } },
  {
    name: 'critical',
    given: held(900),
    expect: {
      status: 'present',
      severity: 'crit',
      remedies: ['net.ipv4.tcp_tw_reuse 2 -> 1', wide],
      requires: 'bind()',
    },
  },
  {
    name: 'reuse is on already',
    given: held(1000).with({ sysctls: { 'net.ipv4.tcp_tw_reuse': '1' } }),
    expect: { status: 'present', remedies: [wide], advises: 'on already' },
  },
  {
    name: 'reuse is on and works: all ports are held, and taken over as they are needed',
    given: held(1000).with({ sysctls: { 'net.ipv4.tcp_tw_reuse': '1' }, rates: { 'TcpExt.TWRecycled': 250 } }),
    expect: { status: 'absent', confidence: 'medium', present: [] },
  },
  {
    name: 'reuse works, but close to what it can give',
    given: held(1000).with({ sysctls: { 'net.ipv4.tcp_tw_reuse': '1' }, rates: { 'TcpExt.TWRecycled': 700 } }),
    expect: { status: 'present', severity: 'warn', confidence: 'medium', remedies: [wide] },
  },
  {
    name: 'the delay is part of what it can give',
    given: held(1000).with({
      sysctls: { 'net.ipv4.tcp_tw_reuse': '1', 'net.ipv4.tcp_tw_reuse_delay': '10000' },
      rates: { 'TcpExt.TWRecycled': 80 },
    }),
    expect: { status: 'present', severity: 'warn', advises: '10000 ms' },
  },
  {
    name: 'what is taken over with reuse for loopback alone is not this destination',
    given: held(1000).with({ rates: { 'TcpExt.TWRecycled': 250 } }),
    expect: { status: 'present', severity: 'crit' },
  },
  {
    name: 'loopback with reuse for loopback',
    given: narrow.with({
      counts: { TIME_WAIT: 1000 },
      rates: { 'TcpExt.TWRecycled': 250 },
      readings: {
        timeWait: { mode: 'full', groups: [{ ...peer, peerAddress: '127.0.0.1', state: 'TIME_WAIT', count: 1000 }] },
      },
    }),
    expect: { status: 'absent' },
  },
  {
    name: 'reuse is on, its delay disables it',
    given: held(1000).with({ sysctls: { 'net.ipv4.tcp_tw_reuse': '1', 'net.ipv4.tcp_tw_reuse_delay': '60000' } }),
    expect: { status: 'present', advises: '60000 ms' },
  },
  {
    name: 'no timestamps, no reuse',
    given: held(1000).with({ sysctls: { 'net.ipv4.tcp_timestamps': '0' } }),
    expect: { status: 'present', remedies: [wide], advises: 'tcp_timestamps is 0' },
  },
  {
    name: 'loopback is reused already with 2',
    given: narrow.with({
      counts: { TIME_WAIT: 1000 },
      readings: {
        timeWait: { mode: 'full', groups: [{ ...peer, peerAddress: '127.0.0.1', state: 'TIME_WAIT', count: 1000 }] },
      },
    }),
    expect: { status: 'present', remedies: [wide] },
  },
  {
    name: 'listening ports are reserved first',
    given: held(1000).with({
      listeners: [
        { address: '*', port: 20_000, queueLength: 0, queueLimit: 9 },
        { address: '*', port: 80, queueLength: 0, queueLimit: 9 },
      ],
    }),
    expect: {
      status: 'present',
      remedies: ['net.ipv4.tcp_tw_reuse 2 -> 1', 'net.ipv4.ip_local_reserved_ports  -> 20000', wide],
    },
  },
  {
    name: 'no wider range over listeners that were not listed',
    given: held(1000).with({ listenersOmitted: 3 }),
    expect: { status: 'present', remedies: ['net.ipv4.tcp_tw_reuse 2 -> 1'] },
  },
  {
    name: 'a range as wide as it gets',
    given: held(55_000, snapshot().with({ sysctls: { 'net.ipv4.ip_local_port_range': '10240 65535' } })),
    expect: { status: 'present', remedies: ['net.ipv4.tcp_tw_reuse 2 -> 1'] },
  },
  {
    name: 'reserved ports lessen the capacity',
    given: held(600).with({ sysctls: { 'net.ipv4.ip_local_reserved_ports': '40000-40199' } }),
    expect: { status: 'present', severity: 'warn' },
  },
  {
    name: 'windows: hits over sampled ports',
    given: snapshot().with({
      counts: { TIME_WAIT: 27_000 },
      readings: {
        timeWait: { mode: 'windows', sampledPorts: 1024, groups: [{ ...peer, state: 'TIME_WAIT', count: 940 }] },
      },
    }),
    expect: { status: 'present', severity: 'crit', confidence: 'medium' },
  },
  {
    name: 'windows, many destinations',
    given: snapshot().with({
      counts: { TIME_WAIT: 27_000 },
      readings: {
        timeWait: { mode: 'windows', sampledPorts: 1024, groups: [{ ...peer, state: 'TIME_WAIT', count: 300 }] },
      },
    }),
    expect: { status: 'absent', present: ['time-wait-harmless'] },
  },
  {
    name: 'holders not read',
    given: snapshot()
      .with({ counts: { TIME_WAIT: 27_000 } })
      .failed('timeWait'),
    expect: { status: 'inconclusive', gap: true },
  },
  {
    name: 'holders not read, but all of them are too few',
    given: snapshot().failed('timeWait'),
    expect: { status: 'absent' },
  },
  {
    name: 'no range',
    given: held(1000).with({ sysctls: { 'net.ipv4.ip_local_port_range': undefined } }),
    expect: { status: 'inconclusive', gap: true },
  },
  {
    name: 'another threshold',
    given: held(500),
    thresholds: { EPHEMERAL_WARN_RATIO: 0.5 },
    expect: { status: 'present', severity: 'warn' },
  },
];
