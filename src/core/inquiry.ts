/**
 * One rule's questions to one snapshot. It keeps what was asked, which numbers answered and what could not be read, so that
 * a judgement carries its evidence and `--why` can retell it. Answers have three values: undefined is "could not be told",
 * and it never turns into "no".
 */

import type { Evidence, Step } from './finding.js';
import { grouped } from './grouped.js';
import { kernelAtLeast } from './kernel.js';
import { comparable, type Rate, rateOf } from './rates.js';
import type { Judgement, Rule, RuleInput } from './rule.js';
import type { ReadingName, Readings, Snapshot } from './snapshot.js';

/** true, false, or undefined: could not be told */
export type Known = boolean | undefined;

/** True when one is true; false only when all are known to be false. */
export const anyOf = (...answers: readonly Known[]): Known =>
  answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
/** False when one is false; true only when all are known to be true. */
export const allOf = (...answers: readonly Known[]): Known =>
  answers.includes(false) ? false : answers.includes(undefined) ? undefined : true;
/** Compares where both sides are known. */
export const reaches = (value: number | undefined, limit: number | undefined): Known =>
  value === undefined || limit === undefined || Number.isNaN(value) ? undefined : value >= limit;

type ValueOf<Name extends ReadingName> = Extract<Readings[Name], { status: 'ok' }>['value'];

/** What a missing reading is called. `gap`: every host that was asked can answer it, so its failure is ours to mend. */
const READINGS: Readonly<Record<ReadingName, { words: string; gap: boolean }>> = {
  facts: { words: 'who the host is', gap: true },
  counters: { words: 'kernel counters', gap: true },
  sockstat: { words: 'socket totals (/proc/net/sockstat)', gap: true },
  protocols: { words: 'protocol memory (/proc/net/protocols)', gap: false },
  conntrack: { words: 'connection tracking', gap: false },
  fileHandles: { words: 'file handles (/proc/sys/fs/file-nr)', gap: false },
  neighbours: { words: 'neighbour tables (seen from the initial network namespace only)', gap: false },
  sysctls: { words: 'sysctls', gap: true },
  sockets: { words: 'the socket list', gap: true },
  timeWait: { words: 'who holds TIME_WAIT', gap: true },
  closeWaitAge: { words: 'how long CLOSE_WAIT sockets have been idle', gap: true },
  closeWaitOwners: { words: 'which process holds CLOSE_WAIT (needs root)', gap: false },
  processes: { words: 'open files of listening processes (need root)', gap: false },
  kernelLog: { words: 'the kernel log', gap: false },
};

const SOURCES: readonly (readonly [prefix: string, path: string])[] = [
  ['TcpExt.', '/proc/net/netstat'],
  ['Tcp.', '/proc/net/snmp'],
  ['conntrack.', '/proc/net/stat/nf_conntrack'],
  ['arp_cache.', '/proc/net/stat/arp_cache'],
  ['ndisc_cache.', '/proc/net/stat/ndisc_cache'],
];
const sourceOf = (counter: string): string =>
  SOURCES.find(([prefix]) => counter.startsWith(prefix))?.[1] ?? '/proc/net';
export const sysctlSource = (key: string): string => `/proc/sys/${key.replaceAll('.', '/')}`;

/** Two digits after the point: what a person compares; the exact numbers stand in the formula. */
export const rounded = (value: number): number => Math.round(value * 100) / 100;

const answerWord = (holds: Known): Step['holds'] => holds ?? 'unknown';

export class Inquiry {
  private readonly shown: Evidence[] = [];
  private readonly lacking: string[] = [];
  private readonly asked: Step[] = [];
  private isGap = false;

  constructor(
    private readonly thresholds: Rule['thresholds'],
    private readonly input: RuleInput,
  ) {}

  get snapshot(): Snapshot {
    return this.input.snapshot;
  }

  /** The last measurement, when it is of the same boot and recent enough to be compared. */
  get previous(): Snapshot | undefined {
    return comparable(this.input.snapshot, this.input.previous);
  }

  /** A constant of the rule, as overridden for this host. */
  threshold(name: string): number {
    const value = this.input.thresholds[name] ?? this.thresholds[name]?.value;
    if (value === undefined) throw new Error(`the rule names no threshold ${name}`);
    return value;
  }

  /** Whether an earlier rule named in `after` came to present. */
  present(id: string): boolean {
    return this.input.earlier.get(id)?.status === 'present';
  }

  /** A reading that the judgement rests on: noted as missing where it failed. */
  reading<Name extends ReadingName>(name: Name): ValueOf<Name> | undefined {
    const reading = this.snapshot.readings[name];
    if (reading.status === 'failed') {
      this.lacks(`${READINGS[name].words}: ${reading.reason}`, READINGS[name].gap && reading.notAsked !== true);
      return undefined;
    }
    return reading.value as ValueOf<Name>;
  }

  /** A reading that would only add detail: nothing is missing without it. */
  detail<Name extends ReadingName>(name: Name): ValueOf<Name> | undefined {
    const reading = this.snapshot.readings[name];
    return reading.status === 'failed' ? undefined : (reading.value as ValueOf<Name>);
  }

