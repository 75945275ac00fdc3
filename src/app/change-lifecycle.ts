/**
 * Carries changes through their life: load, authorise, decide, append to the log, act, append what came of it. Nothing that
 * matters is in memory alone: a process that dies at any line is taken over at the next start, by this program or another.
 */
import type { AuditDraft } from '../core/audit.js';
import { type Actor, type Change, type ChangeEvent, type Doer, isEnded, type Measurement } from '../core/change.js';
import type { Decision, Permission, Refusal } from '../core/change-decide.js';
import * as decide from '../core/change-decide.js';
import { judgeEffect } from '../core/effect.js';
import type { Diagnosis } from '../core/finding.js';
import { TTL_SECONDS_MIN } from '../core/gate/request.js';
import type { Host, Inventory } from '../core/inventory.js';
import { type Hash, type Plan, type PlanEntry, planDigest } from '../core/plan-digest.js';
import { type Action, evaluate, evaluateKeys, type Policy, personOf, type Subject } from '../core/policy.js';
import type { SysctlEntry } from '../core/sysctl.js';
import type { Clock, Ids } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type DueDraft, type Store, StoreFailure } from '../ports/store.js';
import type { GateDoor, Told } from './change-gate.js';

/** How long a request may be on its way before the host must refuse it. */
const NOT_AFTER_SECONDS = 20;
const SETTLE_AGAIN_MS = 3_000;
const APPLY_AGAIN_MS = 10_000;
const AFTER_WINDOW_MS = 2_500;
const BEFORE_END_MS = 60_000;
const ESCALATE_BEFORE_MS = 10 * 60_000;

export interface LifecycleParts {
  store: Store;
  gate: GateDoor;
  clock: Clock;
  ids: Ids;
  log: Log;
  hash: Hash;
  policy: () => Policy;
  inventory: () => Inventory;
  catalogue: ReadonlyMap<string, SysctlEntry>;
  /** fresh; never throws */
  diagnose: (host: Host) => Promise<{ ok: true; diagnosis: Diagnosis } | { ok: false; failure: string }>;
  /** seconds after the change came into force */
  verifyAfterSeconds: readonly number[];
  /** told after every move; what it does must not fail the move */
  moved: (change: Change) => void;
  /** told when a person must act: before an end, or when nobody else can */
  nudge: (change: Change, about: Nudge) => void;
}

/** `approval`: nobody did yet; `escalation`: and soon it ends; `window`: in force, and soon taken back unconfirmed; `worse`: in force, and the last look found it worse. */
export type Nudge = 'approval' | 'escalation' | 'window' | 'worse';

export type Result =
  | { ok: true; change: Change }
  | { ok: false; refusal: Refusal | { code: 'store' | 'host-busy' | 'unknown-change'; detail: string } };

/** Who clicks, as it was looked up at this click. */
export interface Asker {
  subject: Subject;
  channel?: string;
  /** a one-time code was checked at this click */
  steppedUp?: true;
}

/** A host's registration in a plan: other keys, another address or port is another host. */
export const hostIdentity = (host: Host): Plan['host'] => ({
  name: host.name,
  address: host.address,
  port: host.port,
  keys:
    host.hostKeys.kind === 'pinned'
      ? [...host.hostKeys.keys].sort().join('\n')
      : `known_hosts ${host.hostKeys.path} ${host.hostKeys.alias ?? ''}`.trim(),
});

const actorText = (doer: Doer): string => (doer === 'bot' ? 'bot' : `${doer.person} (${doer.account})`);

export class ChangeLifecycle {
  constructor(private readonly parts: LifecycleParts) {}

