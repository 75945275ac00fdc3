/** Questions about changes: what would be done, who could allow it, which there are, how one came to be what it is. */
import { changeDetailMessage, changesMessage, noSuchChangeMessage } from '../blocks/change-list.js';
import { dryRunModal, refusedModal } from '../blocks/change-modals.js';
import { whoCanMessage } from '../blocks/change-notices.js';
import { unknownHostMessage } from '../blocks/notices.js';
import type { ChangeDesk, ChangesAsked } from '../command/changes.js';
import type { Change } from '../core/change.js';
import { dryRun } from '../core/dry-run.js';
import { peopleIn } from '../core/policy.js';
import { valueIn } from '../core/values.js';
import { cardFor } from './change-card.js';
import { DRAFTS, type Draft } from './change-draft.js';
import { hostNotAfter } from './change-due.js';
import { mentionsOf } from './change-people.js';
import { messageOr, modalOr } from './change-shown.js';
import type { Standpoint } from './change-standpoint.js';
import { openWaves } from './wave-records.js';

const LIST_MAX = 50;
const MEMBERS_MAX = 200;

const filterWords = ({ all, host, person, sinceSeconds }: ChangesAsked): string =>
  [
    all === true ? 'open and past' : 'open',
    ...(host === undefined ? [] : [`on ${host}`]),
    ...(person === undefined ? [] : [`asked by ${person}`]),
    ...(sinceSeconds === undefined ? [] : [`of the last ${Math.round(sinceSeconds / 60)} min`]),
  ].join(', ');

/** Why policy's answer is not all that counts for this person. */
const besides = ({ person }: Standpoint, { requester, approvals, state }: Change): string | undefined => {
  if (person === requester.person) return 'It is your own request: who asks does not approve, administrators included.';
  if (approvals.some(({ by }) => by.person === person)) return 'You have approved it already; a person counts once.';
  return state === 'proposed' ? undefined : `It is ${state} already.`;
};

/** Those that these changes are members of, as far as this person may see all of their hosts. */
const wavesOf = async (here: Standpoint, members: readonly Change[]) => {
  const { waves, more } = await openWaves(here.parts, members);
  return { waves: waves.filter(({ changes }) => [...changes.values()].every((change) => here.maySee(change))), more };
};

export const answersAt = (here: Standpoint): Pick<ChangeDesk, 'dryRun' | 'whoCan' | 'list' | 'show'> => ({
  dryRun: (ref) =>
    modalOr(here, 'Dry run', async () => {
      const loaded = await here.load(ref.change);
      const host = loaded === undefined ? undefined : here.hostOf(loaded.change);
      if (loaded === undefined || host === undefined)
        return refusedModal({ what: 'Dry run', why: 'There is no such change, or its host is no longer registered.' });
      const { change } = loaded;
      const [clock, read] = await Promise.all([here.parts.gate.clock(host), here.parts.readSysctls(host)]);
      const failure = 'failure' in clock ? clock.failure : read.status === 'failed' ? read.failure.message : undefined;
      const now = read.status === 'read' ? read.facts.values : {};
      return dryRunModal({
        change: change.id,
        host,
        ...dryRun(change.id, change.plan, hostNotAfter(clock), change.undoes),
        moved: change.plan.entries
          .filter(({ key, from }) => valueIn(now, key) !== from)
          .map(({ key, from }) => ({ key, expected: from, now: valueIn(now, key) ?? 'not readable' })),
        ...(failure === undefined ? {} : { failure }),
      });
    }),

  whoCan: (ref) =>
    messageOr(here, 'Who can approve', async () => {
      const loaded = await here.load(ref.change);
      const host = loaded === undefined ? undefined : here.hostOf(loaded.change);
      if (loaded === undefined || host === undefined) return noSuchChangeMessage(ref.change);
      const { change } = loaded;
      const policy = here.parts.policy();
      const more = besides(here, change);
      return whoCanMessage({
        change,
        may: here.may('approve', host),
        ...(more === undefined ? {} : { besides: more }),
        approvers: here.approvers(change),
        stepUp: here.keysOf(change).stepUp,
        escalation: mentionsOf(policy, peopleIn(policy, policy.escalation)),
      });
    }),

  list: (asked) =>
    messageOr(here, 'Listing changes', async () => {
      const { store, clock } = here.parts;
      const filter = {
        ...(asked.all === true ? {} : { open: true }),
        ...(asked.host === undefined ? {} : { host: asked.host }),
        ...(asked.person === undefined ? {} : { person: asked.person }),
        ...(asked.sinceSeconds === undefined ? {} : { sinceMs: clock.now() - asked.sinceSeconds * 1_000 }),
      };
      // Of one host its own change is wanted; else a wave is one row.
      const folds = asked.host === undefined;
      const [found, members] = await Promise.all([
        store.changes.find({ ...filter, ...(folds ? { wave: 'none' } : {}), limit: LIST_MAX + 1 }),
        folds ? store.changes.find({ ...filter, wave: 'any', limit: MEMBERS_MAX }) : [],
      ]);
      const seen = found.filter((change) => here.maySee(change));
      const unknown = asked.host !== undefined && seen.length === 0 ? here.nearestTo(asked.host) : undefined;
      if (unknown !== undefined && asked.host !== undefined) return unknownHostMessage(asked.host, unknown, '/changes');
      const { waves, more } = await wavesOf(here, members);
      return changesMessage({
        changes: seen.slice(0, LIST_MAX),
        waves,
        filter: filterWords(asked),
        past: asked.all === true,
        more: found.length > LIST_MAX || members.length === MEMBERS_MAX || more,
      });
    }),

  show: (id) =>
    messageOr(here, 'Showing a change', async () => {
      const loaded = await here.load(id);
      if (loaded === undefined || !here.maySee(loaded.change)) return noSuchChangeMessage(id);
      const draft = await here.parts.store.documents.get<Draft>(DRAFTS, id);
      return changeDetailMessage(await cardFor(here.parts, loaded.change, draft?.value.settings ?? []), loaded.events);
    }),
});