  kernelAtLeast(version: string): Known {
    return kernelAtLeast(this.detail('facts')?.kernelRelease, version);
  }

  /**
   * Whether the probe ran in the initial network namespace. tcp_mem and tcp_max_orphans exist there only, so printing them
   * proves it; lacking them proves nothing.
   */
  initialNamespace(): Known {
    const told = this.detail('facts')?.initialNamespace;
    if (told !== undefined) return told;
    const sysctls = this.detail('sysctls');
    return sysctls?.['net.ipv4.tcp_mem'] !== undefined || sysctls?.['net.ipv4.tcp_max_orphans'] !== undefined
      ? true
      : undefined;
  }

  /**
   * Before 4.11 not every tcp_* key was one for each namespace, and in another one than the initial none of those was to be seen:
   * where not a single one is there, that is the place and no fault.
   */
  settingsHidden(): boolean {
    const values = this.detail('sysctls');
    return (
      values !== undefined &&
      this.kernelAtLeast('4.11') === false &&
      this.initialNamespace() !== true &&
      !Object.keys(values).some((key) => key.startsWith('net.ipv4.tcp_'))
    );
  }

  /** The value of a sysctl as printed; noted as missing where it should be there. `gap` false: some hosts have no such key. */
  sysctl(key: string, gap = true): string | undefined {
    const values = this.reading('sysctls');
    const value = values?.[key];
    if (values !== undefined && value === undefined) {
      const expected = gap && !this.settingsHidden();
      this.lacks(
        `the sysctl ${key}: ${expected ? 'the host printed none' : 'shown in the initial network namespace of the machine only'}`,
        expected,
      );
    }
    return value;
  }

  /** A sysctl that is one whole number. */
  sysctlNumber(key: string, gap = true): number | undefined {
    const text = this.sysctl(key, gap);
    if (text === undefined) return undefined;
    if (/^-?\d{1,19}$/.test(text.trim())) return Number(text);
    this.lacks(`the sysctl ${key}: ${JSON.stringify(text.slice(0, 40))} is no number`, true);
    return undefined;
  }

  /**
   * A counter's rate, shown as evidence. Where it can't be told it is noted as missing. That a host has no such counter is
   * a limit of the host rather than a gap when its kernel is older than `since`, or when `limit` gives the reason.
   */
  rate(counter: string, why: { since?: string; limit?: string } = {}): Extract<Rate, { known: true }> | undefined {
    const rate = this.quietRate(counter);
    if (!rate.known) {
      const tooOld = why.since !== undefined && this.kernelAtLeast(why.since) === false;
      const limit = tooOld ? `${counter}: kernels before ${why.since} do not count it` : why.limit;
      if (rate.cause === 'no counter' && limit !== undefined) this.lacks(limit, false);
      else this.lacks(rate.reason, true);
      return undefined;
    }
    this.show({
      name: counter.replace(/^(TcpExt|Tcp)\./, ''),
      value: rounded(rate.perSecond),
      unit: '/s',
      source: sourceOf(counter),
      formula: `(${rate.to} - ${rate.from}) / ${rounded(rate.seconds)} s${rate.since === 'previous' ? ', since the last measurement' : ''}`,
    });
    return rate;
  }

  /** A counter's rate without noting anything, for detail. */
  quietRate(counter: string): Rate {
    return rateOf(this.snapshot, this.input.previous, counter);
  }

  show(evidence: Evidence): void {
    this.shown.push(evidence);
  }

  lacks(what: string, gap: boolean): void {
    if (!this.lacking.includes(what)) this.lacking.push(what);
    if (gap) this.isGap = true;
  }

  /** Notes one question of the decision and hands its answer through. */
  ask(question: string, holds: Known, answer: string): Known {
    this.asked.push({ question, answer, holds: answerWord(holds) });
    return holds;
  }

  /** A question whether a number reaches a limit. */
  askReaches(what: string, value: number | undefined, limit: number | undefined, unit = ''): Known {
    const holds = reaches(value, limit);
    const words = (number: number | undefined): string =>
      number === undefined ? 'unknown' : `${grouped(number)}${unit === '' ? '' : ` ${unit}`}`;
    return this.ask(`Is ${what} at least ${words(limit)}?`, holds, words(value));
  }

  /** The judgement: present, absent, or inconclusive where the answer could not be told. */
  conclude(holds: Known, more: Omit<Judgement, 'status' | 'evidence' | 'missing' | 'steps' | 'gap'> = {}): Judgement {
    const status = holds === undefined ? 'inconclusive' : holds ? 'present' : 'absent';
    const collected = { evidence: this.shown, missing: this.lacking, steps: this.asked };
    if (status === 'present') return { status, ...more, ...collected };
    if (status === 'absent') return { status, ...(more.confidence && { confidence: more.confidence }), ...collected };
    // what is inconclusive proposes nothing, but may say how to find out
    return { status, gap: this.isGap, ...(more.advice && { advice: more.advice }), ...collected };
  }
}