  /** A new change, not yet allowed by anybody. `entries` carry the values that the host has now. */
  async propose(
    asker: Asker,
    wish: {
      /** of the draft that it was; the same draft sent twice is one change */
      id?: string;
      host: Host;
      entries: readonly PlanEntry[];
      reason: string;
      incident?: string;
      finding?: { id: string; subject?: string };
      confirmWindowSeconds: number;
      persistent: boolean;
      undoes?: string;
    },
  ): Promise<Result> {
    const { ids, clock, hash, policy } = this.parts;
    const nowMs = clock.now();
    const by = this.actor(asker);
    const keys = evaluateKeys(policy(), this.parts.catalogue, wish.entries);
    let permission = this.permission(asker, 'propose', wish.host);
    if (permission.allowed && !keys.allowed) permission = { allowed: false, why: keys.why };
    if (permission.allowed && wish.persistent && !keys.mayPersist)
      permission = { allowed: false, why: 'the policy allows these keys at runtime only' };
    const { max } = policy().confirmWindowSeconds;
    const fits = wish.confirmWindowSeconds >= TTL_SECONDS_MIN && wish.confirmWindowSeconds <= max;
    if (permission.allowed && !fits)
      permission = { allowed: false, why: `the host can wait ${TTL_SECONDS_MIN} s to ${max} s for a confirmation` };
    const plan: Plan = {
      host: hostIdentity(wish.host),
      entries: wish.entries,
      confirmWindowSeconds: wish.confirmWindowSeconds,
      persistent: wish.persistent,
    };
    const id = wish.id ?? ids.next();
    const expiresAtMs = nowMs + policy().expiresAfterSeconds * 1_000;
    const { reason, incident, finding, undoes } = wish;
    const decision = decide.propose({
      id,
      plan,
      digest: planDigest(plan, hash),
      by,
      reason,
      ...(incident === undefined ? {} : { incident }),
      ...(finding === undefined ? {} : { finding }),
      ...(undoes === undefined ? {} : { undoes }),
      nowMs,
      expiresAtMs,
      approvalsNeeded: keys.approvals,
      permission,
    });
    return this.record(undefined, id, decision, by, {
      host: wish.host.name,
      due: [
        { id: `${id}:expire`, kind: 'change-expire', subject: id, atMs: expiresAtMs },
        { id: `${id}:nudge`, kind: 'change-nudge', subject: id, atMs: nowMs + (expiresAtMs - nowMs) / 2 },
        {
          id: `${id}:escalation`,
          kind: 'change-escalation',
          subject: id,
          atMs: expiresAtMs - Math.min(ESCALATE_BEFORE_MS, (expiresAtMs - nowMs) / 4),
        },
      ],
      ...(asker.channel === undefined ? {} : { channel: asker.channel }),
    });
  }

  /** @param digest as the clicked message carried it */
  async approve(asker: Asker, id: string, digest: string, glass?: { reason: string }): Promise<Result> {
    const judge = (change: Change, by: Actor, nowMs: number): Decision => {
      const again = planDigest(change.plan, this.parts.hash);
      const breakGlass = glass === undefined ? undefined : { reason: glass.reason, skipped: this.skipped(change, by) };
      return decide.approve(change, {
        by,
        // Two must agree with the stored one: what was shown, and what the stored plan is.
        digest: again === digest ? digest : '',
        nowMs,
        permission: this.steppedUp(
          asker,
          change,
          glass === undefined
            ? this.permission(asker, 'approve', this.hostOf(change))
            : this.glassPermission(asker, change),
        ),
        ...(breakGlass === undefined ? {} : { breakGlass }),
      });
    };
    // A bot that dies between the approval and the first word to the host is taken over by whoever finds this due.
    const result = await this.onChange(asker, id, judge, (nowMs) => [
      { id: `${id}:apply`, kind: 'change-apply', subject: id, atMs: nowMs + APPLY_AGAIN_MS },
    ]);
    if (result.ok && result.change.state === 'approved') return this.apply(result.change.id);
    return result;
  }

  deny(asker: Asker, id: string, reason: string): Promise<Result> {
    return this.onChange(asker, id, (change, by, nowMs) =>
      decide.deny(change, { by, reason, nowMs, permission: this.permission(asker, 'approve', this.hostOf(change)) }),
    );
  }

  review(asker: Asker, id: string): Promise<Result> {
    return this.onChange(asker, id, (change, by, nowMs) =>
      decide.review(change, { by, nowMs, permission: this.permission(asker, 'review', this.hostOf(change)) }),
    );
  }

