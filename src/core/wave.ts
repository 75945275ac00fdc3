/**
 * One change on many hosts: a canary first, then batches; it stops at the first host that fails, is taken back, gets worse or
 * can't be verified. One approval covers the exact list of hosts and values (the wave digest). Each host's change has its own
 * life and its own timer on the host. Here is what a wave is, which steps people may take, and how an event moves it; when the
 * next batch may begin is decided in `wave-course.ts`. Pure; times are milliseconds since the epoch, UTC.
 */
import type { Actor } from './change.js';
import { type Hash, type Plan, planText } from './plan-digest.js';

/** the whole list must fit into the message that is approved */
export const WAVE_HOSTS_MAX = 100;
export const BATCH_HOSTS_MAX = 10;

export interface WaveMember {
  host: string;
  /** id of the host's own change */
  change: string;
  /** digest of its plan */
  digest: string;
}

/** `proposing`: the hosts' own changes are being written; the ends are stopped, done, denied, expired and stale. */
export type WaveState = 'proposing' | 'proposed' | 'running' | 'stopped' | 'done' | 'denied' | 'expired' | 'stale';

/** What the batches after the canary wait for: that all looks at the one before are done, or the first at each of its hosts. */
export type Pace = 'verified' | 'first-look';

/** Who took a step, as it was looked up at their click: authorised anew for each host at its turn. */
export interface WaveActor extends Actor {
  userGroups: readonly string[];
  channel?: string;
  atMs: number;
}

export interface WaveApproval extends WaveActor {
  /** a one-time code was checked at the click */
  steppedUp?: true;
}

export interface Wave {
  id: string;
  version: number;
  state: WaveState;
  /** as it was typed: for people; what is approved is the list of hosts */
  selector: string;
  /** in the order in which they are begun; the first batch is the canary */
  batches: readonly (readonly WaveMember[])[];
  pace: Pace;
  /** seconds after a host's change came into force, those that its window has room for */
  looksSeconds: readonly number[];
  digest: string;
  requester: Actor;
  reason: string;
  incident?: string;
  confirmWindowSeconds: number;
  persistent: boolean;
  /** where its message stands */
  channel: string;
  approvals: readonly WaveApproval[];
  approvalsNeeded: number;
  /** batches begun so far */
  begun: number;
  /** the last of them */
  begunAtMs?: number;
  proposedAtMs: number;
  expiresAtMs: number;
  /** why it ended before all hosts had their turn */
  ending?: { why: string; host?: string; by: Actor | 'bot' };
  endedAtMs?: number;
  /** whatever of it is in force is taken back, also what comes into force later */
  reverting?: WaveActor;
}

export type WaveEvent =
  | { type: 'wave-proposed'; atMs: number }
  | { type: 'wave-approved'; by: WaveApproval }
  | { type: 'wave-denied'; by: Actor | 'bot'; why: string; host?: string; atMs: number }
  | { type: 'wave-expired'; atMs: number }
  | { type: 'wave-stale'; why: string; host?: string; atMs: number }
  | { type: 'batch-begun'; batch: number; atMs: number }
  | { type: 'wave-stopped'; why: string; host?: string; by: Actor | 'bot'; atMs: number }
  | { type: 'revert-asked'; by: WaveActor }
  | { type: 'wave-done'; atMs: number };

/** `code`: one of a change's own refusals, so that it is said in the same words */
export type WaveRefusal = {
  code:
    | 'wrong-state'
    | 'another-plan'
    | 'stale'
    | 'own-request'
    | 'already-approved'
    | 'expired'
    | 'not-permitted'
    | 'store';
  detail: string;
};
export type WaveDecision = { ok: true; events: readonly WaveEvent[] } | { ok: false; refusal: WaveRefusal };

/** Canary of one, then batches that double up to `most`: what the first ones did not show is met by few. */
export const batchesOf = <T>(members: readonly T[], most = BATCH_HOSTS_MAX): readonly (readonly T[])[] => {
  const batches: T[][] = [];
  let size = 1;
  for (let at = 0; at < members.length; at += batches.at(-1)?.length ?? 1) {
    batches.push(members.slice(at, at + size));
    size = Math.min(most, size * 2);
  }
  return batches;
};

/** Over every plan in its place: another host, value, order, batch or pace is another wave. Length-prefixed, as plans are. */
export const waveDigest = (batches: readonly (readonly Plan[])[], pace: Pace, hash: Hash): string =>
  hash(
    [
      'tcpstates wave 1',
      pace,
      ...batches.flatMap((batch, at) => [`batch ${at + 1} of ${batch.length}`, ...batch.map(planText)]),
    ]
      .map((field) => `${[...field].length}:${field}`)
      .join('\n'),
  );

