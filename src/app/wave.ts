/**
 * Carries waves: writes a change for each host, takes the one approval, begins batch after batch, stops. Each host's change goes
 * its own audited way through the life-cycle; a wave that loses its process is taken up by whoever finds it due.
 */
import type { Change } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import { looksWithin } from '../core/looks.js';
import { hostIdentity, type Plan, type PlanEntry, planDigest } from '../core/plan-digest.js';
import { evaluateKeys } from '../core/policy.js';
import {
  approveWave,
  batchesOf,
  denyWave,
  membersOf,
  type Pace,
  revertWave,
  stopWave,
  WAVE_HOSTS_MAX,
  type Wave,
  type WaveActor,
  waveDigest,
  waveSeconds,
} from '../core/wave.js';
import { isSettled, toConfirm } from '../core/wave-course.js';
import { type DueDraft, StoreFailure } from '../ports/store.js';
import type { ChangeLifecycle } from './change-lifecycle.js';
import { actorOf, permission } from './change-permission.js';
import type { Asker, ChangePorts, Notice, Nudge, Result } from './change-ports.js';
import { dueToLook, unknownWave, WaveRecords, type WaveResult } from './wave-records.js';
import { WaveTurns } from './wave-turns.js';

/** hosts at once for a step on all of them */
const AT_ONCE = 8;
/** a batch may take so much longer than its looks */
const SLACK_SECONDS = 120;
const ESCALATE_BEFORE_MS = 10 * 60_000;

export interface WavesParts extends ChangePorts {
  lifecycle: Pick<ChangeLifecycle, 'propose' | 'approve' | 'withdraw' | 'confirm' | 'revert'>;
  /** seconds after a change came into force */
  verifyAfterSeconds: readonly number[];
  /** told after every move; what it does must not fail the move */
  moved: (wave: Wave) => void;
  /** Tells people who must act, once per what is due; `change` where it is about one of its hosts. Rejects where they could not be told. */
  tell: (wave: Wave, about: Nudge, due: DueDraft, change?: Change) => Promise<void>;
}

export interface WaveWish {
  /** of the draft that it was, and of each host's change: the same draft sent twice is one wave */
  id: string;
  /** in the order in which they are begun: the first is the canary */
  hosts: readonly { host: Host; change: string; entries: readonly PlanEntry[] }[];
  selector: string;
  pace: Pace;
  reason: string;
  incident?: string;
  confirmWindowSeconds: number;
  persistent: boolean;
}

export class Waves {
  readonly records: WaveRecords;
  private readonly turns: WaveTurns;

  constructor(private readonly parts: WavesParts) {
    this.records = new WaveRecords(parts);
    this.turns = new WaveTurns(parts, this.records);
  }

  /** All or none: where one host's change can't be proposed, those that were are withdrawn. */
  async propose(asker: Asker, wish: WaveWish): Promise<WaveResult> {
    const { lifecycle, clock, hash, policy, catalogue, verifyAfterSeconds } = this.parts;
    const { hosts, id, confirmWindowSeconds, persistent, reason, incident, pace } = wish;
    const no = (detail: string): WaveResult => ({ ok: false, refusal: { code: 'not-permitted', detail } });
    if (hosts.length < 2) return no('a wave takes two hosts or more');
    if (hosts.length > WAVE_HOSTS_MAX) return no(`a wave takes ${WAVE_HOSTS_MAX} hosts at the most`);
    const looksSeconds = looksWithin(verifyAfterSeconds, confirmWindowSeconds);
    if (looksSeconds.length === 0)
      return no(`a host is looked at after ${verifyAfterSeconds[0] ?? 0} s: the window must be longer`);
    const nowMs = clock.now();
    const batches = batchesOf(
      hosts.map(({ host, change, entries }) => {
        const plan: Plan = { host: hostIdentity(host), entries, confirmWindowSeconds, persistent };
        return { host, change, entries, plan };
      }),
    );
    const expiresAtMs = nowMs + policy().expiresAfterSeconds * 1_000;
    const wave: Wave = {
      id,
      version: 1,
      state: 'proposing',
      selector: wish.selector,
      batches: batches.map((batch) =>
        batch.map(({ host, change, plan }) => ({ host: host.name, change, digest: planDigest(plan, hash) })),
      ),
      pace,
      looksSeconds,
      digest: waveDigest(
        batches.map((batch) => batch.map(({ plan }) => plan)),
        pace,
        hash,
      ),
      requester: actorOf(this.parts, asker),
      reason,
      ...(incident === undefined ? {} : { incident }),
      confirmWindowSeconds,
      persistent,
      channel: asker.channel ?? '',
      approvals: [],
      approvalsNeeded: Math.max(...hosts.map(({ entries }) => evaluateKeys(policy(), catalogue, entries).approvals)),
      begun: 0,
      proposedAtMs: nowMs,
      expiresAtMs,
    };
    try {
      await this.records.create(wave, remindersOf(wave));
    } catch (error) {
      if (error instanceof StoreFailure && error.problem === 'conflict') return { ok: true, wave };
      throw error;
    }
    // The approval ends when any does; a host whose turn comes late must not have expired by then.
    const courseSeconds = waveSeconds(batches.length, pace, looksSeconds) + batches.length * SLACK_SECONDS;
    for (const { host, change, entries } of batches.flat()) {
      const result = await lifecycle.propose(asker, {
        id: change,
        host,
        entries,
        reason,
        ...(incident === undefined ? {} : { incident }),
        confirmWindowSeconds,
        persistent,
        wave: { id, endsAtMs: expiresAtMs + courseSeconds * 1_000 },
      });
      if (result.ok) continue;
      const why = `it could not be proposed: ${refusalWords(result)}`;
      await this.records.decide(id, 'bot', () => ({
        ok: true,
        events: [{ type: 'wave-denied', by: 'bot', why, host: host.name, atMs: clock.now() }],
      }));
      await this.turns.poke(id);
      return { ok: false, refusal: { code: 'not-permitted', detail: refusalWords(result) }, host: host.name };
    }
    const proposed = await this.records.decide(id, 'bot', ({ state }) =>
      state === 'proposing'
        ? { ok: true, events: [{ type: 'wave-proposed', atMs: clock.now() }] }
        : { ok: false, refusal: { code: 'wrong-state', detail: 'it was ended while it was proposed' } },
    );
    // Ended meanwhile: what was written for its hosts is withdrawn.
    if (proposed.ok) this.parts.moved(proposed.wave);
    else await this.turns.poke(id);
    return proposed;
  }

