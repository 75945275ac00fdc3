/**
 * What one person may do with waves from where they are. Each loads, authorises and decides anew, and gives back what to show;
 * a second click is harmless and says who was first.
 */
import { type RefusedClick, refusedClickMessage } from '../blocks/change-notices.js';
import { waveDetailMessage, waveRefusedMessage, whoCanWaveMessage } from '../blocks/wave-list.js';
import { denyWaveModal, waveCodeModal } from '../blocks/wave-modals.js';
import { valuesIn, waveTitle } from '../blocks/wave-words.js';
import type { Shown } from '../command/changes.js';
import type { WaveDesk, WaveRef } from '../command/waves.js';
import type { Change } from '../core/change.js';
import { membersOf, type Wave } from '../core/wave.js';
import { mentionsOf } from './change-people.js';
import type { Asker } from './change-ports.js';
import { messageOr, refuse, shownAt, shownOr } from './change-shown.js';
import type { Standpoint } from './change-standpoint.js';
import type { Waves } from './wave.js';
import type { WaveBoard } from './wave-board.js';
import { waveApprovers, waveStepUp } from './wave-people.js';
import { refusalWords } from './wave-propose.js';
import { waveDraftsAt } from './wave-proposing.js';
import type { WaveResult } from './wave-records.js';

export interface WavesHere {
  waves: Waves;
  board: WaveBoard;
  /** seconds after a change came into force */
  verifyAfterSeconds: readonly number[];
}

type Clicked = 'approve' | 'deny' | 'stop' | 'revert';

/** Who made this click one too many. */
const firstOf = (wave: Wave | undefined, clicked: Clicked): RefusedClick['first'] => {
  const approval = wave?.approvals.at(-1);
  const { ending, endedAtMs, reverting } = wave ?? {};
  if (clicked === 'revert' && reverting !== undefined)
    return { by: reverting, did: 'asked to revert all of it', atMs: reverting.atMs };
  if (ending !== undefined && ending.by !== 'bot' && endedAtMs !== undefined)
    return { by: ending.by, did: wave?.state === 'stopped' ? 'stopped it' : 'denied it', atMs: endedAtMs };
  return clicked !== 'revert' && clicked !== 'stop' && approval !== undefined
    ? { by: approval, did: 'approved', atMs: approval.atMs }
    : undefined;
};

/** What a step came to: nothing to say where it was done, the wave's own message says it. */
const after = (here: Standpoint, board: WaveBoard, what: string, result: WaveResult, clicked: Clicked): Shown => {
  if (result.ok) return undefined;
  const { refusal, wave, host } = result;
  if (wave !== undefined) void board.refresh(wave.id);
  const first = refusal.code === 'wrong-state' ? firstOf(wave, clicked) : undefined;
  const whoCould =
    wave !== undefined && clicked === 'approve' && ['not-permitted', 'own-request'].includes(refusal.code)
      ? mentionsOf(here.parts.policy(), waveApprovers(here.parts, wave))
      : [];
  const detail = host === undefined || refusal.detail.includes(host) ? refusal.detail : `${host}: ${refusal.detail}`;
  return refuse({ what, code: refusal.code, detail, ...(first === undefined ? {} : { first }), whoCould });
};

