/** Clicks on a change: nothing in a button is trusted, a second click is harmless and says who was first. */
import { codeModal, glassWithCode, reasonModal } from '../blocks/change-modals.js';
import type { RefusedClick } from '../blocks/change-notices.js';
import { titleOf } from '../blocks/change-words.js';
import type { ChangeDesk, Shown } from '../command/changes.js';
import type { Change, ChangeEvent } from '../core/change.js';
import type { Action } from '../core/policy.js';
import { mentionsOf } from './change-people.js';
import type { Asker, Result } from './change-ports.js';
import { refuse, shownAt, shownOr } from './change-shown.js';
import type { Loaded, Standpoint } from './change-standpoint.js';

type Clicked = 'approve' | 'deny' | 'confirm' | 'revert' | 'review';

const ENDED_WAITING = { 'approval-given': 'approved', denied: 'denied it', withdrawn: 'withdrew it' };
const ENDED_WINDOW = { 'confirm-intended': 'confirmed', 'revert-intended': 'reverted' };
/** What makes a click one too many, in the words of who was first. */
const DONE: Readonly<Record<Clicked, Readonly<Record<string, string>>>> = {
  approve: ENDED_WAITING,
  deny: ENDED_WAITING,
  confirm: ENDED_WINDOW,
  revert: ENDED_WINDOW,
  review: { reviewed: 'reviewed it' },
};

const firstOf = (events: readonly ChangeEvent[], clicked: Clicked): RefusedClick['first'] => {
  for (const event of [...events].reverse()) {
    const did = DONE[clicked][event.type];
    if (did !== undefined && 'by' in event && event.by !== 'bot') return { by: event.by, did, atMs: event.atMs };
  }
  return undefined;
};

const LATE: ReadonlySet<string> = new Set(['wrong-state', 'under-way', 'not-break-glass']);

/** What a step came to: nothing to say where it was done, the change's own message says it. */
const after = async (
  here: Standpoint,
  what: string,
  result: Result,
  id: string,
  clicked: Clicked,
  action: Action,
): Promise<Shown> => {
  if (result.ok) return undefined;
  const { refusal } = result;
  if (refusal.code === 'store' || refusal.code === 'unknown-change') return refuse({ what, ...refusal });
  // The clicked message may be behind: somebody's second click is a good moment to mend it.
  void here.parts.board.refresh(id);
  const loaded = await here.load(id);
  const host = loaded === undefined ? undefined : here.hostOf(loaded.change);
  const first = LATE.has(refusal.code) && loaded !== undefined ? firstOf(loaded.events, clicked) : undefined;
  const whoCould =
    refusal.code === 'not-permitted' || refusal.code === 'own-request'
      ? mentionsOf(here.parts.policy(), host === undefined ? [] : here.may(action, host).whoCould)
      : [];
  return refuse({ what, ...refusal, ...(first === undefined ? {} : { first }), whoCould });
};

const refuseNoted = async (here: Standpoint, change: Change, refused: RefusedClick): Promise<Shown> => {
  await here.noteRefusal(change, refused);
  return refuse(refused);
};

/** What must hold before a person's yes counts, and whether the keys ask for a code that was not given yet. */
const yes = async (
  here: Standpoint,
  loaded: Loaded | undefined,
  what: 'approve' | 'glass',
  code: string | undefined,
  at: string | undefined,
): Promise<{ shown: Shown } | { asker: Asker; needsCode: boolean }> => {
  const asker = here.asker(at);
  if (loaded === undefined || loaded.change.state !== 'proposed') return { asker, needsCode: false };
  const { change } = loaded;
  const { person } = here;
  const { stepUp } = here.parts;
  const host = here.hostOf(change);
  if (!here.keysOf(change).stepUp || host === undefined) return { asker, needsCode: false };
  // Who may not approve at all is refused by the life-cycle, and is not asked for a code first.
  if (what === 'approve' && (person === change.requester.person || !here.may('approve', host, at).allowed))
    return { asker, needsCode: false };
  const wrong = (detail: string) => refuseNoted(here, change, { what: 'Approving', code: 'code', detail });
  const problem = stepUp.notEnrolled(person);
  if (problem !== undefined) return { shown: await wrong(problem) };
  if (code === undefined) return { asker, needsCode: true };
  const answer = await stepUp.check(person, code);
  if (!answer.ok) return { shown: await wrong(answer.why) };
  return { asker: { ...asker, steppedUp: true }, needsCode: false };
};

