/** Before a wave: the hosts are read and planned, a draft is kept; sent, it becomes a wave, once. */

import { briefOf, stateWord } from '../blocks/change-words.js';
import type { Modal } from '../blocks/message.js';
import { waveDetailMessage } from '../blocks/wave-list.js';
import { noWaveModal, waveProposalModal } from '../blocks/wave-modals.js';
import type { Shown } from '../command/changes.js';
import type { WaveAsked, WaveDesk, WaveEntered } from '../command/waves.js';
import { TTL_SECONDS_MIN } from '../core/gate/request.js';
import type { Host } from '../core/inventory.js';
import { looksWithin } from '../core/looks.js';
import { batchesOf, WAVE_HOSTS_MAX, waveSeconds } from '../core/wave.js';
import { type HostLeftOut, type Known, type PlannedWave, planWave } from '../core/wave-plan.js';
import { mentionsOf } from './change-people.js';
import { modalOr, placed, refuse, shownOr } from './change-shown.js';
import type { Standpoint } from './change-standpoint.js';
import { WAVE_MESSAGES, type WaveStanding } from './wave-board.js';
import type { WavesHere } from './wave-desk.js';
import { canBeShown, keepWaveDraft, WAVE_DRAFT_MS, WAVE_DRAFTS, type WaveDraft, wordsOf } from './wave-draft.js';

const WINDOW_CHOICES_SECONDS = [60, 120, 300, 600, 900];
const OPEN_MAX = 200;
const INCIDENT = /https?:\/\/[^\s<>|]{4,300}|\b[A-Z][A-Z0-9]{1,9}-\d{1,8}\b/;

/** What was typed beside the hosts that take part: said, so that nobody thinks they do. */
const notNamed = ({ leftOut }: WaveAsked): HostLeftOut[] => [
  ...leftOut.unknown
    .slice(0, 5)
    .map((term) => ({ host: term.slice(0, 80), why: 'no host is registered by that name', count: 0 })),
  ...(leftOut.hidden === 0
    ? []
    : [{ host: `${leftOut.hidden} more`, why: 'you may not see them', count: leftOut.hidden }]),
];

/** Every host as it is now, or why it can't take part. */
const knownOf = async (
  here: Standpoint,
  hosts: readonly Host[],
): Promise<{ known: ReadonlyMap<string, Known>; readAt: string }> => {
  const gated = hosts.filter(({ change }) => change !== undefined);
  const [read, open] = await Promise.all([
    here.parts.readMany(gated),
    here.parts.store.changes.find({ open: true, limit: OPEN_MAX }),
  ]);
  const known = new Map<string, Known>();
  for (const { host, problem } of read.silent) known.set(host, { why: `it gave no answer: ${problem}` });
  for (const [host, { values }] of read.facts) known.set(host, { values });
  for (const change of open)
    known.set(change.plan.host.name, { why: `it has an open change: ${stateWord(change)}, ${briefOf(change)}` });
  return { known, readAt: read.readAt };
};

const windowsOf = (
  here: Standpoint,
  { windowSeconds: asked }: WaveAsked,
  { verifyAfterSeconds }: WavesHere,
  batches: number,
) => {
  const { max } = here.parts.policy().confirmWindowSeconds;
  const [first = 0] = verifyAfterSeconds;
  // Verified in time for all batches, where policy allows a window as long as that.
  const wanted = waveSeconds(batches, 'verified', verifyAfterSeconds) + 60;
  const windowChoices = [...new Set([...WINDOW_CHOICES_SECONDS, asked ?? max, max])]
    .filter((seconds) => seconds <= max && seconds > first && seconds >= TTL_SECONDS_MIN)
    .sort((a, b) => a - b);
  const windowSeconds = asked ?? windowChoices.find((seconds) => seconds >= wanted) ?? max;
  const looksSeconds = looksWithin(verifyAfterSeconds, windowSeconds);
  const fits = waveSeconds(batches, 'verified', looksSeconds) < windowSeconds;
  return { windowChoices, windowSeconds, looksSeconds, pace: fits ? ('verified' as const) : ('first-look' as const) };
};

const proposal = async (
  here: Standpoint,
  of: WavesHere,
  asked: WaveAsked,
  planned: Extract<PlannedWave, { ok: true }>,
  readAt: string,
): Promise<Modal> => {
  const { selector, persistent = false } = asked;
  const { hosts, without, approvals, stepUp, mayPersist } = planned;
  const leftOut = [...planned.leftOut, ...notNamed(asked)];
  const draft = await keepWaveDraft(here, { selector, hosts, leftOut, mayPersist });
  return waveProposalModal({
    draft,
    selector,
    hosts,
    words: wordsOf(hosts),
    leftOut,
    without,
    readAt,
    approvals,
    stepUp,
    approvers: mentionsOf(here.parts.policy(), planned.approvers),
    mayPersist,
    persistent: mayPersist && persistent,
    ...windowsOf(here, asked, of, batchesOf(hosts).length),
  });
};

