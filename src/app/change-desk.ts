/**
 * What one person may do with changes from where they are: drafts, clicks and questions. Each method loads, authorises and decides
 * anew, and gives back what to show. Where the store can't be written nothing is done, and that is said.
 */

import { changeDetailMessage, changesMessage, noSuchChangeMessage } from '../blocks/change-list.js';
import {
  byHandModal,
  codeModal,
  dryRunModal,
  glassWithCode,
  proposalModal,
  reasonModal,
  refusedModal,
} from '../blocks/change-modals.js';
import { type RefusedClick, refusedClickMessage, whoCanMessage } from '../blocks/change-notices.js';
import { type Mention, titleOf } from '../blocks/change-words.js';
import type { Offer } from '../blocks/findings.js';
import type { Message, Modal } from '../blocks/message.js';
import type { SysctlsRead } from '../command.js';
import type { ChangeDesk, ChangeRef, ChangesAsked, DraftWish, Shown } from '../command-changes.js';
import { type Caller, personKey } from '../core/caller.js';
import type { Change, ChangeEvent } from '../core/change.js';
import { byHand, dryRun } from '../core/dry-run.js';
import type { Diagnosis } from '../core/finding.js';
import { TTL_SECONDS_MIN } from '../core/gate/request.js';
import type { Host, Inventory } from '../core/inventory.js';
import { type PlanContext, type Planned, plan, planByHand, planFinding } from '../core/plan.js';
import { hostIdentity } from '../core/plan-digest.js';
import { type Action, evaluate, evaluateKeys, type Policy, peopleIn, personOf, type Subject } from '../core/policy.js';
import type { SysctlValues } from '../core/snapshot.js';
import type { SysctlEntry } from '../core/sysctl.js';
import type { Place } from '../ports/chat.js';
import type { Clock, Ids } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type Store, StoreFailure } from '../ports/store.js';
import { type ChangeBoard, DRAFTS, type Draft } from './change-board.js';
import { approverMentions, cardFor } from './change-card.js';
import type { GateDoor } from './change-gate.js';
import type { ChangeLifecycle } from './change-lifecycle.js';
import { mentionsOf } from './change-people.js';
import type { Asker, Result } from './change-ports.js';
import type { StepUp } from './change-step-up.js';

/** a draft is sent within this, or its values are too old to be shown as “now” */
const DRAFT_MS = 30 * 60_000;
const DRAFT_KEPT_MS = 24 * 3_600_000;
const NOT_AFTER_SECONDS = 20;
const LIST_MAX = 50;
const INCIDENT = /https?:\/\/[^\s<>|]{4,300}|\b[A-Z][A-Z0-9]{1,9}-\d{1,8}\b/;

export interface ChangeDeskParts {
  store: Store;
  lifecycle: ChangeLifecycle;
  board: ChangeBoard;
  stepUp: StepUp;
  gate: GateDoor;
  clock: Clock;
  ids: Ids;
  log: Log;
  policy: () => Policy;
  inventory: () => Inventory;
  catalogue: ReadonlyMap<string, SysctlEntry>;
  /** fresh */
  readSysctls: (host: Host) => Promise<SysctlsRead>;
  maySee: (caller: Caller, host: Host, subject: Subject) => boolean;
}

type Loaded = { change: Change; events: readonly ChangeEvent[] };

/** The last who did what makes a second click one too many. */
const firstOf = (events: readonly ChangeEvent[], wanted: 'approve' | 'deny' | 'confirm' | 'revert' | 'review') => {
  const did = {
    approve: { 'approval-given': 'approved', denied: 'denied it', withdrawn: 'withdrew it' },
    deny: { 'approval-given': 'approved', denied: 'denied it', withdrawn: 'withdrew it' },
    confirm: { 'confirm-intended': 'confirmed', 'revert-intended': 'reverted' },
    revert: { 'confirm-intended': 'confirmed', 'revert-intended': 'reverted' },
    review: { reviewed: 'reviewed it' },
  }[wanted] as Readonly<Record<string, string>>;
  for (const event of [...events].reverse()) {
    const what = did[event.type];
    if (what !== undefined && 'by' in event && event.by !== 'bot') return { by: event.by, did: what, atMs: event.atMs };
  }
  return undefined;
};

