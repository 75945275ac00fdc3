/**
 * Carries waves: writes a change for each host, takes the one approval, begins batch after batch, stops. Each host's change goes
 * its own audited way through the life-cycle; a wave that loses its process is taken up by whoever finds it due.
 */
import { type Change, isEnded } from '../core/change.js';
import type { Permission } from '../core/change-decide.js';
import { hostIdentity } from '../core/plan-digest.js';
import { evaluateKeys, tightened } from '../core/policy.js';
import {
  approveWave,
  begunOf,
  denyWave,
  membersOf,
  revertWave,
  stopWave,
  type Wave,
  type WaveActor,
  type WaveDecision,
  type WaveMember,
  waveDigest,
} from '../core/wave.js';
import { isOpen, isSettled, toConfirm } from '../core/wave-course.js';
import type { DueDraft } from '../ports/store.js';
import type { ChangeLifecycle } from './change-lifecycle.js';
import { actorOf, permission } from './change-permission.js';
import type { Asker, ChangePorts, Notice, Nudge, Result, SubjectNow } from './change-ports.js';
import { proposeWave, type WaveWish } from './wave-propose.js';
import { dueToLook, unknownWave, WaveRecords, type WaveResult } from './wave-records.js';
import { WaveTurns } from './wave-turns.js';

/** hosts at once for a step on all of them */
const AT_ONCE = 8;

export interface WavesParts extends ChangePorts {
  lifecycle: Pick<ChangeLifecycle, 'propose' | 'approve' | 'withdraw' | 'confirm' | 'revert'>;
  /** seconds after a change came into force */
  verifyAfterSeconds: readonly number[];
  /** What an account is now: an approval is believed at each host's turn, not for the whole course. */
  subjectNow: SubjectNow;
  /** told after every move; what it does must not fail the move */
  moved: (wave: Wave) => void;
  /** whether the wave's message shows less than has become of it */
  isBehind: (wave: Wave, changes: ReadonlyMap<string, Change>) => Promise<boolean>;
  /** Tells people who must act, once per what is due; `change` where it is about one of its hosts. Rejects where they could not be told. */
  tell: (wave: Wave, about: Nudge, due: DueDraft, change?: Change) => Promise<void>;
}

export class Waves {
  readonly records: WaveRecords;
  private readonly turns: WaveTurns;

  constructor(private readonly parts: WavesParts) {
    this.records = new WaveRecords(parts);
    this.turns = new WaveTurns(parts, this.records);
  }

  propose(asker: Asker, wish: WaveWish): Promise<WaveResult> {
    return proposeWave(this.parts, this.records, (id) => this.turns.poke(id), asker, wish);
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
      const why = same
        ? tightened(keys, { approvals: wave.approvalsNeeded, persistent: wave.persistent })
        : 'it is registered otherwise than when this was proposed';
      if (why !== undefined) {
        // What is shown can't be had any more, whoever approves it.
        const events = [{ type: 'wave-stale' as const, why, host: name, atMs: by.atMs }];
        await this.records.decide(id, 'bot', (now) => (now.state === 'proposed' ? { ok: true, events } : moved));
        void this.turns.poke(id);
        return this.records.refused(wave, by, { code: 'stale', detail: `${name}: ${why}` }, name);
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
    return this.step(asker, id, 'approve', anyHost, (wave, by) => denyWave(wave, by, why, by.atMs));
  }

  /** Nothing new is begun. What is in force keeps its own timer: it is confirmed or taken back host by host, or as a whole. */
  stop(asker: Asker, id: string): Promise<WaveResult> {
    return this.step(asker, id, 'revert', anyHost, (wave, by) => stopWave(wave, by, `asked by ${by.person}`, by.atMs));
  }

  /**
   * Stops it, and takes back whatever is in force now or comes into force after all. It takes the right on each host that this
   * means; those that had no turn, are over, or are no longer registered have nothing to take back.
   */
  revert(asker: Asker, id: string): Promise<WaveResult> {
    const mayAll: Judge = async (wave, verdictOf, by) => {
      const changes = await this.records.changesOf(wave);
      const { hosts } = this.parts.inventory();
      const meant = begunOf(wave).filter(({ change: of, host }) => {
        const change = changes.get(of);
        return change !== undefined && !isEnded(change.state) && hosts.has(host);
      });
      if (meant.length === 0) return anyHost(wave, verdictOf, by);
      return meant.flatMap((member) => {
        const verdict = verdictOf(member);
        return verdict.allowed ? [] : [`${member.host}: ${verdict.why}`];
      })[0];
    };
    return this.step(asker, id, 'revert', mayAll, revertWave);
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
    const first = batch.find((member) => isOpen(changes.get(member.change)));
    if (about !== 'window' || first?.change === change.id) await this.parts.tell(wave, about, due, change);
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
    const changes = await this.records.changesOf(wave);
    const isLeft = !isSettled(wave, changes) || (await this.parts.isBehind(wave, changes));
    if (isLeft) await this.parts.store.due.schedule([dueToLook(wave, this.parts.clock.now())]);
    void this.turns.poke(subject);
  }

  /** Does what can be done now, and what comes of it. */
  async look(id: string): Promise<void> {
    await this.turns.poke(id);
    await this.turns.begun();
  }

  /** Begins nothing new, and waits for what is under way; what is left stays due. */
  finish(): Promise<void> {
    return this.turns.finish();
  }

  private async step(
    asker: Asker,
    id: string,
    action: 'approve' | 'revert',
    may: Judge,
    judge: (wave: Wave, by: WaveActor) => WaveDecision,
  ): Promise<WaveResult> {
    const stored = await this.records.load(id);
    if (stored === undefined) return unknownWave(id);
    const by = this.actor(asker);
    const { hosts } = this.parts.inventory();
    const verdictOf = ({ host }: WaveMember) => permission(this.parts, asker, action, hosts.get(host));
    const no = await may(stored.wave, verdictOf, by);
    if (no !== undefined) return this.records.refused(stored.wave, by, { code: 'not-permitted', detail: no });
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

/** Who may take a step of the whole. @returns why not */
type Judge = (
  wave: Wave,
  verdictOf: (member: WaveMember) => Permission,
  by: WaveActor,
) => string | undefined | Promise<string | undefined>;

/** Who asked for it, and who may on any of its hosts. */
const anyHost: Judge = (wave, verdictOf, by) => {
  if (by.person === wave.requester.person) return undefined;
  const verdicts = membersOf(wave).map(verdictOf);
  const [first] = verdicts.flatMap((verdict) => (verdict.allowed ? [] : [verdict.why]));
  return verdicts.some(({ allowed }) => allowed) ? undefined : (first ?? '');
};

const moved = { ok: false, refusal: { code: 'wrong-state', detail: 'it has moved meanwhile' } } as const;