  async confirm(asker: Asker, id: string): Promise<Result> {
    return this.step(asker, id, 'confirm', (change, by, nowMs) =>
      decide.beginConfirm(change, {
        by,
        nowMs,
        notAfterMs: nowMs + NOT_AFTER_SECONDS * 1_000,
        permission: this.permission(asker, 'confirm', this.hostOf(change)),
      }),
    );
  }

  async revert(asker: Asker, id: string, why: string): Promise<Result> {
    return this.step(asker, id, 'revert', (change, by, nowMs) =>
      decide.beginRevert(change, {
        by,
        nowMs,
        why,
        notAfterMs: nowMs + NOT_AFTER_SECONDS * 1_000,
        permission: this.permission(asker, 'revert', this.hostOf(change)),
      }),
    );
  }

  /** Whether somebody may allow it alone, in an emergency; asked again when they do. */
  mayBreakGlass(asker: Asker, change: Change): Permission {
    return this.glassPermission(asker, change);
  }

  /** What has come due for a change. Never throws; what can't be done now is due again. */
  async due({ kind, subject }: DueDraft): Promise<void> {
    const loaded = await this.parts.store.changes.load(subject);
    if (loaded === undefined) return;
    const { change } = loaded;
    switch (kind) {
      case 'change-expire':
        await this.record(change, change.id, decide.expire(change, this.parts.clock.now()), 'bot');
        return;
      case 'change-nudge':
        if (change.state === 'proposed') this.parts.nudge(change, 'approval');
        return;
      case 'change-escalation':
        if (change.state === 'proposed') this.parts.nudge(change, 'escalation');
        return;
      case 'change-window-nudge':
        if (change.state === 'applied' || change.state === 'verified') this.parts.nudge(change, 'window');
        return;
      case 'change-apply':
        if (change.state === 'approved') await this.apply(change.id);
        return;
      case 'change-measure':
        await this.measure(change);
        return;
      case 'change-settle':
        await this.settle(change);
        return;
    }
  }

  /** Sends an approved change to its host. Also after a restart, and when the host could not be reached before. */
  async apply(id: string): Promise<Result> {
    const { store, clock, hash, gate, policy } = this.parts;
    const loaded = await store.changes.load(id);
    if (loaded === undefined) return unknownChange(id);
    const { change } = loaded;
    if (change.state !== 'approved') return { ok: true, change };
    const overdue = decide.expire(change, clock.now());
    if (overdue.ok) return this.record(change, id, overdue, 'bot');
    const host = this.parts.inventory().hosts.get(change.plan.host.name);
    const digest = host === undefined ? '' : planDigest({ ...change.plan, host: hostIdentity(host) }, hash);
    // The policy may have moved since: what it allows no longer is not applied.
    const keys = evaluateKeys(policy(), this.parts.catalogue, change.plan.entries);
    if (host === undefined || digest !== change.digest || !keys.allowed) {
      const detail =
        host === undefined
          ? 'the host is no longer registered'
          : keys.allowed
            ? 'the host is registered otherwise than when this was approved'
            : keys.why;
      return this.record(change, id, { ok: true, events: [{ type: 'went-stale', atMs: clock.now(), detail }] }, 'bot');
    }
    const before = await this.parts.diagnose(host);
    const hostClock = before.ok ? await gate.clock(host) : { failure: before.failure };
    if (!before.ok || 'failure' in hostClock) {
      const failure = 'failure' in hostClock ? hostClock.failure : '';
      await store.due.schedule([
        { id: `${id}:apply`, kind: 'change-apply', subject: id, atMs: clock.now() + APPLY_AGAIN_MS },
      ]);
      await store.documents.put('change-waits', id, { failure, atMs: clock.now() });
      this.parts.moved(change);
      return { ok: true, change };
    }
    const nowMs = clock.now();
    const decision = decide.beginApply(change, {
      by: change.approvals.at(-1)?.by ?? 'bot',
      digest,
      nowMs,
      notAfterMs: nowMs + NOT_AFTER_SECONDS * 1_000,
    });
    const intended = await this.record(change, id, decision, 'bot', {
      due: [this.settleDue(id, nowMs + (NOT_AFTER_SECONDS + 1) * 1_000)],
    });
    if (!intended.ok && intended.refusal.code === 'store' && intended.refusal.detail === 'conflict') {
      // Another process was quicker with the very same: it carries the change on.
      const moved = await store.changes.load(id);
      return moved === undefined ? unknownChange(id) : { ok: true, change: moved.change };
    }
    if (!intended.ok || intended.change.state !== 'applying') return intended;
    // By the one process whose intent stands, and before the host is told: no other may overwrite it with what came after.
    await store.documents.put('change-before', id, before.diagnosis);
    // The host's time left, cut by what the bot has spent since it asked for the host's clock.
    const told = await gate.set(host, id, change.plan, {
      ...hostClock,
      uptimeSeconds: hostClock.uptimeSeconds + NOT_AFTER_SECONDS,
    });
    return this.take(intended.change, told);
  }

