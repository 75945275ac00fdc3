/** The modals of changes: propose, by hand, dry run, a typed reason, a one-time code. */
import type { Host } from '../core/inventory.js';
import type { LeftOut } from '../core/plan.js';
import { INPUTS, VIEWS } from './actions.js';
import { diffBlocks, type Mention, mentions, type SettingWords } from './change-words.js';
import { bullets, context, type Line, lines, paragraph, plain, preformatted, rich, sectionOf } from './elements.js';
import type { AnyBlock, Modal } from './message.js';
import { duration, plural } from './words.js';

export const REASON_CHARACTERS_MAX = 1_000;

export const modal = (
  title: string,
  blocks: readonly AnyBlock[],
  more: { callbackId?: string; metadata?: string; submit?: string; close?: string } = {},
): Modal =>
  ({
    type: 'modal',
    title: plain(title, 24),
    close: plain(more.close ?? 'Close', 24),
    ...(more.submit === undefined ? {} : { submit: plain(more.submit, 24) }),
    ...(more.callbackId === undefined ? {} : { callback_id: more.callbackId }),
    ...(more.metadata === undefined ? {} : { private_metadata: more.metadata }),
    blocks: [...blocks],
  }) as Modal;

/** The host as it is registered: name, address, port and the pins by which it is known. */
const identityOf = (host: Pick<Host, 'name' | 'address' | 'port' | 'hostKeys' | 'lab'>): Line => {
  const pins =
    host.hostKeys.kind === 'pinned'
      ? host.hostKeys.keys
          .map((line) => `${line.split(' ')[0] ?? ''} …${(line.split(' ')[1] ?? '').slice(-12)}`)
          .join(', ')
      : `known_hosts ${host.hostKeys.path}`;
  return [
    { bold: host.name },
    ` at ${host.address}:${host.port}, key ${pins}`,
    host.lab === undefined ? '' : ` (a lab host: ${host.lab})`,
  ];
};

const leftOutBlocks = (leftOut: readonly LeftOut[]): AnyBlock[] =>
  leftOut.length === 0
    ? []
    : [
        rich(
          sectionOf([{ bold: 'Left out' }]),
          bullets(leftOut.slice(0, 8).map(({ key, why }): Line => [{ code: key }, `: ${why}`])),
        ),
      ];

export const input = (blockId: string, label: string, element: Record<string, unknown>, hint?: string): AnyBlock =>
  ({
    type: 'input',
    block_id: blockId,
    label: plain(label, 150),
    element: { action_id: blockId, ...element },
    ...(hint === undefined ? {} : { hint: plain(hint, 300) }),
  }) as AnyBlock;

export const reasonInput = (label: string, hint: string): AnyBlock =>
  input(
    INPUTS.reason,
    label,
    {
      type: 'plain_text_input',
      multiline: true,
      min_length: 1,
      max_length: REASON_CHARACTERS_MAX,
      focus_on_load: true,
    },
    hint,
  );

export const option = (value: string, text: string) => ({ text: plain(text, 75), value });

/** While the host's values are read: a trigger lives for three seconds, a slow host does not answer within them. */
export const readingModal = (host: { name: string }, doing = 'reading its values as they are now'): Modal =>
  modal('Change', [paragraph({ bold: host.name }, `: ${doing}…`)]);

/** Why there is nothing to propose; by which rule, and who could. */
export const refusedModal = (refusal: { what: string; why: string; who?: readonly Mention[] }): Modal =>
  modal('Not possible', [
    rich(
      lines(
        [{ bold: `${refusal.what}. ` }, refusal.why],
        ...(refusal.who === undefined || refusal.who.length === 0
          ? []
          : [[{ bold: 'Who could  ' }, ...mentions(refusal.who.slice(0, 20))] as Line]),
      ),
    ),
    paragraph('Nothing was changed.'),
  ]);

export interface ProposalView {
  /** the id of the draft, and of the change that comes of it */
  draft: string;
  host: Host;
  settings: readonly (SettingWords & { from: string; to: string })[];
  leftOut: readonly LeftOut[];
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
  finding?: string;
  undoes?: string;
  /** the longest window with which one person alone may allow it in an emergency, where policy lets anybody */
  glassWindowSeconds?: number;
  /** the gate could not be asked now: it may be proposed all the same */
  gateFailure?: string;
}

