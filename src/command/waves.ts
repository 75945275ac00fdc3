/** A change on many hosts, from `/sysctl @web set key=value` on: what a command may do with waves, and what their buttons and modals do. */
import { ACTIONS, decodeRef, INPUTS, VIEWS } from '../blocks/actions.js';
import { REASON_CHARACTERS_MAX, readingModal } from '../blocks/change-modals.js';
import type { LeftOut } from '../blocks/fleet-left-out.js';
import type { Message, Modal } from '../blocks/message.js';
import { problemMessage } from '../blocks/notices.js';
import { noSuchWaveMessage } from '../blocks/wave-list.js';
import type { ClickHandler, Desk, ViewHandler } from '../command.js';
import type { Pace } from '../core/wave.js';
import type { HostWish } from '../core/wave-plan.js';
import type { Shown } from './changes.js';

/** A wave as a button or a modal names it. */
export interface WaveRef {
  wave: string;
  /** of the list that was shown */
  digest: string;
  /** batches that were shown as begun */
  begun: number;
}

export interface WaveEntered {
  reason: string;
  windowSeconds: number;
  persistent: boolean;
  /** where the canary stands in the draft's list */
  canary: number;
  pace: Pace;
}

export interface WaveAsked {
  /** how the hosts were named */
  selector: string;
  wishes: readonly HostWish[];
  /** what else was named */
  leftOut: LeftOut;
  /** what may not be set is left out (a finding's remedies), or keeps a host out (what was typed) */
  partly: boolean;
  windowSeconds?: number;
  persistent?: boolean;
}

/** Each method authorises anew, and says what to show to the one who asked. */
export interface WaveDesk {
  /** Reads the hosts and plans. @returns the modal that proposes, or that says why not */
  draft(asked: WaveAsked): Promise<Modal>;
  /** what the proposal's modal was sent with */
  propose(draft: string, entered: WaveEntered): Promise<Shown>;
  /** @param code what was typed, where the keys ask for one; without it the modal that asks for it */
  approve(ref: WaveRef, code?: string, at?: string): Promise<Shown>;
  /** without a reason the modal that asks for it */
  deny(ref: WaveRef, reason?: string, at?: string): Promise<Shown>;
  stop(ref: WaveRef): Promise<Shown>;
  confirm(ref: WaveRef): Promise<Shown>;
  revert(ref: WaveRef): Promise<Shown>;
  whoCan(ref: WaveRef): Promise<Message>;
  /** host by host; undefined where no wave that the caller may see has that id */
  show(id: string): Promise<Message | undefined>;
}

const none = () =>
  problemMessage({
    what: 'This bot was started without a place to keep changes.',
    safe: 'Nothing was changed.',
    next: 'Ask whoever runs it.',
  });
const outdated = () =>
  problemMessage({
    what: 'This button points nowhere: it is from another version of the bot.',
    next: 'See what is open with /changes.',
  });

export const openWaveModal = async (desk: Desk, asked: WaveAsked): Promise<void> => {
  const waves = desk.changes?.waves;
  if (waves === undefined) return desk.whisper(none());
  await desk.openModal(readingModal({ name: asked.selector.slice(0, 100) }), () => waves.draft(asked));
};

const show = async (desk: Desk, shown: Shown): Promise<void> => {
  if (shown === undefined) return;
  if ('modal' in shown) await desk.openModal(shown.modal);
  else await desk.whisper(shown.whisper, shown.at);
};

const onWave =
  (act: (desk: Desk, waves: WaveDesk, ref: WaveRef) => Promise<void>): ClickHandler =>
  async (desk, click) => {
    const ref = decodeRef(click.value);
    const waves = desk.changes?.waves;
    if (waves === undefined) return desk.whisper(none());
    if (ref?.wave === undefined) return desk.whisper(outdated());
    await act(desk, waves, { wave: ref.wave, digest: ref.digest ?? '', begun: ref.begun ?? 0 });
  };

