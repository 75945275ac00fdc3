/**
 * Carries waves: proposes a change per host, takes the one approval, begins batch after batch, stops. Each host's change goes
 * its own audited way through the life-cycle; a wave that loses its process is taken up by whoever finds it due.
 */
import type { Change } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import type { PlanEntry } from '../core/plan-digest.js';
import { evaluate, personOf } from '../core/policy.js';
import {
  advanceWave,
  approveWave,
  batchesOf,
  evolveWave,
  memberState,
  membersOf,
  stopWave,
  toBegin,
  toWithdraw,
  WAVE_HOSTS_MAX,
  type Wave,
  type WaveDecision,
  type WaveEvent,
  waveDigest,
} from '../core/wave.js';
import { type DueDraft, type Store, StoreFailure } from '../ports/store.js';
import type { ChangeLifecycle } from './change-lifecycle.js';
import type { Asker, ChangePorts, Result } from './change-ports.js';

const KIND = 'wave';
const LOOK_MS = 3_000;
const TRIES = 5;

/** A wave with who asked for it, so that what has no turn is withdrawn in their name. */
export interface StoredWave {
  wave: Wave;
  asker: Asker;
}

export interface WavesParts extends Pick<ChangePorts, 'clock' | 'ids' | 'log' | 'hash' | 'policy' | 'inventory'> {
  lifecycle: Pick<ChangeLifecycle, 'propose' | 'approve' | 'deny'>;
  store: Pick<Store, 'documents' | 'due' | 'changes' | 'audit'>;
  /** told after every move; what it does must not fail the move */
  moved: (wave: Wave, changes: ReadonlyMap<string, Change>) => void;
}

export type WaveResult = { ok: true; wave: Wave } | { ok: false; why: string; host?: string };

export interface WaveWish {
  hosts: readonly { host: Host; entries: readonly PlanEntry[] }[];
  reason: string;
  incident?: string;
  finding?: { id: string };
  confirmWindowSeconds: number;
  persistent: boolean;
}

export class Waves {
  constructor(private readonly parts: WavesParts) {}

  /** All or none: where one host's change can't be proposed, those that were are withdrawn. The first host is the canary. */
  async propose(asker: Asker, wish: WaveWish): Promise<WaveResult> {
    const { lifecycle, clock, ids, hash, store, policy } = this.parts;
    const { hosts, ...shared } = wish;
    if (hosts.length < 2) return { ok: false, why: 'a wave takes two hosts or more' };
    if (hosts.length > WAVE_HOSTS_MAX) return { ok: false, why: `a wave takes ${WAVE_HOSTS_MAX} hosts at the most` };
    const changes: Change[] = [];
    for (const { host, entries } of hosts) {
      const result: Result = await lifecycle.propose(asker, { host, entries, ...shared });
      if (!result.ok) {
        for (const made of changes) await lifecycle.deny(asker, made.id, 'the wave was not proposed');
        return { ok: false, why: refusalWords(result), host: host.name };
      }
      changes.push(result.change);
    }
    const batches = batchesOf(changes);
    const wave: Wave = {
      id: ids.next(),
      version: 1,
      state: 'proposed',
      batches: batches.map((batch) =>
        batch.map(({ id, digest, plan }) => ({ host: plan.host.name, change: id, digest })),
      ),
      digest: waveDigest(
        batches.map((batch) => batch.map(({ plan }) => plan)),
        hash,
      ),
      requester: personOf(policy(), asker.subject.account),
      approvals: [],
      approvalsNeeded: Math.max(...changes.map(({ approvalsNeeded }) => approvalsNeeded)),
      begun: 0,
      proposedAtMs: clock.now(),
    };
    await this.note(wave, asker.subject.account, 'wave.proposed', {
      digest: wave.digest,
      batches: wave.batches.map((batch) => batch.map(({ host, change }) => `${host} ${change}`)),
    });
    await store.documents.put(KIND, wave.id, { wave, asker } satisfies StoredWave, 0);
    await store.due.schedule([this.lookAt(wave.id)]);
    this.parts.moved(wave, new Map(changes.map((change) => [change.id, change])));
    return { ok: true, wave };
  }