export class CallersChanges implements ChangeDesk {
  constructor(
    private readonly parts: ChangeDeskParts,
    private readonly caller: Caller,
    private readonly subject: Subject,
  ) {}

  offers(host: Host, diagnosis: Diagnosis): readonly Offer[] {
    const offers: Offer[] = [];
    for (const finding of diagnosis.findings) {
      if (finding.status !== 'present' || finding.remedies.length === 0) continue;
      const about = { finding: finding.id, ...(finding.subject === undefined ? {} : { subject: finding.subject }) };
      if (host.change === undefined) offers.push({ ...about, label: 'Show the commands' });
      else {
        const planned = planFinding(finding, this.context(host));
        offers.push(planned.ok ? about : { ...about, refused: this.refusalText(planned) });
      }
    }
    return offers;
  }

  async draft(host: Host, wish: DraftWish): Promise<Modal> {
    return this.modalOr(`A change on ${host.name}`, async () => {
      const what = `A change on ${host.name}`;
      if (this.isDirect())
        return refusedModal({ what, why: 'Propose it in a channel, where those who approve it see it.' });
      const busy = await this.openOn(host);
      if (busy !== undefined && host.change !== undefined)
        return refusedModal({
          what,
          why: `It has an open change, ${titleOf(busy)} (/changes ${busy.id}). One at a time.`,
        });
      const read = await this.parts.readSysctls(host);
      if (read.status === 'failed') return refusedModal({ what, why: read.failure.message });
      if (host.change === undefined) return this.commands(host, wish, read.facts.values);
      const { max } = this.parts.policy().confirmWindowSeconds;
      const { windowSeconds = TTL_SECONDS_MIN } = wish;
      if (windowSeconds < TTL_SECONDS_MIN || windowSeconds > max)
        return refusedModal({ what, why: `The host can wait ${TTL_SECONDS_MIN} s to ${max} s for a confirmation.` });
      const planned = plan(wish.wishes, read.facts.values, this.context(host), { partly: wish.partly });
      if (!planned.ok) return this.refused(what, host, planned, wish.wishes);
      return this.proposal(host, planned, { ...wish, readAt: read.readAt });
    });
  }

  async draftUndo(ref: ChangeRef): Promise<Modal> {
    return this.modalOr('Undo', async () => {
      const loaded = await this.load(ref.change);
      const host = loaded === undefined ? undefined : this.hostOf(loaded.change);
      if (loaded === undefined || host === undefined)
        return refusedModal({ what: 'Undo', why: 'There is no such change, or its host is no longer registered.' });
      const { change } = loaded;
      const what = `Undo on ${host.name}`;
      if (change.state !== 'confirmed')
        return refusedModal({ what, why: `Only a confirmed change is undone; this one is ${change.state}.` });
      const busy = await this.openOn(host);
      if (busy !== undefined)
        return refusedModal({
          what,
          why: `It has an open change, ${titleOf(busy)} (/changes ${busy.id}). One at a time.`,
        });
      const read = await this.parts.readSysctls(host);
      if (read.status === 'failed') return refusedModal({ what, why: read.failure.message });
      const moved = change.plan.entries.find(({ key, to }) => folded(read.facts.values[key]) !== to);
      if (moved !== undefined)
        return refusedModal({
          what,
          why: `${moved.key} is ${folded(read.facts.values[moved.key]) ?? 'not readable'} now, not ${moved.to}: somebody set it since, and that is not overwritten.`,
        });
      const wishes = [...change.plan.entries].reverse().map(({ key, from }) => ({ key, to: from }));
      const planned = plan(wishes, read.facts.values, this.context(host), { partly: false, undoes: true });
      if (!planned.ok) return this.refused(what, host, planned, wishes);
      const wish = { wishes, partly: false, persistent: change.plan.persistent, readAt: read.readAt };
      return this.proposal(host, planned, wish, change.id);
    });
  }

  async propose(draftId: string, entered: Parameters<ChangeDesk['propose']>[1]): Promise<Shown> {
    const draft = await this.parts.store.documents.get<Draft>(DRAFTS, draftId).catch(() => undefined);
    return placed(await this.proposeDraft(draftId, entered), draft?.value.place);
  }