  /** @param digest as the clicked message carried it. Policy is asked for every host: one that is not theirs refuses the whole. */
  async approve(asker: Asker, id: string, digest: string): Promise<WaveResult> {
    const { hash, inventory, policy, catalogue } = this.parts;
    const stored = await this.records.load(id);
    if (stored === undefined) return unknownWave(id);
    const { wave } = stored;
    const by = this.actor(asker);
    if (wave.state !== 'proposed' || by.person === wave.requester.person)
      return this.after(await this.records.decide(id, by, (now) => approveWave(now, by, digest)));
    const changes = await this.records.changesOf(wave);
    for (const { host: name, change } of membersOf(wave)) {
      const host = inventory().hosts.get(name);
      const plan = changes.get(change)?.plan;
      const keys = evaluateKeys(policy(), catalogue, plan?.entries ?? []);
      const known = host !== undefined && plan !== undefined;
      const same = known && JSON.stringify(hostIdentity(host)) === JSON.stringify(plan.host);
      if (!same || !keys.allowed) {
        // What is shown can't be had any more, whoever approves it.
        const why = same ? keys.why : 'it is registered otherwise than when this was proposed';
        const events = [{ type: 'wave-stale' as const, why, host: name, atMs: by.atMs }];
        await this.records.decide(id, 'bot', (now) => (now.state === 'proposed' ? { ok: true, events } : moved));
        void this.turns.poke(id);
        return this.records.refused(wave, by, { code: 'another-plan', detail: `${name}: ${why}` }, name);
      }
      const may = permission(this.parts, asker, 'approve', host);
      if (!may.allowed) return this.records.refused(wave, by, { code: 'not-permitted', detail: may.why }, name);
      if (keys.stepUp && asker.steppedUp !== true)
        return this.records.refused(wave, by, {
          code: 'not-permitted',
          detail: 'these keys ask for a one-time code beside the click',
        });
    }
    // Two must agree with the stored one: what was shown, and what the stored plans are.
    const plans = wave.batches.map((batch) =>
      batch.flatMap(({ change }) => {
        const plan = changes.get(change)?.plan;
        return plan === undefined ? [] : [plan];
      }),
    );
    const shown = waveDigest(plans, wave.pace, hash) === digest ? digest : '';
    return this.after(await this.records.decide(id, by, (now) => approveWave(now, by, shown)));
  }

  /** Before it began: by who asked for it, or who may approve on one of its hosts. */
  deny(asker: Asker, id: string, why: string): Promise<WaveResult> {
    return this.step(asker, id, 'approve', (wave, by) => denyWave(wave, by, why, by.atMs));
  }