export const waveActions: Readonly<Record<string, ClickHandler>> = {
  [ACTIONS.waveApprove]: onWave(async (desk, waves, ref) => show(desk, await waves.approve(ref))),
  [ACTIONS.waveDeny]: onWave(async (desk, waves, ref) => show(desk, await waves.deny(ref))),
  [ACTIONS.waveStop]: onWave(async (desk, waves, ref) => show(desk, await waves.stop(ref))),
  [ACTIONS.waveConfirm]: onWave(async (desk, waves, ref) => show(desk, await waves.confirm(ref))),
  [ACTIONS.waveRevert]: onWave(async (desk, waves, ref) => show(desk, await waves.revert(ref))),
  [ACTIONS.waveWho]: onWave(async (desk, waves, ref) => desk.whisper(await waves.whoCan(ref))),
  [ACTIONS.waveShow]: onWave(async (desk, waves, { wave }) =>
    desk.whisper((await waves.show(wave)) ?? noSuchWaveMessage(wave)),
  ),
};

type Values = Readonly<Record<string, string | readonly string[]>>;

const entered = (values: Values, name: string): string => {
  const value = values[name];
  return typeof value === 'string' ? value : '';
};

const withReason = (run: ViewHandler['run']): ViewHandler => ({
  check: ({ values }) => {
    const reason = entered(values, INPUTS.reason).trim();
    return reason === '' || reason.length > REASON_CHARACTERS_MAX
      ? { [INPUTS.reason]: `A reason of 1 to ${REASON_CHARACTERS_MAX} characters is needed.` }
      : undefined;
  },
  run,
});

/** A modal's own note of what it is about. */
const noteOf = (metadata: string): (WaveRef & { at?: string }) | undefined => {
  try {
    const { wave, digest, at } = JSON.parse(metadata) as { wave?: unknown; digest?: unknown; at?: unknown };
    if (typeof wave !== 'string' || !/^[a-z0-9]{8,40}$/.test(wave) || typeof digest !== 'string') return undefined;
    return { wave, digest, begun: 0, ...(typeof at === 'string' ? { at } : {}) };
  } catch {
    return undefined;
  }
};

export const waveViews: Readonly<Record<string, ViewHandler>> = {
  [VIEWS.wavePropose]: withReason(async (desk, { privateMetadata, values }) => {
    const { draft } = JSON.parse(privateMetadata) as { draft?: unknown };
    const waves = desk.changes?.waves;
    if (waves === undefined || typeof draft !== 'string') return desk.whisper(outdated());
    await show(
      desk,
      await waves.propose(draft, {
        reason: entered(values, INPUTS.reason).trim(),
        windowSeconds: Number(entered(values, INPUTS.window)),
        persistent: entered(values, INPUTS.persist) === 'persistent',
        canary: Number(entered(values, INPUTS.canary)),
        pace: entered(values, INPUTS.pace) === 'first-look' ? 'first-look' : 'verified',
      }),
    );
  }),
  [VIEWS.waveDeny]: withReason(async (desk, { privateMetadata, values }) => {
    const note = noteOf(privateMetadata);
    const waves = desk.changes?.waves;
    if (waves === undefined || note === undefined) return desk.whisper(outdated());
    await show(desk, await waves.deny(note, entered(values, INPUTS.reason).trim(), note.at));
  }),
  [VIEWS.waveCode]: {
    check: ({ values }) =>
      /^\d{3}\s?\d{3}$/.test(entered(values, INPUTS.code).trim())
        ? undefined
        : { [INPUTS.code]: 'Six digits, as the authenticator shows them.' },
    run: async (desk, { privateMetadata, values }) => {
      const note = noteOf(privateMetadata);
      const waves = desk.changes?.waves;
      if (waves === undefined || note === undefined) return desk.whisper(outdated());
      await show(desk, await waves.approve(note, entered(values, INPUTS.code), note.at));
    },
  },
};