  private async proposeDraft(
    draftId: string,
    entered: { reason: string; windowSeconds: number; persistent: boolean },
  ): Promise<Shown> {
    return this.shownOr('Proposing', async () => {
      const { store, clock, lifecycle, board } = this.parts;
      const draft = (await store.documents.get<Draft>(DRAFTS, draftId))?.value;
      const host = draft === undefined ? undefined : this.parts.inventory().hosts.get(draft.host);
      const gone = { what: 'Proposing', code: 'wrong-state' };
      if (draft === undefined || host === undefined || draft.by !== this.subject.account)
        return this.refuse({ ...gone, detail: 'this draft is no longer there: open it again' });
      if (clock.now() - draft.createdAtMs > DRAFT_MS)
        return this.refuse({ ...gone, detail: 'its values were read more than half an hour ago: open it again' });
      const { channel } = draft.place;
      const incident = INCIDENT.exec(entered.reason)?.[0];
      const result = await lifecycle.propose(
        { subject: this.subject, channel },
        {
          id: draftId,
          host,
          entries: draft.settings.map(({ key, from, to }) => ({ key, from, to })),
          reason: entered.reason.trim(),
          ...(incident === undefined ? {} : { incident }),
          ...(draft.finding === undefined ? {} : { finding: draft.finding }),
          ...(draft.undoes === undefined ? {} : { undoes: draft.undoes }),
          confirmWindowSeconds: entered.windowSeconds,
          persistent: entered.persistent,
        },
      );
      if (!result.ok) {
        // The same draft sent twice is one change, and its message stands already.
        if (result.refusal.detail === 'conflict') return undefined;
        return this.refuse({ what: 'Proposing', ...result.refusal, ...(await this.whatIsOpen(host)) });
      }
      await board.refresh(draftId);
      if ((await store.documents.get<{ posted?: unknown }>('change-message', draftId))?.value.posted === undefined)
        return { whisper: await this.show(draftId) };
      return undefined;
    });
  }

  async approve(ref: ChangeRef, code?: string, at?: string): Promise<Shown> {
    return this.shownAt(at, 'Approving', async () => {
      const loaded = await this.load(ref.change);
      const step = await this.step(loaded, 'approve', code, at);
      if ('shown' in step) return step.shown;
      if (step.needsCode && loaded !== undefined) {
        const { entries } = loaded.change.plan;
        return { modal: codeModal({ ...ref, brief: titleOf(loaded.change), entries, at: this.caller.channel }) };
      }
      const result = await this.parts.lifecycle.approve(step.asker, ref.change, ref.digest);
      return this.after('Approving', result, ref.change, 'approve', 'approve');
    });
  }

  async deny(ref: ChangeRef, reason?: string, at?: string): Promise<Shown> {
    return this.shownAt(at, 'Denying', async () => {
      const loaded = await this.load(ref.change);
      if (loaded === undefined) return this.refuse({ what: 'Denying', code: 'unknown-change', detail: '' });
      const { change } = loaded;
      if (reason === undefined && (change.state === 'proposed' || change.state === 'approved')) {
        const title = 'Deny';
        return { modal: reasonModal({ what: 'deny', ...ref, title, brief: titleOf(change), at: this.caller.channel }) };
      }
      const result = await this.parts.lifecycle.deny(this.asker(at), ref.change, reason ?? '');
      return this.after('Denying', result, ref.change, 'deny', 'approve');
    });
  }

  async breakGlass(ref: ChangeRef, entered?: { reason: string; code?: string }, at?: string): Promise<Shown> {
    return this.shownAt(at, 'Breaking the glass', async () => {
      const loaded = await this.load(ref.change);
      const step = await this.step(loaded, 'glass', entered?.code, at);
      if ('shown' in step) return step.shown;
      if (entered === undefined && loaded !== undefined) {
        const { change } = loaded;
        const may = this.parts.lifecycle.mayBreakGlass(step.asker, change);
        // Said before somebody types a reason for nothing; the life-cycle asks again.
        if (!may.allowed)
          return this.audited(change, { what: 'Breaking the glass', code: 'not-permitted', detail: may.why });
        const modal = reasonModal({
          what: 'glass',
          ...ref,
          title: 'Break glass',
          brief: titleOf(change),
          at: this.caller.channel,
          skipped: this.approvers(change),
        });
        return { modal: step.needsCode ? glassWithCode(modal) : modal };
      }
      const { reason = '' } = entered ?? {};
      const result = await this.parts.lifecycle.approve(step.asker, ref.change, ref.digest, { reason });
      return this.after('Breaking the glass', result, ref.change, 'approve', 'approve');
    });
  }