  /** Asks the host what became of a change, and follows. */
  async settle(change: Change): Promise<Result> {
    if (isEnded(change.state) || change.state === 'proposed' || change.state === 'approved')
      return { ok: true, change };
    const host = this.parts.inventory().hosts.get(change.plan.host.name);
    const told: Told =
      host === undefined
        ? { status: 'unknown', failure: 'the host is no longer registered' }
        : await this.parts.gate.step(host, 'status', change.id);
    return this.take(change, told);
  }

  private async step(
    asker: Asker,
    id: string,
    verb: 'confirm' | 'revert',
    begin: (change: Change, by: Actor, nowMs: number) => Decision,
  ): Promise<Result> {
    const intended = await this.onChange(asker, id, begin, (nowMs) => [this.settleDue(id, nowMs + SETTLE_AGAIN_MS)]);
    if (!intended.ok) return intended;
    const host = this.parts.inventory().hosts.get(intended.change.plan.host.name);
    if (host === undefined) return intended;
    return this.take(intended.change, await this.parts.gate.step(host, verb, id));
  }

  /** Follows what a host told; where it told nothing, asks again later. */
  private async take(change: Change, told: Told): Promise<Result> {
    const nowMs = this.parts.clock.now();
    const again = this.settleDue(change.id, nowMs + SETTLE_AGAIN_MS);
    if (told.status === 'unknown') {
      this.parts.log.warn(
        { host: change.plan.host.name, change: change.id, detail: told.failure },
        'what became of a change is unknown',
      );
      await this.parts.store.due.schedule([again]);
      return { ok: true, change };
    }
    const events = decide.settle(change, told.report, nowMs);
    if (events.length === 0) {
      // Of a change in force nothing new is expected before its window ends, unless a step is under way.
      const waits =
        change.underway !== undefined || told.report.state === 'revert-failed' || nowMs >= (change.windowEndsAtMs ?? 0);
      if (waits) await this.parts.store.due.schedule([again]);
      return { ok: true, change };
    }
    const result = await this.record(change, change.id, { ok: true, events }, 'host', {
      due: this.dueAfter(change.id, events),
      detail: { end: told.end },
    });
    return result;
  }