/** The least that a wave takes when nothing goes wrong, in seconds. */
export const waveSeconds = (batches: number, pace: Pace, looksSeconds: readonly number[]): number => {
  const last = looksSeconds.at(-1) ?? 0;
  const between = pace === 'verified' ? last : (looksSeconds[0] ?? 0);
  return batches < 2 ? last : last + (batches - 2) * between + last;
};

export const membersOf = (wave: Wave): readonly WaveMember[] => wave.batches.flat();
export const begunOf = (wave: Wave): readonly WaveMember[] => wave.batches.slice(0, wave.begun).flat();

/** No batch is begun any more. */
export const isOver = ({ state }: Wave): boolean => !['proposing', 'proposed', 'running'].includes(state);

const refuse = (code: WaveRefusal['code'], detail: string): WaveDecision => ({ ok: false, refusal: { code, detail } });
const samePerson = (a: Actor, b: Actor): boolean => a.person === b.person || a.account === b.account;

const late = (wave: Wave): WaveDecision => {
  const first = wave.approvals.at(-1);
  const who = wave.state === 'running' && first !== undefined ? `, allowed by ${first.person}` : '';
  return refuse('wrong-state', `the wave is ${wave.state} already${who}`);
};

/** @param digest as the clicked message carried it, and as it was computed again; empty where the two differ */
export const approveWave = (wave: Wave, by: WaveApproval, digest: string): WaveDecision => {
  if (wave.state !== 'proposed') return late(wave);
  if (by.atMs >= wave.expiresAtMs) return refuse('expired', 'its time to be approved is over');
  if (digest !== wave.digest) return refuse('another-plan', 'what was shown is not what the wave is: look again');
  if (samePerson(wave.requester, by))
    return refuse('own-request', 'Who asks does not approve, administrators included');
  if (wave.approvals.some((given) => samePerson(given, by))) return refuse('already-approved', 'a person counts once');
  return { ok: true, events: [{ type: 'wave-approved', by }] };
};

export const denyWave = (wave: Wave, by: Actor, why: string, atMs: number): WaveDecision =>
  wave.state === 'proposed' ? { ok: true, events: [{ type: 'wave-denied', by: actor(by), why, atMs }] } : late(wave);

/** Nothing new is begun; what is in force keeps its own timer. */
export const stopWave = (wave: Wave, by: Actor, why: string, atMs: number): WaveDecision =>
  wave.state === 'running' ? { ok: true, events: [{ type: 'wave-stopped', by: actor(by), why, atMs }] } : late(wave);

/** Takes back whatever is in force; a wave that runs is stopped by it first. */
export const revertWave = (wave: Wave, by: WaveActor): WaveDecision => {
  if (wave.begun === 0) return refuse('wrong-state', 'nothing of it was ever in force');
  if (wave.reverting !== undefined) return refuse('wrong-state', `${wave.reverting.person} has asked for it already`);
  const stop = { type: 'wave-stopped', why: 'it is reverted', by: actor(by), atMs: by.atMs } as const;
  return { ok: true, events: [...(wave.state === 'running' ? [stop] : []), { type: 'revert-asked', by }] };
};

const actor = ({ person, account }: Actor): Actor => ({ person, account });

const ended = (
  wave: Wave,
  state: WaveState,
  { why, host, by, atMs }: { why: string; host?: string; by: Actor | 'bot'; atMs: number },
): Wave => ({
  ...wave,
  state,
  endedAtMs: atMs,
  ending: { why, by, ...(host === undefined ? {} : { host }) },
});

const move = (wave: Wave, event: WaveEvent): Wave => {
  switch (event.type) {
    case 'wave-proposed':
      return { ...wave, state: 'proposed' };
    case 'wave-approved': {
      const approvals = [...wave.approvals, event.by];
      return { ...wave, approvals, state: approvals.length >= wave.approvalsNeeded ? 'running' : 'proposed' };
    }
    case 'wave-denied':
      return ended(wave, 'denied', event);
    case 'wave-expired':
      return ended(wave, 'expired', { why: 'it was not approved in time', by: 'bot', atMs: event.atMs });
    case 'wave-stale':
      return ended(wave, 'stale', { ...event, by: 'bot' });
    case 'batch-begun':
      return { ...wave, begun: event.batch + 1, begunAtMs: event.atMs };
    case 'wave-stopped':
      return ended(wave, 'stopped', event);
    case 'revert-asked':
      return { ...wave, reverting: event.by };
    case 'wave-done':
      return { ...wave, state: 'done', endedAtMs: event.atMs };
  }
};

export const evolveWave = (wave: Wave, event: WaveEvent): Wave => ({
  ...move(wave, event),
  version: wave.version + 1,
});