  async confirm(ref: ChangeRef): Promise<Shown> {
    return this.shownOr('Confirming', async () =>
      this.after(
        'Confirming',
        await this.parts.lifecycle.confirm(this.asker(), ref.change),
        ref.change,
        'confirm',
        'confirm',
      ),
    );
  }

  async revert(ref: ChangeRef): Promise<Shown> {
    return this.shownOr('Reverting', async () => {
      const who = personOf(this.parts.policy(), this.subject.account);
      const result = await this.parts.lifecycle.revert(this.asker(), ref.change, `asked by ${who}`);
      return this.after('Reverting', result, ref.change, 'revert', 'revert');
    });
  }

  async review(ref: ChangeRef): Promise<Shown> {
    return this.shownOr('Reviewing', async () =>
      this.after(
        'Reviewing',
        await this.parts.lifecycle.review(this.asker(), ref.change),
        ref.change,
        'review',
        'review',
      ),
    );
  }

  async dryRun(ref: ChangeRef): Promise<Modal> {
    return this.modalOr('Dry run', async () => {
      const loaded = await this.load(ref.change);
      const host = loaded === undefined ? undefined : this.hostOf(loaded.change);
      if (loaded === undefined || host === undefined)
        return refusedModal({ what: 'Dry run', why: 'There is no such change, or its host is no longer registered.' });
      const { change } = loaded;
      const [clock, read] = await Promise.all([this.parts.gate.clock(host), this.parts.readSysctls(host)]);
      const failure = 'failure' in clock ? clock.failure : read.status === 'failed' ? read.failure.message : undefined;
      const now = read.status === 'read' ? read.facts.values : {};
      const notAfter =
        'failure' in clock
          ? { boot8: '00000000', uptimeSeconds: 0 }
          : { boot8: clock.boot8, uptimeSeconds: clock.uptimeSeconds + NOT_AFTER_SECONDS };
      return dryRunModal({
        change: change.id,
        host,
        ...dryRun(change.id, change.plan, notAfter),
        moved: change.plan.entries
          .filter(({ key, from }) => folded(now[key]) !== from)
          .map(({ key, from }) => ({ key, expected: from, now: folded(now[key]) ?? 'not readable' })),
        ...(failure === undefined ? {} : { failure }),
      });
    });
  }

  async whoCan(ref: ChangeRef): Promise<Message> {
    return this.messageOr('Who can approve', async () => {
      const loaded = await this.load(ref.change);
      const host = loaded === undefined ? undefined : this.hostOf(loaded.change);
      if (loaded === undefined || host === undefined) return noSuchChangeMessage(ref.change);
      const { change } = loaded;
      const policy = this.parts.policy();
      const person = personOf(policy, this.subject.account);
      const besides =
        person === change.requester.person
          ? 'It is your own request: who asks does not approve, administrators included.'
          : change.approvals.some(({ by }) => by.person === person)
            ? 'You have approved it already; a person counts once.'
            : change.state === 'proposed'
              ? undefined
              : `It is ${change.state} already.`;
      return whoCanMessage({
        change,
        may: this.may('approve', host),
        ...(besides === undefined ? {} : { besides }),
        approvers: this.approvers(change),
        stepUp: this.keysOf(change).stepUp,
        escalation: mentionsOf(policy, escalated(policy)),
      });
    });
  }