  private async measure(change: Change): Promise<void> {
    const { store, clock } = this.parts;
    if (change.state !== 'applied' || change.appliedAtMs === undefined) return;
    const host = this.parts.inventory().hosts.get(change.plan.host.name);
    const before = await store.documents.get<Diagnosis>('change-before', change.id);
    const now =
      host === undefined
        ? { ok: false as const, failure: 'the host is no longer registered' }
        : await this.parts.diagnose(host);
    const nowMs = clock.now();
    const afterSeconds = Math.round((nowMs - change.appliedAtMs) / 1_000);
    let measurement: Measurement = {
      atMs: nowMs,
      afterSeconds,
      outcome: 'unknown',
      before: '',
      now: now.ok ? 'nothing to compare with' : now.failure,
    };
    if (now.ok && before !== undefined) {
      const effect = judgeEffect(change.finding?.id, before.value, now.diagnosis);
      const harm = effect.newlyCritical.length === 0 ? '' : `; new: ${effect.newlyCritical.join(', ')}`;
      measurement = {
        atMs: nowMs,
        afterSeconds,
        outcome: effect.outcome,
        before: effect.before,
        now: `${effect.now}${harm}`,
      };
    }
    const isLast = afterSeconds >= (this.parts.verifyAfterSeconds.at(-1) ?? 0);
    const noted = await this.record(change, change.id, decide.measured(change, measurement, isLast), 'bot');
    // A message that is edited notifies nobody.
    if (noted.ok && measurement.outcome === 'worse' && change.measurements.at(-1)?.outcome !== 'worse')
      this.parts.nudge(noted.change, 'worse');
  }

  private dueAfter(id: string, events: readonly ChangeEvent[]): DueDraft[] {
    return events.flatMap((event): DueDraft[] => {
      if (event.type !== 'applied') return [];
      const { atMs, windowEndsAtMs } = event;
      return [
        ...this.parts.verifyAfterSeconds
          .map((seconds) => ({
            id: `${id}:measure:${seconds}`,
            kind: 'change-measure',
            subject: id,
            atMs: atMs + seconds * 1_000,
          }))
          .filter((due) => due.atMs < windowEndsAtMs),
        {
          id: `${id}:window-nudge`,
          kind: 'change-window-nudge',
          subject: id,
          atMs: windowEndsAtMs - Math.min(BEFORE_END_MS, (windowEndsAtMs - atMs) / 2),
        },
        // An id of its own: asking in between, for a step, must not put off the look at the end.
        { id: `${id}:window-end`, kind: 'change-settle', subject: id, atMs: windowEndsAtMs + AFTER_WINDOW_MS },
      ];
    });
  }

  private settleDue(id: string, atMs: number): DueDraft {
    return { id: `${id}:settle`, kind: 'change-settle', subject: id, atMs };
  }

  private async onChange(
    asker: Asker,
    id: string,
    judge: (change: Change, by: Actor, nowMs: number) => Decision,
    due?: (nowMs: number) => DueDraft[],
  ): Promise<Result> {
    const by = this.actor(asker);
    for (let tries = 0; ; tries++) {
      const loaded = await this.load(id);
      if ('refusal' in loaded) return { ok: false, refusal: loaded.refusal };
      const nowMs = this.parts.clock.now();
      const decision = judge(loaded.change, by, nowMs);
      const result = await this.record(loaded.change, id, decision, by, {
        ...(due === undefined ? {} : { due: due(nowMs) }),
        ...(asker.channel === undefined ? {} : { channel: asker.channel }),
      });
      // Somebody was quicker: what holds now decides, and says who it was.
      if (!result.ok && result.refusal.code === 'store' && result.refusal.detail === 'conflict' && tries < 5) continue;
      return result;
    }
  }

  private async load(
    id: string,
  ): Promise<{ change: Change } | { refusal: { code: 'store' | 'unknown-change'; detail: string } }> {
    try {
      const loaded = await this.parts.store.changes.load(id);
      return loaded ?? { refusal: { code: 'unknown-change', detail: `there is no change ${id}` } };
    } catch (error) {
      return { refusal: { code: 'store', detail: error instanceof StoreFailure ? error.message : String(error) } };
    }
  }

