/**
 * One change on many hosts: a canary first, then batches; it stops at the first host that fails, is taken back, or gets worse.
 * One approval covers the exact list of hosts and values (the wave digest). Each host's change has its own life and its own timer
 * on the host; the wave only decides when the next may begin. Pure: what the changes are is an argument.
 */
import type { Change } from './change.js';
import { type Hash, type Plan, planText } from './plan-digest.js';

export const WAVE_HOSTS_MAX = 200;

export interface WaveMember {
  host: string;
  /** id of the host's own change */
  change: string;
  digest: string;
}

export type WaveState = 'proposed' | 'running' | 'stopped' | 'done' | 'denied';

export interface WaveApproval {
  person: string;
  account: string;
  userGroups: readonly string[];
  atMs: number;
  steppedUp?: true;
}

export interface Wave {
  id: string;
  version: number;
  state: WaveState;
  /** in the order in which they are begun; the first batch is the canary */
  batches: readonly (readonly WaveMember[])[];
  digest: string;
  requester: string;
  approvals: readonly WaveApproval[];
  approvalsNeeded: number;
  /** batches begun so far */
  begun: number;
  proposedAtMs: number;
  stopped?: { why: string; host?: string; by: string; atMs: number };
  endedAtMs?: number;
}

export type WaveEvent =
  | { type: 'wave-approved'; by: WaveApproval }
  | { type: 'wave-denied'; by: string; atMs: number }
  | { type: 'batch-begun'; batch: number; atMs: number }
  | { type: 'wave-stopped'; why: string; host?: string; by: string; atMs: number }
  | { type: 'wave-done'; atMs: number };

export type WaveDecision = { ok: true; events: readonly WaveEvent[] } | { ok: false; why: string };

/** Canary of one, then batches that double up to `most`: what the first ones did not show is met by few. */
export const batchesOf = <T>(members: readonly T[], most = 10): readonly (readonly T[])[] => {
  const batches: T[][] = [];
  let size = 1;
  for (let at = 0; at < members.length; at += batches.at(-1)?.length ?? 1) {
    batches.push(members.slice(at, at + size));
    size = Math.min(most, size * 2);
  }
  return batches;
};

/** Over every plan in its place: another host, value, order or batch is another wave. Length-prefixed, as plans are. */
export const waveDigest = (batches: readonly (readonly Plan[])[], hash: Hash): string =>
  hash(
    [
      'tcpstates wave 1',
      ...batches.flatMap((batch, at) => [`batch ${at + 1} of ${batch.length}`, ...batch.map(planText)]),
    ]
      .map((field) => `${[...field].length}:${field}`)
      .join('\n'),
  );

export const membersOf = (wave: Wave): readonly WaveMember[] => wave.batches.flat();

/** What the wave needs to know of a host's change. */
export type MemberState = 'waiting' | 'under way' | 'good' | 'bad';

/** `verified` is good: measured and not worse. Anything that ended otherwise, or measured worse, is bad. */
export const memberState = (change: Change | undefined): MemberState => {
  if (change === undefined) return 'bad';
  if (change.measurements.at(-1)?.outcome === 'worse') return 'bad';
  switch (change.state) {
    case 'proposed':
      return 'waiting';
    case 'approved':
    case 'applying':
    case 'applied':
      return 'under way';
    case 'verified':
    case 'confirmed':
      return 'good';
    default:
      return 'bad';
  }
};

export const approveWave = (wave: Wave, by: WaveApproval, digest: string): WaveDecision => {
  if (wave.state !== 'proposed') return { ok: false, why: `the wave is ${wave.state} already` };
  if (digest !== wave.digest) return { ok: false, why: 'what was shown is not what the wave is: look again' };
  if (by.person === wave.requester) return { ok: false, why: 'who asks for a change does not approve it' };
  if (wave.approvals.some(({ person }) => person === by.person)) return { ok: false, why: 'you approved it already' };
  return { ok: true, events: [{ type: 'wave-approved', by }] };
};

export const stopWave = (wave: Wave, by: string, why: string, atMs: number): WaveDecision => {
  if (wave.state === 'proposed') return { ok: true, events: [{ type: 'wave-denied', by, atMs }] };
  if (wave.state !== 'running') return { ok: false, why: `the wave is ${wave.state} already` };
  return { ok: true, events: [{ type: 'wave-stopped', why, by, atMs }] };
};

/**
 * What happens next, given what the changes are now. Nothing while a batch is under way; a stop at the first bad host; the next
 * batch when all that were begun are good.
 */
export const advanceWave = (wave: Wave, changes: ReadonlyMap<string, Change>, atMs: number): readonly WaveEvent[] => {
  if (wave.state !== 'running') return [];
  const begun = wave.batches.slice(0, wave.begun).flat();
  const states = begun.map((member) => ({ member, state: memberState(changes.get(member.change)) }));
  const bad = states.find(({ state }) => state === 'bad');
  if (bad !== undefined) {
    const change = changes.get(bad.member.change);
    const outcome = change?.measurements.at(-1)?.outcome;
    const why =
      change === undefined
        ? 'its change is gone'
        : outcome === 'worse'
          ? 'it got worse'
          : (change.ending ?? change.state);
    return [{ type: 'wave-stopped', why, host: bad.member.host, by: 'bot', atMs }];
  }
  if (states.some(({ state }) => state !== 'good')) return [];
  if (wave.begun >= wave.batches.length) return [{ type: 'wave-done', atMs }];
  // A host of a later batch whose change moved without the wave, or ended, is not what was approved.
  const strayed = wave.batches
    .slice(wave.begun)
    .flat()
    .find((member) => memberState(changes.get(member.change)) !== 'waiting');
  if (strayed !== undefined)
    return [
      {
        type: 'wave-stopped',
        why: `its change is ${changes.get(strayed.change)?.state ?? 'gone'} before its turn`,
        host: strayed.host,
        by: 'bot',
        atMs,
      },
    ];
  return [{ type: 'batch-begun', batch: wave.begun, atMs }];
};

/** Members whose change should be approved by now and is not: those of begun batches. Also after a restart in between. */
export const toBegin = (wave: Wave, changes: ReadonlyMap<string, Change>): readonly WaveMember[] =>
  wave.state === 'running'
    ? wave.batches
        .slice(0, wave.begun)
        .flat()
        .filter((member) => memberState(changes.get(member.change)) === 'waiting')
    : [];

/** Members that will never have their turn: their proposals are withdrawn, so that the hosts are free again. */
export const toWithdraw = (wave: Wave, changes: ReadonlyMap<string, Change>): readonly WaveMember[] =>
  wave.state === 'stopped' || wave.state === 'denied'
    ? membersOf(wave).filter((member) => memberState(changes.get(member.change)) === 'waiting')
    : [];

export const evolveWave = (wave: Wave, event: WaveEvent): Wave => {
  const next = { ...wave, version: wave.version + 1 };
  switch (event.type) {
    case 'wave-approved': {
      const approvals = [...wave.approvals, event.by];
      return { ...next, approvals, state: approvals.length >= wave.approvalsNeeded ? 'running' : 'proposed' };
    }
    case 'wave-denied':
      return { ...next, state: 'denied', endedAtMs: event.atMs };
    case 'batch-begun':
      return { ...next, begun: event.batch + 1 };
    case 'wave-stopped': {
      const { why, by, atMs, host } = event;
      return {
        ...next,
        state: 'stopped',
        endedAtMs: atMs,
        stopped: { why, by, atMs, ...(host === undefined ? {} : { host }) },
      };
    }
    case 'wave-done':
      return { ...next, state: 'done', endedAtMs: event.atMs };
  }
};