  async list(asked: ChangesAsked): Promise<Message> {
    return this.messageOr('Listing changes', async () => {
      const { store, clock } = this.parts;
      const found = await store.changes.find({
        ...(asked.all === true ? {} : { open: true }),
        ...(asked.host === undefined ? {} : { host: asked.host }),
        ...(asked.person === undefined ? {} : { person: asked.person }),
        ...(asked.sinceSeconds === undefined ? {} : { sinceMs: clock.now() - asked.sinceSeconds * 1_000 }),
        limit: LIST_MAX + 1,
      });
      const seen = found.filter((change) => this.maySee(change));
      const filter = [
        asked.all === true ? 'open and past' : 'open',
        ...(asked.host === undefined ? [] : [`on ${asked.host}`]),
        ...(asked.person === undefined ? [] : [`asked by ${asked.person}`]),
        ...(asked.sinceSeconds === undefined ? [] : [`of the last ${Math.round(asked.sinceSeconds / 60)} min`]),
      ].join(', ');
      return changesMessage({ changes: seen.slice(0, LIST_MAX), filter, more: found.length > LIST_MAX });
    });
  }

  async show(id: string): Promise<Message> {
    return this.messageOr('Showing a change', async () => {
      const loaded = await this.load(id);
      if (loaded === undefined || !this.maySee(loaded.change)) return noSuchChangeMessage(id);
      const draft = await this.parts.store.documents.get<Draft>(DRAFTS, id);
      return changeDetailMessage(await cardFor(this.parts, loaded.change, draft?.value.settings ?? []), loaded.events);
    });
  }

  /** What must hold before a person's yes counts, and whether the keys ask for a code that was not given yet. */
  private async step(
    loaded: Loaded | undefined,
    what: 'approve' | 'glass',
    code: string | undefined,
    at: string | undefined,
  ): Promise<{ shown: Shown } | { asker: Asker; needsCode: boolean }> {
    const asker = this.asker(at);
    if (loaded === undefined || loaded.change.state !== 'proposed') return { asker, needsCode: false };
    const { change } = loaded;
    const person = personOf(this.parts.policy(), this.subject.account);
    const host = this.hostOf(change);
    if (!this.keysOf(change).stepUp || host === undefined) return { asker, needsCode: false };
    // Who may not approve at all is refused by the life-cycle, and is not asked for a code first.
    if (what === 'approve' && (person === change.requester.person || !this.may('approve', host, at).allowed))
      return { asker, needsCode: false };
    const problem = this.parts.stepUp.notEnrolled(person);
    if (problem !== undefined)
      return { shown: await this.audited(change, { what: 'Approving', code: 'code', detail: problem }) };
    if (code === undefined) return { asker, needsCode: true };
    const answer = await this.parts.stepUp.check(person, code);
    if (!answer.ok)
      return { shown: await this.audited(change, { what: 'Approving', code: 'code', detail: answer.why }) };
    return { asker: { ...asker, steppedUp: true }, needsCode: false };
  }

  private async audited(change: Change, refused: RefusedClick): Promise<Shown> {
    await this.note('change.refused', change.plan.host.name, { code: refused.code, detail: refused.detail }, change.id);
    return this.refuse(refused);
  }

  /** What a step came to: nothing to say where it was done, the change's own message says it. */
  private async after(
    what: string,
    result: Result,
    id: string,
    wanted: Parameters<typeof firstOf>[1],
    action: Action,
  ): Promise<Shown> {
    if (result.ok) return undefined;
    const { refusal } = result;
    if (refusal.code === 'store' || refusal.code === 'unknown-change') return this.refuse({ what, ...refusal });
    // The clicked message may be behind: somebody's second click is a good moment to mend it.
    void this.parts.board.refresh(id);
    const loaded = await this.load(id);
    const host = loaded === undefined ? undefined : this.hostOf(loaded.change);
    const late = refusal.code === 'wrong-state' || refusal.code === 'under-way' || refusal.code === 'not-break-glass';
    const first = late && loaded !== undefined ? firstOf(loaded.events, wanted) : undefined;
    const whoCould =
      refusal.code === 'not-permitted' || refusal.code === 'own-request'
        ? mentionsOf(this.parts.policy(), host === undefined ? [] : this.may(action, host).whoCould)
        : [];
    return this.refuse({ what, ...refusal, ...(first === undefined ? {} : { first }), whoCould });
  }

  private refuse(refused: RefusedClick): Shown {
    return { whisper: refusedClickMessage(refused) };
  }