const approvalLine = ({ approvals, approvers, stepUp }: ProposalView): Line => [
  { bold: 'Needs  ' },
  `${plural(approvals, 'approval')}${stepUp ? ' with a one-time code' : ''}, never your own. `,
  ...(approvers.length === 0 ? ['Nobody could approve it here now.'] : ['May approve: ', ...mentions(approvers)]),
];

export const proposalModal = (view: ProposalView): Modal => {
  const windows = view.windowChoices.map((seconds) => option(String(seconds), duration(seconds)));
  const chosen = windows.find(({ value }) => value === String(view.windowSeconds)) ?? windows[0];
  const persist = [
    option('runtime', 'At runtime only: a reboot forgets it'),
    ...(view.mayPersist ? [option('persistent', 'Keep it for the next boot too, when confirmed')] : []),
  ];
  return modal(
    view.undoes === undefined ? 'Propose a change' : 'Propose to undo',
    [
      rich(
        lines(
          [{ bold: 'Host  ' }, ...identityOf(view.host)],
          ...(view.finding === undefined ? [] : [[{ bold: 'To cure  ' }, { code: view.finding }] as Line]),
          ...(view.undoes === undefined
            ? []
            : [[{ bold: 'Takes back  ' }, 'the confirmed change ', { code: view.undoes }] as Line]),
          approvalLine(view),
        ),
      ),
      ...diffBlocks(view.settings, view.settings),
      ...leftOutBlocks(view.leftOut),
      context('Values read from the host ', { at: view.readAt }, '. It refuses the change where one has moved since.'),
      reasonInput('Reason', 'Everybody in the channel reads it. A link to the incident is kept with it.'),
      input(
        INPUTS.window,
        'Confirm window',
        { type: 'static_select', options: windows, ...(chosen === undefined ? {} : { initial_option: chosen }) },
        `So long the new values are tried. Without a confirmation the host takes them back by itself.${view.glassWindowSeconds === undefined ? '' : ` To break the glass: ${duration(view.glassWindowSeconds)} at the most.`}`,
      ),
      input(INPUTS.persist, 'How long it lasts', {
        type: 'radio_buttons',
        options: persist,
        initial_option: view.persistent ? (persist[1] ?? persist[0]) : persist[0],
      }),
      ...(view.gateFailure === undefined
        ? []
        : [
            rich(
              lines([
                { bold: 'The gate of this host can’t be asked now: ' },
                `${view.gateFailure.slice(0, 300)} Nothing can be applied until it answers.`,
              ]),
            ),
          ]),
    ],
    { callbackId: VIEWS.propose, metadata: JSON.stringify({ draft: view.draft }), submit: 'Propose', close: 'Cancel' },
  );
};

const dryRunBlocks = ({ request, steps }: { request: string; steps: readonly string[] }): AnyBlock[] => [
  rich(sectionOf([{ bold: 'One line to the gate, over the change account' }]), preformatted(request, 2_400)),
  rich(sectionOf([{ bold: 'The gate on the host then' }]), bullets(steps.map((step): Line => [step]))),
];

/** Exactly what would happen now, nothing of it done. */
export const dryRunModal = (view: {
  change: string;
  host: { name: string };
  request: string;
  steps: readonly string[];
  /** key → value now, where it is not what was approved */
  moved: readonly { key: string; expected: string; now: string }[];
  /** why the host could not be asked */
  failure?: string;
}): Modal =>
  modal('Dry run', [
    paragraph(
      { bold: `Nothing is done. ` },
      `This is what would be done on ${view.host.name} if it were approved now.`,
    ),
    ...(view.failure === undefined
      ? view.moved.length === 0
        ? [paragraph({ bold: 'Values  ' }, 'all are what the plan expects')]
        : [
            rich(
              sectionOf([{ bold: 'The host would refuse it: values have moved' }]),
              bullets(
                view.moved
                  .slice(0, 8)
                  .map(
                    ({ key, expected, now }): Line => [
                      { code: key },
                      ` is ${now.slice(0, 200)}, expected ${expected.slice(0, 200)}`,
                    ],
                  ),
              ),
            ),
          ]
      : [paragraph({ bold: 'The host could not be asked now: ' }, view.failure.slice(0, 500))]),
    ...dryRunBlocks(view),
    context(`Change ${view.change}`),
  ]);