  /** Events and their audit entries in one transaction; a refusal is audited too. No entry, no action. */
  private async record(
    change: Change | undefined,
    id: string,
    decision: Decision,
    doer: Doer | 'host',
    extra: { host?: string; channel?: string; due?: readonly DueDraft[]; detail?: Record<string, unknown> } = {},
  ): Promise<Result> {
    const { store, clock, log } = this.parts;
    const host = change?.plan.host.name ?? extra.host;
    const base = {
      atMs: clock.now(),
      actor: doer === 'host' ? 'host' : actorText(doer),
      change: id,
      ...(host === undefined ? {} : { host }),
      ...(extra.channel === undefined ? {} : { channel: extra.channel }),
    };
    try {
      if (!decision.ok) {
        if (doer !== 'bot')
          await store.audit.append([{ ...base, kind: 'change.refused', data: { ...decision.refusal } }]);
        return decision;
      }
      const audit = decision.events.map(
        (event): AuditDraft => ({ ...base, kind: `change.${event.type}`, data: { ...event, ...extra.detail } }),
      );
      const moved = await store.changes.append({
        id,
        expectedVersion: change?.version ?? 0,
        events: decision.events,
        audit,
        ...(extra.due === undefined ? {} : { due: extra.due }),
      });
      this.parts.moved(moved);
      return { ok: true, change: moved };
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      if (error.problem === 'host-busy') return { ok: false, refusal: { code: 'host-busy', detail: error.message } };
      log.error({ change: id, problem: error.problem, err: error }, 'a step was not recorded, so it was not taken');
      return {
        ok: false,
        refusal: { code: 'store', detail: error.problem === 'conflict' ? 'conflict' : error.message },
      };
    }
  }

  private actor({ subject }: Asker): Actor {
    return { person: personOf(this.parts.policy(), subject.account), account: subject.account };
  }

  /** As it is registered now; one that is gone keeps the name that grants are looked up by. */
  private hostOf(change: Change): Host | undefined {
    return this.parts.inventory().hosts.get(change.plan.host.name);
  }

  private permission({ subject, channel }: Asker, action: Action, host: Host | undefined): Permission {
    if (host === undefined) return { allowed: false, why: 'the host is no longer registered' };
    const verdict = evaluate(this.parts.policy(), this.parts.inventory(), {
      subject,
      action,
      host,
      nowMs: this.parts.clock.now(),
      ...(channel === undefined ? {} : { channel }),
    });
    return verdict.allowed ? { allowed: true } : { allowed: false, why: verdict.why };
  }

  /** Keys that ask for more than a click ask it of everybody, with broken glass too. */
  private steppedUp(asker: Asker, change: Change, permission: Permission): Permission {
    if (!permission.allowed || asker.steppedUp === true) return permission;
    const { stepUp } = evaluateKeys(this.parts.policy(), this.parts.catalogue, change.plan.entries);
    return stepUp ? { allowed: false, why: 'these keys ask for a one-time code beside the click' } : permission;
  }

  private glassPermission(asker: Asker, change: Change): Permission {
    const { breakGlass } = this.parts.policy();
    const host = this.hostOf(change);
    if (breakGlass === undefined || host === undefined)
      return { allowed: false, why: 'the policy has no break-glass for this host' };
    const covered = evaluate(
      {
        ...this.parts.policy(),
        grants: [{ hosts: breakGlass.hosts, channels: [], roles: { approve: breakGlass.roles } }],
        freezes: [],
      },
      this.parts.inventory(),
      { subject: asker.subject, action: 'approve', host, nowMs: this.parts.clock.now() },
    );
    if (!covered.allowed) return { allowed: false, why: covered.why };
    if (change.plan.confirmWindowSeconds > breakGlass.confirmWindowSeconds)
      return {
        allowed: false,
        why: `with break-glass the host waits ${breakGlass.confirmWindowSeconds} s at the most; propose it with that window`,
      };
    return { allowed: true };
  }

  /** People who would have been asked: they are told at once. */
  private skipped(change: Change, by: Actor): string[] {
    const host = this.hostOf(change);
    if (host === undefined) return [];
    const { whoCould } = evaluate(this.parts.policy(), this.parts.inventory(), {
      subject: { account: by.account, userGroups: [], member: true },
      action: 'approve',
      host,
      nowMs: this.parts.clock.now(),
    });
    return [...whoCould];
  }
}

const unknownChange = (id: string): Result => ({
  ok: false,
  refusal: { code: 'unknown-change', detail: `there is no change ${id}` },
});