  private async refused(
    what: string,
    host: Host,
    planned: Extract<Planned, { ok: false }>,
    wishes: DraftWish['wishes'],
  ): Promise<Modal> {
    await this.note('change.refused', host.name, {
      code: 'not-permitted',
      detail: planned.why,
      keys: wishes.map(({ key, to }) => `${key}=${to}`),
    });
    const who = mentionsOf(this.parts.policy(), planned.whoCould);
    return refusedModal({ what, why: `${planned.why}.`, who });
  }

  private refusalText(planned: Extract<Planned, { ok: false }>): string {
    const who = planned.whoCould.slice(0, 6).join(', ');
    return `${planned.why}.${who === '' ? '' : ` Who could: ${who}.`}`;
  }

  /** A host without a gate: what a person types there. Policy is not asked: nothing is done by the bot. */
  private commands(host: Host, wish: DraftWish, now: SysctlValues): Modal {
    const arranged = planByHand(wish.wishes, now, this.parts.catalogue);
    if (!arranged.ok) return refusedModal({ what: `Setting it on ${host.name}`, why: `${arranged.why}.` });
    return byHandModal({ host, ...arranged, commands: byHand(arranged.settings) });
  }

  /** Keeps the draft and shows it: the modal carries its id alone. */
  private async proposal(
    host: Host,
    planned: Extract<Planned, { ok: true }>,
    wish: DraftWish & { readAt: string },
    undoes?: string,
  ): Promise<Modal> {
    const { store, clock, ids, gate } = this.parts;
    const policy = this.parts.policy();
    const id = ids.next();
    const draft: Draft = {
      place: {
        channel: this.caller.channel,
        ...(this.caller.threadTs === undefined ? {} : { threadTs: this.caller.threadTs }),
      },
      by: this.subject.account,
      host: host.name,
      settings: planned.settings,
      ...(wish.finding === undefined ? {} : { finding: wish.finding }),
      ...(undoes === undefined ? {} : { undoes }),
      mayPersist: planned.mayPersist,
      createdAtMs: clock.now(),
    };
    const [hostClock] = await Promise.all([gate.clock(host), store.documents.put(DRAFTS, id, draft, 0)]);
    void this.forgetOldDrafts().catch((error: unknown) =>
      this.parts.log.warn({ err: error }, 'old drafts were not taken away'),
    );
    const { max } = policy.confirmWindowSeconds;
    const windowSeconds = Math.min(max, wish.windowSeconds ?? policy.confirmWindowSeconds.default);
    const choices = [60, 120, 300, 600, 900, windowSeconds, policy.breakGlass?.confirmWindowSeconds ?? max, max];
    const persistent = planned.mayPersist && wish.persistent === true;
    const entries = planned.settings.map(({ key, from, to }) => ({ key, from, to }));
    const notAfter =
      'failure' in hostClock
        ? { boot8: '00000000', uptimeSeconds: 0 }
        : { boot8: hostClock.boot8, uptimeSeconds: hostClock.uptimeSeconds + NOT_AFTER_SECONDS };
    return proposalModal({
      draft: id,
      host,
      settings: planned.settings,
      leftOut: planned.leftOut,
      readAt: wish.readAt,
      approvals: planned.approvals,
      stepUp: planned.stepUp,
      approvers: mentionsOf(policy, planned.approvers),
      mayPersist: planned.mayPersist,
      persistent,
      windowSeconds,
      windowChoices: [...new Set(choices)].filter((seconds) => seconds <= max).sort((a, b) => a - b),
      ...(wish.finding === undefined ? {} : { finding: wish.finding.id }),
      ...(undoes === undefined ? {} : { undoes }),
      dryRun: dryRun(
        id,
        { host: hostIdentity(host), entries, confirmWindowSeconds: windowSeconds, persistent },
        notAfter,
      ),
      ...('failure' in hostClock ? { gateFailure: hostClock.failure } : {}),
    });
  }

  private async forgetOldDrafts(): Promise<void> {
    const { store, clock } = this.parts;
    for (const { id, value } of await store.documents.list<Draft>(DRAFTS))
      if (clock.now() - value.createdAtMs > DRAFT_KEPT_MS && (await store.changes.load(id)) === undefined)
        await store.documents.delete(DRAFTS, id);
  }