  /** Nothing new is begun. What is in force keeps its own timer: it is confirmed or taken back host by host, or as a whole. */
  stop(asker: Asker, id: string): Promise<WaveResult> {
    return this.step(asker, id, 'revert', (wave, by) => stopWave(wave, by, `asked by ${by.person}`, by.atMs));
  }

  /** Stops it, and takes back whatever is in force now or comes into force after all. */
  revert(asker: Asker, id: string): Promise<WaveResult> {
    return this.step(asker, id, 'revert', (wave, by) => revertWave(wave, by), true);
  }

  /**
   * Confirms each host that is in force and not worse.
   * @param batches those that the clicked message showed as begun
   */
  async confirm(
    asker: Asker,
    id: string,
    batches: number,
  ): Promise<{ known: false } | { known: true; wave: Wave; done: { host: string; result: Result }[] }> {
    const stored = await this.records.load(id);
    if (stored === undefined) return { known: false };
    const members = toConfirm(stored.wave, await this.records.changesOf(stored.wave), batches);
    const done: { host: string; result: Result }[] = [];
    const left = [...members];
    const one = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
        done.push({ host: next.host, result: await this.parts.lifecycle.confirm(asker, next.change) });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    return { known: true, wave: stored.wave, done };
  }

  /** A host's change has moved. */
  changeMoved(change: Change): void {
    if (change.wave !== undefined) void this.turns.poke(change.wave);
  }

  /** One of its hosts needs somebody to act. Of hosts whose windows end together people are told once. */
  async tellOfMember(change: Change, about: Notice, due: DueDraft): Promise<void> {
    const stored = change.wave === undefined ? undefined : await this.records.load(change.wave);
    if (stored === undefined || about === 'skipped') return;
    const { wave } = stored;
    const changes = await this.records.changesOf(wave);
    const batch = wave.batches.find((members) => members.some((member) => member.change === change.id)) ?? [];
    const first = batch.find((member) => toConfirm(wave, changes, wave.begun).includes(member));
    if (about === 'worse' || first?.change === change.id) await this.parts.tell(wave, about, due, change);
  }

  /** What has come due for a wave: returns at once, the look goes on beside it. */
  async due(due: DueDraft): Promise<void> {
    const { kind, subject } = due;
    const stored = await this.records.load(subject);
    if (stored === undefined) return;
    const { wave } = stored;
    if (kind !== 'wave') {
      if (wave.state === 'proposed')
        await this.parts.tell(wave, kind === 'wave-nudge' ? 'approval' : 'escalation', due);
      return;
    }
    // Before the look: one that dies in it is found again.
    if (!isSettled(wave, await this.records.changesOf(wave)))
      await this.parts.store.due.schedule([dueToLook(wave, this.parts.clock.now())]);
    void this.turns.poke(subject);
  }

  /** Does what can be done now, and what comes of it. */
  look(id: string): Promise<void> {
    return this.turns.poke(id);
  }

  /** Begins nothing new, and waits for what is under way; what is left stays due. */
  finish(): Promise<void> {
    return this.turns.finish();
  }

  private async step(
    asker: Asker,
    id: string,
    action: 'approve' | 'revert',
    judge: (wave: Wave, by: WaveActor) => ReturnType<typeof stopWave>,
    everywhere = false,
  ): Promise<WaveResult> {
    const stored = await this.records.load(id);
    if (stored === undefined) return unknownWave(id);
    const by = this.actor(asker);
    const { hosts } = this.parts.inventory();
    const verdicts = membersOf(stored.wave).map(({ host }) => permission(this.parts, asker, action, hosts.get(host)));
    const refused = verdicts.flatMap((verdict) => (verdict.allowed ? [] : [verdict.why]));
    const own = !everywhere && by.person === stored.wave.requester.person;
    if (!own && (everywhere ? refused.length > 0 : refused.length === verdicts.length))
      return this.records.refused(stored.wave, by, { code: 'not-permitted', detail: refused[0] ?? '' });
    return this.after(await this.records.decide(id, by, (wave) => judge(wave, by)));
  }

  private after(result: WaveResult): WaveResult {
    if (!result.ok) return result;
    this.parts.moved(result.wave);
    void this.turns.poke(result.wave.id);
    return result;
  }

  private actor(asker: Asker): WaveActor & { steppedUp?: true } {
    const { subject, channel, steppedUp } = asker;
    return {
      ...actorOf(this.parts, asker),
      userGroups: subject.userGroups,
      atMs: this.parts.clock.now(),
      ...(channel === undefined ? {} : { channel }),
      ...(steppedUp === undefined ? {} : { steppedUp }),
    };
  }
}

const moved = { ok: false, refusal: { code: 'wrong-state', detail: 'it has moved meanwhile' } } as const;

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