/** Where no host has a gate: of one of them the commands are shown, for a person to type. */
const byHandNext = (wishes: WaveAsked['wishes']): string | undefined => {
  const [first] = wishes;
  return first === undefined || wishes.some(({ host }) => host.change !== undefined)
    ? undefined
    : typedFor(first.host, first.wishes);
};

const typedFor = (host: Host, settings: readonly { key: string; to: string }[]): string =>
  `/sysctl ${host.name} set ${settings.map(({ key, to }) => `${key}=${/\s/.test(to) ? `"${to}"` : to}`).join(' ')}`;

const send = async (here: Standpoint, of: WavesHere, draftId: string, entered: WaveEntered): Promise<Shown> => {
  const { store, clock, inventory } = here.parts;
  const draft = (await store.documents.get<WaveDraft>(WAVE_DRAFTS, draftId))?.value;
  const gone = (detail: string) => refuse({ what: 'Proposing', code: 'wrong-state', detail });
  if (draft === undefined || draft.by !== here.subject.account)
    return gone('this draft is no longer there: open it again');
  if (clock.now() - draft.createdAtMs > WAVE_DRAFT_MS)
    return gone('its values were read more than half an hour ago: open it again');
  const canary = draft.hosts[entered.canary] ?? draft.hosts[0];
  const ordered = canary === undefined ? [] : [canary, ...draft.hosts.filter((host) => host !== canary)];
  const hosts = ordered.flatMap(({ host: name, change, settings, finding }) => {
    const host = inventory().hosts.get(name);
    const entries = settings.map(({ key, from, to }) => ({ key, from, to }));
    return host === undefined ? [] : [{ host, change, entries, ...(finding === undefined ? {} : { finding }) }];
  });
  if (hosts.length < ordered.length) return gone('a host of it is no longer registered: open it again');
  const incident = INCIDENT.exec(entered.reason)?.[0];
  const result = await of.waves.propose(here.asker(draft.place.channel), {
    id: draftId,
    hosts,
    selector: draft.selector,
    pace: entered.pace,
    reason: entered.reason,
    ...(incident === undefined ? {} : { incident }),
    confirmWindowSeconds: entered.windowSeconds,
    persistent: entered.persistent,
  });
  if (!result.ok) {
    const { refusal, host } = result;
    const detail = host === undefined ? refusal.detail : `${host}: ${refusal.detail}. No host was proposed`;
    return refuse({ what: 'Proposing', code: refusal.code, detail });
  }
  await of.board.refresh(draftId);
  if ((await store.documents.get<WaveStanding>(WAVE_MESSAGES, draftId))?.value.posted === undefined)
    return { whisper: waveDetailMessage(await of.board.cardOf(result.wave)) };
  return undefined;
};

export const waveDraftsAt = (here: Standpoint, of: WavesHere): Pick<WaveDesk, 'draft' | 'propose'> => ({
  draft: (asked) => {
    const { selector, wishes, partly } = asked;
    const what = `A change on ${selector.slice(0, 100)}`;
    const no = (why: string, leftOut: readonly HostLeftOut[] = [], next?: string): Modal =>
      noWaveModal({ what, why, leftOut, ...(next === undefined ? {} : { next }) });
    return modalOr(here, what, async () => {
      if (here.isDirect) return no('Propose it in a channel, where those who approve it see it.');
      if (wishes.length > WAVE_HOSTS_MAX)
        return no(
          `${wishes.length} hosts are more than one wave takes (${WAVE_HOSTS_MAX}): name fewer, wave after wave.`,
        );
      const { max } = here.parts.policy().confirmWindowSeconds;
      const [first = 0] = of.verifyAfterSeconds;
      const { windowSeconds = max } = asked;
      if (windowSeconds < TTL_SECONDS_MIN || windowSeconds > max || windowSeconds <= first)
        return no(
          `A host of a wave waits more than ${Math.max(first, TTL_SECONDS_MIN)} s, when it is first looked at, and ${max} s at the most for a confirmation.`,
        );
      const { known, readAt } = await knownOf(
        here,
        wishes.map(({ host }) => host),
      );
      const planned = planWave(wishes, known, here.wideContext, { partly });
      if (!planned.ok) return no(`${planned.why}.`, [...planned.leftOut, ...notNamed(asked)], byHandNext(wishes));
      const [only] = planned.hosts;
      if (planned.hosts.length === 1 && only !== undefined)
        return no(
          'One host alone is left over: that is no wave, but an ordinary change.',
          planned.leftOut,
          partly ? `/tcpstates ${only.host.name}` : typedFor(only.host, only.settings),
        );
      if (!canBeShown(planned.hosts, planned.leftOut))
        return no(
          'The list of hosts and values is too long for one message, and what is approved is never cut short: name fewer.',
        );
      return proposal(here, of, asked, planned, readAt);
    });
  },

  propose: async (draftId, entered) => {
    const draft = await here.parts.store.documents.get<WaveDraft>(WAVE_DRAFTS, draftId).catch(() => undefined);
    return placed(await shownOr(here, 'Proposing', () => send(here, of, draftId, entered)), draft?.value.place);
  },
});
