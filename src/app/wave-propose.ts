/** A new wave: written whole before the first of its hosts, so that one that is cut off is known, and no host stays busy. */
import type { FindingRef } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import { looksWithin } from '../core/looks.js';
import { hostIdentity, type Plan, type PlanEntry, planDigest } from '../core/plan-digest.js';
import { evaluateKeys } from '../core/policy.js';
import { batchesOf, type Pace, WAVE_HOSTS_MAX, type Wave, waveDigest, waveSeconds } from '../core/wave.js';
import { type DueDraft, StoreFailure } from '../ports/store.js';
import { actorOf } from './change-permission.js';
import type { Asker, Result } from './change-ports.js';
import type { WavesParts } from './wave.js';
import type { WaveRecords, WaveResult } from './wave-records.js';

/** a batch may take so much longer than its looks */
const SLACK_SECONDS = 120;
const ESCALATE_BEFORE_MS = 10 * 60_000;

export interface WaveWish {
  /** of the draft that it was, and of each host's change: the same draft sent twice is one wave */
  id: string;
  /** in the order in which they are begun: the first is the canary */
  hosts: readonly { host: Host; change: string; entries: readonly PlanEntry[]; finding?: FindingRef }[];
  selector: string;
  pace: Pace;
  reason: string;
  incident?: string;
  confirmWindowSeconds: number;
  persistent: boolean;
}

/** What would be wrong with it on whichever host. */
const problemOf = (
  { verifyAfterSeconds }: WavesParts,
  { hosts, confirmWindowSeconds }: WaveWish,
): string | undefined => {
  if (hosts.length < 2) return 'a wave takes two hosts or more';
  if (hosts.length > WAVE_HOSTS_MAX) return `a wave takes ${WAVE_HOSTS_MAX} hosts at the most`;
  return looksWithin(verifyAfterSeconds, confirmWindowSeconds).length === 0
    ? `a host is looked at after ${verifyAfterSeconds[0] ?? 0} s: the window must be longer`
    : undefined;
};

const newWave = (parts: WavesParts, asker: Asker, wish: WaveWish): Wave => {
  const { clock, hash, policy, catalogue, verifyAfterSeconds } = parts;
  const { id, selector, hosts, pace, reason, incident, confirmWindowSeconds, persistent } = wish;
  const nowMs = clock.now();
  const batches = batchesOf(
    hosts.map(({ host, change, entries }) => {
      const plan: Plan = { host: hostIdentity(host), entries, confirmWindowSeconds, persistent };
      return { plan, member: { host: host.name, change, digest: planDigest(plan, hash) } };
    }),
  );
  const plans = batches.map((batch) => batch.map(({ plan }) => plan));
  return {
    id,
    version: 1,
    state: 'proposing',
    selector,
    batches: batches.map((batch) => batch.map(({ member }) => member)),
    pace,
    looksSeconds: looksWithin(verifyAfterSeconds, confirmWindowSeconds),
    digest: waveDigest(plans, pace, hash),
    requester: actorOf(parts, asker),
    reason,
    ...(incident === undefined ? {} : { incident }),
    confirmWindowSeconds,
    persistent,
    channel: asker.channel ?? '',
    approvals: [],
    approvalsNeeded: Math.max(...hosts.map(({ entries }) => evaluateKeys(policy(), catalogue, entries).approvals)),
    begun: 0,
    proposedAtMs: nowMs,
    expiresAtMs: nowMs + policy().expiresAfterSeconds * 1_000,
  };
};

/** All or none: where one host's change can't be proposed, those that were are withdrawn. */
export const proposeWave = async (
  parts: WavesParts,
  records: WaveRecords,
  poke: (id: string) => Promise<void>,
  asker: Asker,
  wish: WaveWish,
): Promise<WaveResult> => {
  const { lifecycle, clock } = parts;
  const refused = (detail: string, host?: string): WaveResult => ({
    ok: false,
    refusal: { code: 'not-permitted', detail },
    ...(host === undefined ? {} : { host }),
  });
  const problem = problemOf(parts, wish);
  if (problem !== undefined) return refused(problem);
  const wave = newWave(parts, asker, wish);
  const { id, batches, pace, looksSeconds, expiresAtMs } = wave;
  try {
    await records.create(wave, remindersOf(wave));
  } catch (error) {
    if (error instanceof StoreFailure && error.problem === 'conflict') return { ok: true, wave };
    throw error;
  }
  // The approval ends when any does; a host whose turn comes late must not have expired by then.
  const courseSeconds = waveSeconds(batches.length, pace, looksSeconds) + batches.length * SLACK_SECONDS;
  const { reason, incident, confirmWindowSeconds, persistent } = wish;
  for (const { host, change, entries, finding } of wish.hosts) {
    const result = await lifecycle.propose(asker, {
      id: change,
      host,
      entries,
      reason,
      ...(incident === undefined ? {} : { incident }),
      ...(finding === undefined ? {} : { finding }),
      confirmWindowSeconds,
      persistent,
      wave: { id, endsAtMs: expiresAtMs + courseSeconds * 1_000 },
    });
    if (result.ok) continue;
    const why = `it could not be proposed: ${refusalWords(result)}`;
    const events = [{ type: 'wave-denied' as const, by: 'bot' as const, why, host: host.name, atMs: clock.now() }];
    await records.decide(id, 'bot', ({ state }) => (state === 'proposing' ? { ok: true, events } : ENDED));
    await poke(id);
    return refused(refusalWords(result), host.name);
  }
  const proposed = await records.decide(id, 'bot', ({ state }) =>
    state === 'proposing' ? { ok: true, events: [{ type: 'wave-proposed', atMs: clock.now() }] } : ENDED,
  );
  // Ended meanwhile: what was written for its hosts is withdrawn.
  if (proposed.ok) parts.moved(proposed.wave);
  else await poke(id);
  return proposed;
};

const ENDED = { ok: false, refusal: { code: 'wrong-state', detail: 'it was ended while it was proposed' } } as const;

const remindersOf = ({ id, proposedAtMs, expiresAtMs }: Wave): DueDraft[] => {
  const spanMs = expiresAtMs - proposedAtMs;
  return [
    { id: `wave:${id}:nudge`, kind: 'wave-nudge', subject: id, atMs: proposedAtMs + spanMs / 2 },
    {
      id: `wave:${id}:escalation`,
      kind: 'wave-escalation',
      subject: id,
      atMs: expiresAtMs - Math.min(ESCALATE_BEFORE_MS, spanMs / 4),
    },
  ];
};

export const refusalWords = (result: Extract<Result, { ok: false }>): string =>
  'detail' in result.refusal && result.refusal.detail !== '' ? result.refusal.detail : result.refusal.code;
