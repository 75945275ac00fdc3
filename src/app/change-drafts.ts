/** Before a change: whether one may be proposed here, and the modal that proposes it or says why not. */
import { byHandModal, proposalModal, refusedModal } from '../blocks/change-modals.js';
import type { Offer } from '../blocks/findings.js';
import type { Modal } from '../blocks/message.js';
import type { ChangeDesk, DraftWish } from '../command/changes.js';
import { byHand } from '../core/dry-run.js';
import { TTL_SECONDS_MIN } from '../core/gate/request.js';
import type { Host } from '../core/inventory.js';
import { type Planned, plan, planByHand, planFinding, valuesBefore } from '../core/plan.js';
import type { SysctlValues } from '../core/snapshot.js';
import { valueIn } from '../core/values.js';
import { keepDraft } from './change-draft.js';
import { glassCovers, mentionsOf } from './change-people.js';
import { modalOr } from './change-shown.js';
import { busyWith, type Standpoint } from './change-standpoint.js';

const WINDOW_CHOICES_SECONDS = [60, 120, 300, 600, 900];
const NAMES_MAX = 6;

type Refused = Extract<Planned, { ok: false }>;

const refusalText = ({ why, whoCould }: Refused): string => {
  const who = whoCould.slice(0, NAMES_MAX).join(', ');
  return `${why}.${who === '' ? '' : ` Who could: ${who}.`}`;
};

/** Noted in the log, then said. */
const refused = async (
  here: Standpoint,
  what: string,
  host: Host,
  { why, whoCould }: Refused,
  wishes: DraftWish['wishes'],
): Promise<Modal> => {
  await here.note('change.refused', host.name, {
    code: 'not-permitted',
    detail: why,
    keys: wishes.map(({ key, to }) => `${key}=${to}`),
  });
  return refusedModal({ what, why: `${why}.`, who: mentionsOf(here.parts.policy(), whoCould) });
};

/** A host without a gate: what a person types there. Policy is not asked: nothing is done by the bot. */
const commands = (here: Standpoint, host: Host, wish: DraftWish, now: SysctlValues): Modal => {
  const arranged = planByHand(wish.wishes, now, here.parts.catalogue);
  if (!arranged.ok) return refusedModal({ what: `Setting it on ${host.name}`, why: `${arranged.why}.` });
  return byHandModal({ host, ...arranged, commands: byHand(arranged.settings) });
};

/** Keeps the draft and shows it: the modal carries its id alone. */
const proposal = async (
  here: Standpoint,
  host: Host,
  planned: Extract<Planned, { ok: true }>,
  wish: DraftWish & { readAt: string },
  undoes?: string,
): Promise<Modal> => {
  const { gate } = here.parts;
  const policy = here.parts.policy();
  const [hostClock, id] = await Promise.all([gate.clock(host), keepDraft(here, host, planned, wish.finding, undoes)]);
  const { max } = policy.confirmWindowSeconds;
  const windowSeconds = Math.min(max, wish.windowSeconds ?? policy.confirmWindowSeconds.default);
  const choices = [...WINDOW_CHOICES_SECONDS, windowSeconds, policy.breakGlass?.confirmWindowSeconds ?? max, max];
  const persistent = planned.mayPersist && wish.persistent === true;
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
    ...(glassCovers(policy, here.parts.inventory(), host) && policy.breakGlass !== undefined
      ? { glassWindowSeconds: policy.breakGlass.confirmWindowSeconds }
      : {}),
    ...('failure' in hostClock ? { gateFailure: hostClock.failure } : {}),
  });
};

export const draftsAt = (here: Standpoint): Pick<ChangeDesk, 'offers' | 'draft' | 'draftUndo'> => ({
  offers: (host, diagnosis) => {
    const offers: Offer[] = [];
    for (const finding of diagnosis.findings) {
      if (finding.status !== 'present' || finding.remedies.length === 0) continue;
      const about = { finding: finding.id, ...(finding.subject === undefined ? {} : { subject: finding.subject }) };
      if (host.change === undefined) offers.push({ ...about, label: 'Show the commands' });
      else {
        const planned = planFinding(finding, here.context(host));
        offers.push(planned.ok ? about : { ...about, refused: refusalText(planned) });
      }
    }
    return offers;
  },

  draft: (host, wish) => {
    const what = `A change on ${host.name}`;
    return modalOr(here, what, async () => {
      if (here.isDirect)
        return refusedModal({ what, why: 'Propose it in a channel, where those who approve it see it.' });
      const busy = await here.openOn(host);
      if (busy !== undefined && host.change !== undefined) return refusedModal({ what, why: busyWith(busy) });
      const read = await here.parts.readSysctls(host);
      if (read.status === 'failed') return refusedModal({ what, why: read.failure.message });
      if (host.change === undefined) return commands(here, host, wish, read.facts.values);
      const { max } = here.parts.policy().confirmWindowSeconds;
      const { windowSeconds = TTL_SECONDS_MIN } = wish;
      if (windowSeconds < TTL_SECONDS_MIN || windowSeconds > max)
        return refusedModal({ what, why: `The host can wait ${TTL_SECONDS_MIN} s to ${max} s for a confirmation.` });
      const planned = plan(wish.wishes, read.facts.values, here.context(host), { partly: wish.partly });
      if (!planned.ok) return refused(here, what, host, planned, wish.wishes);
      return proposal(here, host, planned, { ...wish, readAt: read.readAt });
    });
  },

  draftUndo: (ref) =>
    modalOr(here, 'Undo', async () => {
      const loaded = await here.load(ref.change);
      const host = loaded === undefined ? undefined : here.hostOf(loaded.change);
      if (loaded === undefined || host === undefined)
        return refusedModal({ what: 'Undo', why: 'There is no such change, or its host is no longer registered.' });
      const { change } = loaded;
      const what = `Undo on ${host.name}`;
      if (change.state !== 'confirmed')
        return refusedModal({ what, why: `Only a confirmed change is undone; this one is ${change.state}.` });
      const busy = await here.openOn(host);
      if (busy !== undefined) return refusedModal({ what, why: busyWith(busy) });
      const read = await here.parts.readSysctls(host);
      if (read.status === 'failed') return refusedModal({ what, why: read.failure.message });
      const moved = change.plan.entries.find(({ key, to }) => valueIn(read.facts.values, key) !== to);
      if (moved !== undefined)
        return refusedModal({
          what,
          why: `${moved.key} is ${valueIn(read.facts.values, moved.key) ?? 'not readable'} now, not ${moved.to}: somebody set it since, and that is not overwritten.`,
        });
      const wishes = [...change.plan.entries].reverse().map(({ key, from }) => ({ key, to: from }));
      const now = change.plan.entries.map(({ key, to }) => ({ key, from: to }));
      const before = valuesBefore(change, host.name, now);
      const planned = plan(wishes, read.facts.values, here.context(host), { partly: false, before });
      if (!planned.ok) return refused(here, what, host, planned, wishes);
      const wish = { wishes, partly: false, persistent: change.plan.persistent, readAt: read.readAt };
      return proposal(here, host, planned, wish, change.id);
    }),
});