export const waveDeskAt = (here: Standpoint, of: WavesHere): WaveDesk => {
  const { waves, board } = of;
  const { channel } = here.caller;

  const load = async (id: string): Promise<{ wave: Wave; changes: ReadonlyMap<string, Change> } | undefined> => {
    const stored = await waves.records.load(id);
    return stored === undefined
      ? undefined
      : { wave: stored.wave, changes: await waves.records.changesOf(stored.wave) };
  };
  /** Of hosts that are gone nothing is hidden that the wave's message has not told already. */
  const maySee = ({ wave }: { wave: Wave }): boolean =>
    membersOf(wave).every(({ host: name }) => {
      const host = here.parts.inventory().hosts.get(name);
      return host === undefined || here.parts.maySee(here.caller, host, here.subject);
    });
  const mayEverywhere = (wave: Wave, at?: string) => {
    const on = membersOf(wave).flatMap(({ host }) => here.parts.inventory().hosts.get(host) ?? []);
    const verdicts = on.map((host) => ({ host, may: here.may('approve', host, at) }));
    return verdicts.find(({ may }) => !may.allowed) ?? verdicts[0];
  };

  /** Whether the keys ask for a code that was not given yet; who may not approve at all is not asked for one. */
  const yes = async (
    loaded: { wave: Wave; changes: ReadonlyMap<string, Change> } | undefined,
    code: string | undefined,
    at: string | undefined,
  ): Promise<{ shown: Shown } | { asker: Asker; needsCode: boolean }> => {
    const asker = here.asker(at);
    const { person } = here;
    const { stepUp } = here.parts;
    if (loaded?.wave.state !== 'proposed' || !waveStepUp(here.parts, loaded.changes))
      return { asker, needsCode: false };
    const { wave } = loaded;
    if (person === wave.requester.person || mayEverywhere(wave, at)?.may.allowed !== true)
      return { asker, needsCode: false };
    const wrong = async (detail: string): Promise<{ shown: Shown }> => {
      const refusal = { code: 'not-permitted' as const, detail };
      await waves.records.refused(wave, { person, account: here.subject.account }, refusal);
      return { shown: refuse({ what: 'Approving', code: 'code', detail }) };
    };
    const problem = stepUp.notEnrolled(person);
    if (problem !== undefined) return wrong(problem);
    if (code === undefined) return { asker, needsCode: true };
    const answer = await stepUp.check(person, code);
    return answer.ok ? { asker: { ...asker, steppedUp: true }, needsCode: false } : wrong(answer.why);
  };

  const about = ({ wave, digest }: WaveRef, loaded: { wave: Wave; changes: ReadonlyMap<string, Change> }) => ({
    wave,
    digest,
    brief: waveTitle(loaded.wave, loaded.changes),
    at: channel,
  });
  const gone = (what: string): Shown => refuse({ what, code: 'unknown-change', detail: '' });

  return {
    ...waveDraftsAt(here, of),

    approve: (ref, code, at) =>
      shownAt(here, at, 'Approving', async () => {
        const loaded = await load(ref.wave);
        const given = await yes(loaded, code, at);
        if ('shown' in given) return given.shown;
        if (given.needsCode && loaded !== undefined)
          return { modal: waveCodeModal({ ...about(ref, loaded), values: valuesIn(loaded.wave, loaded.changes) }) };
        return after(here, board, 'Approving', await waves.approve(given.asker, ref.wave, ref.digest), 'approve');
      }),

    deny: (ref, reason, at) =>
      shownAt(here, at, 'Denying', async () => {
        const loaded = await load(ref.wave);
        if (loaded === undefined) return gone('Denying');
        if (reason === undefined && loaded.wave.state === 'proposed')
          return { modal: denyWaveModal(about(ref, loaded)) };
        return after(here, board, 'Denying', await waves.deny(here.asker(at), ref.wave, reason ?? ''), 'deny');
      }),

    stop: ({ wave }) =>
      shownOr(here, 'Stopping', async () =>
        after(here, board, 'Stopping', await waves.stop(here.asker(), wave), 'stop'),
      ),

    revert: ({ wave }) =>
      shownOr(here, 'Reverting', async () =>
        after(here, board, 'Reverting', await waves.revert(here.asker(), wave), 'revert'),
      ),

    confirm: ({ wave, begun }) =>
      shownOr(here, 'Confirming', async () => {
        const confirmed = await waves.confirm(here.asker(), wave, begun);
        if (!confirmed.known) return gone('Confirming');
        void board.refresh(wave);
        const refused = confirmed.done.flatMap(({ host, result }) =>
          result.ok ? [] : [{ host, why: refusalWords(result) }],
        );
        const done = confirmed.done.length - refused.length;
        if (confirmed.done.length === 0)
          return refuse({
            what: 'Confirming',
            code: 'wrong-state',
            detail: 'no host of what was shown is verified and waits for a confirmation',
          });
        return refused.length === 0
          ? undefined
          : { whisper: waveRefusedMessage({ what: 'Confirming', refused, done }) };
      }),

    whoCan: ({ wave: id }) =>
      messageOr(here, 'Who can approve', async () => {
        const loaded = await load(id);
        const worst = loaded === undefined ? undefined : mayEverywhere(loaded.wave);
        if (loaded === undefined || worst === undefined)
          return refusedClickMessage({ what: 'Who can approve', code: 'unknown-change', detail: '' });
        const { wave, changes } = loaded;
        const besides =
          here.person === wave.requester.person
            ? 'It is your own request: who asks does not approve, administrators included.'
            : wave.approvals.some(({ person }) => person === here.person)
              ? 'You have approved it already; a person counts once.'
              : wave.state === 'proposed'
                ? undefined
                : `It is ${wave.state} already.`;
        return whoCanWaveMessage({
          wave,
          on: worst.host.name,
          may: worst.may,
          ...(besides === undefined ? {} : { besides }),
          approvers: mentionsOf(here.parts.policy(), waveApprovers(here.parts, wave)),
          stepUp: waveStepUp(here.parts, changes),
        });
      }),

    show: (id) =>
      messageOr(here, 'Showing a wave', async () => {
        const loaded = await load(id);
        return loaded === undefined || !maySee(loaded) ? undefined : waveDetailMessage(await board.cardOf(loaded.wave));
      }),
  };
};
