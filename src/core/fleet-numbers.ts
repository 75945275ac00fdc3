/**
 * The numbers by which hosts are compared and that sweeps keep: state counts, and what has a unit in its name. What a host did
 * not answer is absent, never zero.
 */
import { rateOf } from './rates.js';
import type { Snapshot } from './snapshot.js';
import { TCP_STATES } from './tcp.js';

/** Rates that tell of trouble, by the name under which they are kept. Counters: Documentation/networking/snmp_counter.rst */
export const RATES: Readonly<Record<string, string>> = {
  'resent /s': 'Tcp.RetransSegs',
  'accept queue overflows /s': 'TcpExt.ListenOverflows',
  'conntrack drops /s': 'conntrack.drop',
};
export const CONNTRACK_USE = 'conntrack use %';
export const TCP_MEMORY = 'TCP memory pages';
export const ORPHANS = 'orphans';
const UNKNOWN = 'unknown state';

/** @returns numbers by name: sockets for a state, else the unit that the name ends in */
export const numbersOf = (snapshot: Snapshot, previous?: Snapshot): Readonly<Record<string, number>> => {
  const { sockets, conntrack, sockstat } = snapshot.readings;
  const numbers: Record<string, number> = {};
  if (sockets.status === 'ok') {
    for (const state of TCP_STATES) numbers[state] = sockets.value.counts[state].total;
    const unknown = Object.values(sockets.value.unknown).reduce((sum, count) => sum + count, 0);
    if (unknown > 0) numbers[UNKNOWN] = unknown;
  }
  if (conntrack.status === 'ok' && conntrack.value.max > 0)
    numbers[CONNTRACK_USE] = Math.round((conntrack.value.count / conntrack.value.max) * 1000) / 10;
  if (sockstat.status === 'ok') {
    numbers[ORPHANS] = sockstat.value.orphans;
    numbers[TCP_MEMORY] = sockstat.value.memoryPages;
  }
  for (const [name, counter] of Object.entries(RATES)) {
    const rate = rateOf(snapshot, previous, counter);
    if (rate.known) numbers[name] = Math.round(rate.perSecond * 100) / 100;
  }
  return numbers;
};