  /** @param digest as the clicked message carried it. Policy is asked for every host: one that is not theirs refuses the whole. */
  async approve(asker: Asker, id: string, digest: string): Promise<WaveResult> {
    const { policy, inventory, clock, hash } = this.parts;
    const stored = await this.load(id);
    if (stored === undefined) return unknownWave(id);
    const nowMs = clock.now();
    for (const { host: name } of membersOf(stored.wave)) {
      const host = inventory().hosts.get(name);
      if (host === undefined) return { ok: false, why: 'the host is no longer registered', host: name };
      const { allowed, why } = evaluate(policy(), inventory(), {
        subject: asker.subject,
        action: 'approve',
        host,
        nowMs,
        ...(asker.channel === undefined ? {} : { channel: asker.channel }),
      });
      if (!allowed) return { ok: false, why, host: name };
    }
    // What was shown must also be what the stored plans are now.
    const changes = await this.changesOf(stored.wave);
    const plans = stored.wave.batches.map((batch) =>
      batch.flatMap(({ change }) => {
        const plan = changes.get(change)?.plan;
        return plan === undefined ? [] : [plan];
      }),
    );
    const shown = waveDigest(plans, hash) === stored.wave.digest ? digest : '';
    const by = {
      person: personOf(policy(), asker.subject.account),
      account: asker.subject.account,
      userGroups: asker.subject.userGroups,
      atMs: nowMs,
      ...(asker.steppedUp === true ? { steppedUp: true as const } : {}),
    };
    const result = await this.decide(id, asker.subject.account, (wave) => approveWave(wave, by, shown));
    return result.ok ? this.look(id) : result;
  }

  /** Nothing new is begun. What is in force keeps its own timer: it is confirmed or taken back host by host. */
  async stop(asker: Asker, id: string, why: string): Promise<WaveResult> {
    const { policy, clock } = this.parts;
    const person = personOf(policy(), asker.subject.account);
    const stored = await this.load(id);
    if (stored === undefined) return unknownWave(id);
    if (person !== stored.wave.requester && !membersOf(stored.wave).some(({ host }) => this.mayRevert(asker, host)))
      return { ok: false, why: 'a wave is stopped by who asked for it, or by who may revert on one of its hosts' };
    const result = await this.decide(id, asker.subject.account, (wave) => stopWave(wave, person, why, clock.now()));
    return result.ok ? this.look(id) : result;
  }

  async due({ subject }: DueDraft): Promise<void> {
    const stored = await this.load(subject);
    if (stored === undefined) return;
    // Before the look: one that dies in it is found again.
    if (stored.wave.endedAtMs === undefined) await this.parts.store.due.schedule([this.lookAt(subject)]);
    await this.look(subject);
  }

  /** Does what can be done now. */
  async look(id: string): Promise<WaveResult> {
    const { clock } = this.parts;
    for (let turns = 0; turns < TRIES; turns++) {
      const stored = await this.load(id);
      if (stored === undefined) return unknownWave(id);
      const { wave } = stored;
      const changes = await this.changesOf(wave);
      const over =
        wave.state === 'proposed' && membersOf(wave).find((it) => memberState(changes.get(it.change)) === 'bad');
      const events = over
        ? [{ type: 'wave-denied' as const, by: 'bot', atMs: clock.now() }]
        : advanceWave(wave, changes, clock.now());
      if (events.length > 0) {
        const moved = await this.decide(id, 'bot', (now) =>
          now.version === wave.version ? { ok: true, events } : { ok: false, why: 'moved' },
        );
        if (!moved.ok && moved.why !== 'moved') return moved;
        continue;
      }
      await this.begin(stored, changes);
      await this.withdraw(stored, changes);
      const now = await this.load(id);
      const after = now?.wave ?? wave;
      this.parts.moved(after, await this.changesOf(after));
      return { ok: true, wave: after };
    }
    return { ok: true, wave: (await this.load(id))?.wave ?? unknownNever() };
  }