type Clicks = Pick<ChangeDesk, 'approve' | 'deny' | 'breakGlass' | 'confirm' | 'revert' | 'review'>;

export const clicksAt = (here: Standpoint): Clicks => {
  const { lifecycle } = here.parts;
  const { channel } = here.caller;
  return {
    approve: (ref, code, at) =>
      shownAt(here, at, 'Approving', async () => {
        const loaded = await here.load(ref.change);
        const given = await yes(here, loaded, 'approve', code, at);
        if ('shown' in given) return given.shown;
        if (given.needsCode && loaded !== undefined) {
          const { entries } = loaded.change.plan;
          return { modal: codeModal({ ...ref, brief: titleOf(loaded.change), entries, at: channel }) };
        }
        const result = await lifecycle.approve(given.asker, ref.change, ref.digest);
        return after(here, 'Approving', result, ref.change, 'approve', 'approve');
      }),

    deny: (ref, reason, at) =>
      shownAt(here, at, 'Denying', async () => {
        const loaded = await here.load(ref.change);
        if (loaded === undefined) return refuse({ what: 'Denying', code: 'unknown-change', detail: '' });
        const { change } = loaded;
        if (reason === undefined && (change.state === 'proposed' || change.state === 'approved'))
          return { modal: reasonModal({ what: 'deny', ...ref, title: 'Deny', brief: titleOf(change), at: channel }) };
        const result = await lifecycle.deny(here.asker(at), ref.change, reason ?? '');
        return after(here, 'Denying', result, ref.change, 'deny', 'approve');
      }),

    breakGlass: (ref, entered, at) =>
      shownAt(here, at, 'Breaking the glass', async () => {
        const loaded = await here.load(ref.change);
        const given = await yes(here, loaded, 'glass', entered?.code, at);
        if ('shown' in given) return given.shown;
        if (entered === undefined && loaded !== undefined) {
          const { change } = loaded;
          const may = lifecycle.mayBreakGlass(given.asker, change);
          // Said before somebody types a reason for nothing; the life-cycle asks again.
          if (!may.allowed)
            return refuseNoted(here, change, { what: 'Breaking the glass', code: 'not-permitted', detail: may.why });
          const brief = titleOf(change);
          const skipped = here.approvers(change);
          const modal = reasonModal({ what: 'glass', ...ref, title: 'Break glass', brief, at: channel, skipped });
          return { modal: given.needsCode ? glassWithCode(modal) : modal };
        }
        const { reason = '' } = entered ?? {};
        const result = await lifecycle.approve(given.asker, ref.change, ref.digest, { reason });
        return after(here, 'Breaking the glass', result, ref.change, 'approve', 'approve');
      }),

    confirm: ({ change }) =>
      shownOr(here, 'Confirming', async () =>
        after(here, 'Confirming', await lifecycle.confirm(here.asker(), change), change, 'confirm', 'confirm'),
      ),

    revert: ({ change }) =>
      shownOr(here, 'Reverting', async () => {
        const result = await lifecycle.revert(here.asker(), change, `asked by ${here.person}`);
        return after(here, 'Reverting', result, change, 'revert', 'revert');
      }),

    review: ({ change }) =>
      shownOr(here, 'Reviewing', async () =>
        after(here, 'Reviewing', await lifecycle.review(here.asker(), change), change, 'review', 'review'),
      ),
  };
};
