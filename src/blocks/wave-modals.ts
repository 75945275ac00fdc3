/** The modals of waves: propose for many hosts, a reason to deny, a one-time code for the whole list. */
import { batchesOf, type Pace } from '../core/wave.js';
import type { HostLeftOut, PlannedHost, SettingLeftOut } from '../core/wave-plan.js';
import { INPUTS, VIEWS } from './actions.js';
import { input, modal, option, reasonInput } from './change-modals.js';
import { type Mention, mentions, type SettingWords } from './change-words.js';
import { bullets, context, type Line, lines, paragraph, rich, sectionOf } from './elements.js';
import type { Modal } from './message.js';
import {
  batchName,
  curesLine,
  hostPieces,
  leftOutBlock,
  takesWords,
  valueBlocks,
  waveBrief,
  withoutBlock,
} from './wave-words.js';
import { duration, plural } from './words.js';

export interface WaveProposalView {
  /** the id of the draft, and of the wave that comes of it */
  draft: string;
  selector: string;
  hosts: readonly PlannedHost[];
  words: readonly SettingWords[];
  leftOut: readonly HostLeftOut[];
  /** settings that some of them do not get */
  without: readonly SettingLeftOut[];
  /** ISO 8601: when the values were read */
  readAt: string;
  approvals: number;
  stepUp: boolean;
  approvers: readonly Mention[];
  mayPersist: boolean;
  /** preselected */
  persistent: boolean;
  windowSeconds: number;
  windowChoices: readonly number[];
  pace: Pace;
  /** those that the preselected window has room for */
  looksSeconds: readonly number[];
}

export const waveProposalModal = (view: WaveProposalView): Modal => {
  const { hosts, looksSeconds } = view;
  const values = hosts.map(({ host, settings }) => ({ host: host.name, entries: settings }));
  const batches = batchesOf(hosts.map(({ host }) => host.name));
  const windows = view.windowChoices.map((seconds) => option(String(seconds), duration(seconds)));
  // By its place: a name may be longer than a value of Slack's.
  const canaries = hosts.map(({ host }, at) => option(`${at}`, host.name));
  const paces = (['verified', 'first-look'] as const).map((pace) =>
    option(
      pace,
      `${pace === 'verified' ? 'When the one before is verified' : 'After a first look, the canary verified'}: ${takesWords(batches.length, pace, looksSeconds)}`,
    ),
  );
  const persist = [
    option('runtime', 'At runtime only: a reboot forgets it'),
    ...(view.mayPersist ? [option('persistent', 'Keep it for the next boot too, when confirmed')] : []),
  ];
  const chosen = <T extends { value: string }>(options: readonly T[], value: string) => {
    const found = options.find((it) => it.value === value) ?? options[0];
    return found === undefined ? {} : { initial_option: found };
  };
  return modal(
    'Propose a wave',
    [
      rich(
        lines(
          [
            { bold: view.selector.slice(0, 200) },
            `: ${waveBrief(values)} on ${plural(hosts.length, 'host')}, one list`,
          ],
          ...curesLine(hosts.map(({ finding }) => finding)),
          [
            { bold: 'Needs  ' },
            `${plural(view.approvals, 'approval')} of the whole list${view.stepUp ? ' with a one-time code' : ''}, never your own. `,
            ...(view.approvers.length === 0
              ? ['No one person could approve it on all of these hosts here now.']
              : ['May approve: ', ...mentions(view.approvers.slice(0, 20))]),
          ],
        ),
      ),
      ...valueBlocks(values, view.words),
      rich(
        sectionOf([{ bold: 'Batches' }]),
        bullets(
          batches.map((names, at): Line => [{ bold: `${batchName(at, batches.length)}  ` }, ...hostPieces(names)]),
        ),
      ),
      ...withoutBlock(view.without),
      ...leftOutBlock(view.leftOut),
      context(
        'Values read from the hosts ',
        { at: view.readAt },
        '. A host refuses its change where one has moved since. The wave stops at the first host that fails, can’t be verified or gets worse.',
      ),
      reasonInput('Reason', 'Everybody in the channel reads it. A link to the incident is kept with it.'),
      input(
        INPUTS.canary,
        'Canary',
        { type: 'static_select', options: canaries.slice(0, 100), ...chosen(canaries, '0') },
        'It goes first, alone; the others keep their order.',
      ),
      input(INPUTS.pace, 'The next batch begins', {
        type: 'radio_buttons',
        options: paces,
        ...chosen(paces, view.pace),
      }),
      input(
        INPUTS.window,
        'Confirm window of each host',
        { type: 'static_select', options: windows, ...chosen(windows, String(view.windowSeconds)) },
        'A host that nobody confirms within it takes its values back by itself, and a wave that still runs stops. Hosts can be confirmed as they are verified.',
      ),
      input(INPUTS.persist, 'How long it lasts', {
        type: 'radio_buttons',
        options: persist,
        ...chosen(persist, view.persistent ? 'persistent' : 'runtime'),
      }),
    ],
    {
      callbackId: VIEWS.wavePropose,
      metadata: JSON.stringify({ draft: view.draft }),
      submit: 'Propose',
      close: 'Cancel',
    },
  );
};

/** There is no wave to propose: why, and which hosts were left out for what. */
export const noWaveModal = (view: {
  what: string;
  why: string;
  leftOut: readonly HostLeftOut[];
  next?: string;
  who?: readonly Mention[];
}): Modal =>
  modal('Not possible', [
    rich(
      lines(
        [{ bold: `${view.what}. ` }, view.why],
        ...(view.who === undefined || view.who.length === 0
          ? []
          : [[{ bold: 'Who could  ' }, ...mentions(view.who.slice(0, 20))] as Line]),
        ...(view.next === undefined ? [] : [[{ bold: 'Do  ' }, { code: view.next }] as Line]),
      ),
    ),
    ...leftOutBlock(view.leftOut),
    paragraph('Nothing was changed.'),
  ]);

interface About {
  wave: string;
  digest: string;
  /** the wave in a line */
  brief: string;
  /** the channel that was clicked in */
  at: string;
}

const note = ({ wave, digest, at }: About): string => JSON.stringify({ wave, digest, at });

export const denyWaveModal = (view: About): Modal =>
  modal(
    'Deny the wave',
    [paragraph({ bold: view.brief }), reasonInput('Why not', 'Who asked reads it in the channel.')],
    { callbackId: VIEWS.waveDeny, metadata: note(view), submit: 'Deny', close: 'Cancel' },
  );

/** A click alone is not enough for these keys; one code covers the whole list. */
export const waveCodeModal = (
  view: About & { values: readonly { host: string; entries: readonly { key: string; from: string; to: string }[] }[] },
): Modal =>
  modal(
    'One-time code',
    [
      paragraph({ bold: view.brief }),
      paragraph({ bold: 'On  ' }, ...hostPieces(view.values.map(({ host }) => host))),
      ...valueBlocks(view.values, []),
      input(
        INPUTS.code,
        'Code of your authenticator',
        { type: 'plain_text_input', min_length: 6, max_length: 8, focus_on_load: true },
        'Six digits. Each code is good once; five wrong ones lock you out for 15 minutes.',
      ),
    ],
    { callbackId: VIEWS.waveCode, metadata: note(view), submit: 'Approve', close: 'Cancel' },
  );