  /** The approvals of the wave are given to each change of a begun batch, and authorised anew for it, at its turn. */
  private async begin({ wave, asker }: StoredWave, changes: ReadonlyMap<string, Change>): Promise<void> {
    const { lifecycle, clock, log } = this.parts;
    await Promise.all(
      toBegin(wave, changes).map(async ({ change, digest, host }) => {
        for (const { account, userGroups, steppedUp } of wave.approvals) {
          const result = await lifecycle.approve(
            {
              subject: { account, userGroups, member: true },
              ...(asker.channel === undefined ? {} : { channel: asker.channel }),
              ...(steppedUp === true ? { steppedUp } : {}),
            },
            change,
            digest,
          );
          if (result.ok) {
            if (result.change.state !== 'proposed') return;
            continue;
          }
          log.warn({ host, change, detail: refusalWords(result) }, 'a wave stops: an approval no longer holds');
          await this.decide(wave.id, 'bot', (now) =>
            now.state === 'running'
              ? {
                  ok: true,
                  events: [{ type: 'wave-stopped', why: refusalWords(result), host, by: 'bot', atMs: clock.now() }],
                }
              : { ok: false, why: 'over' },
          );
          return;
        }
      }),
    );
  }

  private async withdraw({ wave, asker }: StoredWave, changes: ReadonlyMap<string, Change>): Promise<void> {
    for (const { change } of toWithdraw(wave, changes)) {
      const result = await this.parts.lifecycle.deny(asker, change, 'its wave has stopped');
      if (!result.ok)
        this.parts.log.warn(
          { change, detail: refusalWords(result) },
          'a change of a stopped wave stays open until it expires',
        );
    }
  }

  private mayRevert({ subject, channel }: Asker, name: string): boolean {
    const { policy, inventory, clock } = this.parts;
    const host = inventory().hosts.get(name);
    return (
      host !== undefined &&
      evaluate(policy(), inventory(), {
        subject,
        action: 'revert',
        host,
        nowMs: clock.now(),
        ...(channel === undefined ? {} : { channel }),
      }).allowed
    );
  }

  private async changesOf(wave: Wave): Promise<ReadonlyMap<string, Change>> {
    const all = await Promise.all(membersOf(wave).map(({ change }) => this.parts.store.changes.load(change)));
    return new Map(all.flatMap((it) => (it === undefined ? [] : [[it.change.id, it.change] as const])));
  }

  private async load(id: string): Promise<(StoredWave & { version: number }) | undefined> {
    const stored = await this.parts.store.documents.get<StoredWave>(KIND, id);
    return stored === undefined ? undefined : { ...stored.value, version: stored.version };
  }

  /** Audited before it stands; compare and set, so that of several processes one moves the wave. */
  private async decide(id: string, account: string, judge: (wave: Wave) => WaveDecision): Promise<WaveResult> {
    for (let tries = 1; ; tries++) {
      const stored = await this.load(id);
      if (stored === undefined) return unknownWave(id);
      const decision = judge(stored.wave);
      if (!decision.ok) return { ok: false, why: decision.why };
      for (const event of decision.events) await this.noteEvent(stored.wave, account, event);
      const wave = decision.events.reduce(evolveWave, stored.wave);
      try {
        await this.parts.store.documents.put(
          KIND,
          id,
          { wave, asker: stored.asker } satisfies StoredWave,
          stored.version,
        );
        return { ok: true, wave };
      } catch (error) {
        if (!(error instanceof StoreFailure) || error.problem !== 'conflict' || tries >= TRIES) throw error;
      }
    }
  }

  private noteEvent(wave: Wave, account: string, event: WaveEvent): Promise<void> {
    return this.note(wave, account, event.type.replace(/^(wave|batch)-/, '$1.'), { ...event, digest: wave.digest });
  }

  private async note(wave: Wave, account: string, kind: string, data: Record<string, unknown>): Promise<void> {
    const actor = account === 'bot' ? 'bot' : `${personOf(this.parts.policy(), account)} (${account})`;
    await this.parts.store.audit.append([
      { atMs: this.parts.clock.now(), actor, kind, data: { wave: wave.id, ...data } },
    ]);
  }

  private lookAt(id: string): DueDraft {
    return { id: `wave:${id}`, kind: KIND, subject: id, atMs: this.parts.clock.now() + LOOK_MS };
  }
}

const refusalWords = (result: Extract<Result, { ok: false }>): string =>
  'detail' in result.refusal && typeof result.refusal.detail === 'string' ? result.refusal.detail : result.refusal.code;
const unknownWave = (id: string): WaveResult => ({ ok: false, why: `there is no wave ${id}` });
const unknownNever = (): never => {
  throw new Error('a wave that was there is gone');
};