  private async whatIsOpen(host: Host): Promise<{ other?: Change }> {
    const other = await this.openOn(host);
    return other === undefined ? {} : { other };
  }

  private async openOn(host: Host): Promise<Change | undefined> {
    return (await this.parts.store.changes.find({ open: true, host: host.name, limit: 1 }))[0];
  }

  private async load(id: string): Promise<Loaded | undefined> {
    return this.parts.store.changes.load(id);
  }

  private hostOf(change: Change): Host | undefined {
    return this.parts.inventory().hosts.get(change.plan.host.name);
  }

  /** Of a host that is gone nothing is hidden that its change's message has not told already. */
  private maySee(change: Change): boolean {
    const host = this.hostOf(change);
    return host === undefined || this.parts.maySee(this.caller, host, this.subject);
  }

  private may(action: Action, host: Host, at: string = this.caller.channel) {
    const nowMs = this.parts.clock.now();
    const { policy, inventory } = this.parts;
    return evaluate(policy(), inventory(), { subject: this.subject, action, host, channel: at, nowMs });
  }

  private keysOf(change: Change) {
    return evaluateKeys(this.parts.policy(), this.parts.catalogue, change.plan.entries);
  }

  private approvers(change: Change): Mention[] {
    return approverMentions(this.parts, change);
  }

  /** @param at the channel of the click that opened the modal: a modal itself stands in none */
  private asker(at: string = this.caller.channel): Asker {
    return { subject: this.subject, channel: at };
  }

  private context(host: Host): PlanContext {
    const { policy, inventory, catalogue, clock } = this.parts;
    return {
      policy: policy(),
      inventory: inventory(),
      catalogue,
      host,
      subject: this.subject,
      channel: this.caller.channel,
      nowMs: clock.now(),
    };
  }

  private isDirect(): boolean {
    return /^[DUW]/.test(this.caller.channel);
  }

  private async note(kind: string, host: string, data: Record<string, unknown>, change?: string): Promise<void> {
    const { store, clock } = this.parts;
    const actor = `${personOf(this.parts.policy(), this.subject.account)} (${personKey(this.caller)})`;
    const { channel } = this.caller;
    const entry = { atMs: clock.now(), actor, kind, host, channel, data };
    await store.audit.append([change === undefined ? entry : { ...entry, change }]);
  }

  private async shownOr(what: string, work: () => Promise<Shown>): Promise<Shown> {
    return this.guarded(work, (detail) => this.refuse({ what, code: 'store', detail }));
  }
  private async shownAt(at: string | undefined, what: string, work: () => Promise<Shown>): Promise<Shown> {
    return placed(await this.shownOr(what, work), at === undefined ? undefined : { channel: at });
  }
  private async messageOr(what: string, work: () => Promise<Message>): Promise<Message> {
    return this.guarded(work, (detail) => refusedClickMessage({ what, code: 'store', detail }));
  }
  private async modalOr(what: string, work: () => Promise<Modal>): Promise<Modal> {
    const why = (detail: string): string =>
      `The database can’t be used, so nothing may be done: no entry in the log, no action. ${detail}. What is in force on a host is still taken back by the host itself.`;
    try {
      return await this.guarded(work, (detail) => refusedModal({ what, why: why(detail) }));
    } catch (error) {
      // An open modal must not be left waiting for an answer that never comes.
      this.parts.log.error({ action: what, user: this.caller.userId, err: error }, 'a modal of a change failed');
      return refusedModal({ what, why: 'Something failed inside the bot; its log says what.' });
    }
  }

  private async guarded<T>(work: () => Promise<T>, otherwise: (detail: string) => T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      this.parts.log.error({ problem: error.problem, err: error }, 'the store failed under a change');
      return otherwise(error.message);
    }
  }
}

const placed = (shown: Shown, place: Place | undefined): Shown =>
  shown !== undefined && 'whisper' in shown && place !== undefined ? { ...shown, at: place } : shown;

const folded = (value: string | undefined): string | undefined => value?.trim().replace(/\s+/g, ' ');

const escalated = (policy: Policy): string[] => peopleIn(policy, policy.escalation);
