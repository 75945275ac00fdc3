/** A draft that was sent becomes a change, once. */
import type { ChangeDesk, Shown } from '../command/changes.js';
import { answersAt } from './change-answers.js';
import { MESSAGES, type Standing } from './change-board.js';
import { DRAFT_MS, DRAFTS, type Draft } from './change-draft.js';
import { placed, refuse, shownOr } from './change-shown.js';
import type { Standpoint } from './change-standpoint.js';

const INCIDENT = /https?:\/\/[^\s<>|]{4,300}|\b[A-Z][A-Z0-9]{1,9}-\d{1,8}\b/;

type Entered = Parameters<ChangeDesk['propose']>[1];

const send = async (here: Standpoint, draftId: string, entered: Entered): Promise<Shown> => {
  const { store, clock, lifecycle, board, inventory } = here.parts;
  const draft = (await store.documents.get<Draft>(DRAFTS, draftId))?.value;
  const host = draft === undefined ? undefined : inventory().hosts.get(draft.host);
  const gone = { what: 'Proposing', code: 'wrong-state' };
  if (draft === undefined || host === undefined || draft.by !== here.subject.account)
    return refuse({ ...gone, detail: 'this draft is no longer there: open it again' });
  if (clock.now() - draft.createdAtMs > DRAFT_MS)
    return refuse({ ...gone, detail: 'its values were read more than half an hour ago: open it again' });
  const incident = INCIDENT.exec(entered.reason)?.[0];
  const result = await lifecycle.propose(here.asker(draft.place.channel), {
    id: draftId,
    host,
    entries: draft.settings.map(({ key, from, to }) => ({ key, from, to })),
    reason: entered.reason.trim(),
    ...(incident === undefined ? {} : { incident }),
    ...(draft.finding === undefined ? {} : { finding: draft.finding }),
    ...(draft.undoes === undefined ? {} : { undoes: draft.undoes }),
    confirmWindowSeconds: entered.windowSeconds,
    persistent: entered.persistent,
  });
  if (!result.ok) {
    // The same draft sent twice is one change, and its message stands already.
    if (result.refusal.detail === 'conflict') return undefined;
    const other = await here.openOn(host);
    return refuse({ what: 'Proposing', ...result.refusal, ...(other === undefined ? {} : { other }) });
  }
  await board.refresh(draftId);
  if ((await store.documents.get<Standing>(MESSAGES, draftId))?.value.posted === undefined)
    return { whisper: await answersAt(here).show(draftId) };
  return undefined;
};

export const proposingAt = (here: Standpoint): Pick<ChangeDesk, 'propose'> => ({
  propose: async (draftId, entered) => {
    const draft = await here.parts.store.documents.get<Draft>(DRAFTS, draftId).catch(() => undefined);
    return placed(await shownOr(here, 'Proposing', () => send(here, draftId, entered)), draft?.value.place);
  },
});