/** A host without a gate is read-only: what a person with root there types instead. */
export const byHandModal = (view: {
  host: Host;
  settings: readonly (SettingWords & { from: string; to: string })[];
  leftOut: readonly LeftOut[];
  commands: { set: string; back: string; boot: string };
}): Modal =>
  modal('By hand', [
    rich(
      lines(
        [{ bold: 'Host  ' }, ...identityOf(view.host)],
        [
          { bold: 'Read-only: ' },
          'it has no gate, so the bot changes nothing there. Somebody with root types this, in this order.',
        ],
      ),
    ),
    ...diffBlocks(view.settings, view.settings),
    ...leftOutBlocks(view.leftOut),
    rich(sectionOf([{ bold: 'Read, set, read back' }]), preformatted(view.commands.set, 2_900)),
    rich(sectionOf([{ bold: 'To go back' }]), preformatted(view.commands.back, 2_900)),
    rich(
      sectionOf([
        { bold: 'For the next boot too, when it has helped: a file of its own, ' },
        { code: '/etc/sysctl.d/91-by-hand.conf' },
      ]),
      preformatted(view.commands.boot, 2_900),
    ),
    context(
      'Never sysctl -p or --system: they set everything else on the host again. npx tcpstates enroll gives a host its gate.',
    ),
  ]);

/** Asks for a reason before a step that others must be able to follow. */
export const reasonModal = (view: {
  what: 'deny' | 'glass';
  change: string;
  digest: string;
  title: string;
  /** the change in a line */
  brief: string;
  /** the channel that was clicked in */
  at?: string;
  /** who is passed over by break-glass */
  skipped?: readonly Mention[];
  windowSeconds?: number;
}): Modal =>
  modal(
    view.what === 'deny' ? 'Deny the change' : 'Break glass',
    [
      paragraph({ bold: view.brief }),
      ...(view.what === 'deny'
        ? []
        : [
            rich(
              lines(
                ['You allow it alone. It is applied at once, and must be reviewed by somebody else afterwards.'],
                [
                  { bold: 'Told at once  ' },
                  ...((view.skipped ?? []).length === 0
                    ? ['nobody: policy names no approver']
                    : mentions(view.skipped ?? [])),
                ],
              ),
            ),
          ]),
      reasonInput(
        view.what === 'deny' ? 'Why not' : 'Why it can’t wait',
        view.what === 'deny'
          ? 'Who asked reads it in the channel.'
          : 'It goes into the audit log and to everybody who is passed over.',
      ),
    ],
    {
      callbackId: view.what === 'deny' ? VIEWS.deny : VIEWS.glass,
      metadata: JSON.stringify({ change: view.change, digest: view.digest, at: view.at }),
      submit: view.what === 'deny' ? 'Deny' : 'Apply it now',
      close: 'Cancel',
    },
  );

/** A click alone is not enough for these keys. With `reason` it also breaks the glass. */
export const codeModal = (view: {
  change: string;
  digest: string;
  brief: string;
  /** the channel that was clicked in */
  at?: string;
  entries: readonly { key: string; from: string; to: string }[];
}): Modal =>
  modal(
    'One-time code',
    [
      paragraph({ bold: view.brief }),
      ...diffBlocks(view.entries, []),
      input(
        INPUTS.code,
        'Code of your authenticator',
        { type: 'plain_text_input', min_length: 6, max_length: 8, focus_on_load: true },
        'Six digits. Each code is good once; five wrong ones lock you out for 15 minutes.',
      ),
    ],
    {
      callbackId: VIEWS.code,
      metadata: JSON.stringify({ change: view.change, digest: view.digest, at: view.at }),
      submit: 'Approve',
      close: 'Cancel',
    },
  );

/** Break-glass of keys that ask for a code: reason and code at once. */
export const glassWithCode = (glass: Modal): Modal =>
  ({
    ...glass,
    blocks: [
      ...glass.blocks,
      input(INPUTS.code, 'Code of your authenticator', { type: 'plain_text_input', min_length: 6, max_length: 8 }),
    ],
  }) as Modal;
