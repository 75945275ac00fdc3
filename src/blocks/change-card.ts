/** The one message of a change, for every moment of its life: what, who, what is in force, how long, what it did, what can be done. */
import { type Change, isEnded } from '../core/change.js';
import { BOOT_FILE } from '../core/dry-run.js';
import { buttonsFor } from './change-buttons.js';
import {
  diffBlocks,
  type Mention,
  measurementLine,
  mentions,
  OUTCOMES,
  type SettingWords,
  titleOf,
  whoDid,
} from './change-words.js';
import { actions, bullets, context, header, type Line, lines, type Moment, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { AnyBlock, Message } from './message.js';
import { duration, plural } from './words.js';

export interface ChangeCard {
  change: Change;
  words: readonly SettingWords[];
  /** people and groups that may approve, the requester apart */
  approvers: readonly Mention[];
  /** the keys ask for a one-time code beside the click */
  stepUp: boolean;
  /** policy has a break-glass for this host */
  glass: boolean;
  /** why an approved change is not applied yet: the host could not be asked */
  waits?: string;
}

const moment = (ms: number): Moment => ({ at: new Date(ms).toISOString() });
const day = (ms: number): Moment => ({ at: new Date(ms).toISOString(), format: '{date_short_pretty} {time_secs}' });

/** An incident's page, as people paste it; shown as text, never as a link of ours. */
const askedLines = ({ change }: ChangeCard): Line[] => [
  [
    { bold: 'Asked by  ' },
    whoDid(change.requester),
    ' ',
    moment(change.proposedAtMs),
    ': ',
    change.reason.slice(0, 500),
  ],
  ...(change.reason.length > 500 ? [[change.reason.slice(500)] as Line] : []),
  ...(change.incident === undefined ? [] : [[{ bold: 'Incident  ' }, change.incident] as Line]),
  ...(change.finding === undefined
    ? []
    : [
        [
          { bold: 'To cure  ' },
          { code: change.finding.id },
          change.finding.subject === undefined ? '' : ` (${change.finding.subject})`,
          ': the change is judged by that finding’s own numbers',
        ] as Line,
      ]),
  ...(change.wave === undefined
    ? []
    : [[{ bold: 'One host of a wave  ' }, { code: change.wave }, ': approved and begun with it alone'] as Line]),
  ...(change.undoes === undefined ? [] : [[{ bold: 'Takes back  ' }, 'change ', { code: change.undoes }] as Line]),
];

const approvalLines = ({ change, approvers, stepUp }: ChangeCard): Line[] => {
  const given = change.approvals.map(
    (approval): Line => [
      { bold: approval.breakGlass === undefined ? 'Approved by  ' : 'Broke the glass  ' },
      whoDid(approval.by),
      ' ',
      moment(approval.atMs),
      approval.breakGlass === undefined ? '' : `: ${approval.breakGlass.reason.slice(0, 400)}`,
    ],
  );
  const kept: Line[] =
    change.confirmedBy === undefined
      ? []
      : [[{ bold: 'Confirmed by  ' }, whoDid(change.confirmedBy), ' ', moment(change.endedAtMs ?? 0)]];
  if (change.state !== 'proposed' || change.wave !== undefined) return [...given, ...kept];
  const missing = change.approvalsNeeded - change.approvals.length;
  const who: Line =
    approvers.length === 0
      ? ['Nobody that policy names could: only an administrator of the policy can change that']
      : ['May approve: ', ...mentions(approvers.slice(0, 20))];
  return [
    ...given,
    [
      { bold: change.approvals.length === 0 ? 'Needs  ' : 'Still needs  ' },
      `${plural(missing, 'approval')}${stepUp ? ', each with a one-time code' : ''}. `,
      ...who,
    ],
  ];
};

const forceLines = ({ change, waits }: ChangeCard): Line[] => {
  const window = duration(change.plan.confirmWindowSeconds);
  const boot = change.plan.persistent
    ? 'and kept for the next boot when confirmed'
    : 'at runtime only: a reboot forgets them';
  switch (change.state) {
    case 'proposed':
      return [
        change.wave !== undefined
          ? [{ bold: 'Now  ' }, 'nothing is changed: it waits for its turn in the wave']
          : [{ bold: 'Now  ' }, 'nothing is changed. Ends ', moment(change.expiresAtMs), ' unless approved'],
        [
          { bold: 'Then  ' },
          `the new values for ${window} ${boot}; without a confirmation the host takes them back by itself`,
        ],
      ];
    case 'approved':
      return [
        [
          { bold: 'Now  ' },
          waits === undefined
            ? 'nothing is changed yet: the host is measured first, then told.'
            : `nothing is changed: the host could not be asked (${waits.slice(0, 300).replace(/[.]+$/, '')}). It is tried again until `,
          ...(waits === undefined ? [] : [moment(change.expiresAtMs)]),
        ],
      ];
    case 'applying':
      return [[{ bold: 'Now  ' }, 'the host is being told; what became of it is asked until it is known']];
    case 'applied':
    case 'verified':
      if (change.held !== undefined)
        return [
          [
            { bold: 'Now  ' },
            'the new values are still in force. The host was to take them back and can not yet: ',
            change.held.why.slice(0, 500),
          ],
          [{ bold: 'Do  ' }, 'bring the use down. The host tries again every minute and needs nobody for that'],
        ];
      return [
        [
          { bold: 'Now  ' },
          'the new values are in force. ',
          { bold: 'The host takes them back at ' },
          moment(change.windowEndsAtMs ?? 0),
          { bold: ' unless somebody confirms.' },
        ],
        ...(change.underway === undefined
          ? []
          : [
              [
                { bold: 'Under way  ' },
                `${change.underway.step} by `,
                whoDid(change.underway.by),
                '; asked of the host until it is known',
              ] as Line,
            ]),
      ];
    case 'confirmed':
      return [
        [
          { bold: 'Now  ' },
          change.plan.persistent
            ? `the new values are in force, also after a reboot (${BOOT_FILE})`
            : 'the new values are in force, until the next reboot',
        ],
        ...change.shadowedBy.slice(0, 8).map((it): Line => [{ bold: 'Mind  ' }, it]),
      ];
    case 'reverted':
      return [[{ bold: 'Now  ' }, 'the values from before are in force again: ', (change.ending ?? '').slice(0, 500)]];
    case 'revert-failed':
      return [
        [{ bold: 'Look at the host now: ' }, (change.ending ?? '').slice(0, 500)],
        [{ bold: 'Do  ' }, 'read the values above on the host and set by hand what is not right'],
      ];
    case 'denied':
    case 'expired':
    case 'stale':
    case 'failed':
      return [[{ bold: 'Now  ' }, 'nothing is changed: ', (change.ending ?? '').slice(0, 1_000)]];
  }
};

const measurementBlocks = (change: Change): AnyBlock[] => {
  if (change.measurements.length === 0) return [];
  return [rich(lines([{ bold: 'Measured' }]), bullets(change.measurements.map(measurementLine)))];
};

const reviewLines = (change: Change): Line[] =>
  change.review === undefined
    ? []
    : [
        change.review.doneBy === undefined
          ? [{ bold: 'To be reviewed  ' }, 'the glass was broken for it: somebody else must look at it afterwards']
          : [{ bold: 'Reviewed by  ' }, whoDid(change.review.doneBy), ' ', moment(change.review.atMs ?? 0)],
      ];

/** Everything that an approval covers is in parts that are never left out. */
export const cardParts = (card: ChangeCard, withButtons = true): readonly Part[] => {
  const { change, words } = card;
  const buttons = withButtons ? buttonsFor(card) : [];
  const { plan } = change;
  // What is over needs no explanation of its keys any more.
  const explained = change.state === 'proposed' || change.state === 'approved' ? words : [];
  return [
    always(header(titleOf(change))),
    always(rich(lines(...askedLines(card), ...approvalLines(card)))),
    always(...diffBlocks(plan.entries, explained)),
    always(rich(lines(...forceLines(card), ...reviewLines(change)))),
    always(...measurementBlocks(change)),
    ...(buttons.length === 0 ? [] : [always(actions(buttons))]),
    always(
      context(
        `Change ${change.id} on ${plan.host.name} (${plan.host.address}:${plan.host.port}), plan ${change.digest.slice(0, 12)}, ${
          plan.persistent ? 'persistent' : 'runtime only'
        }, window ${duration(plan.confirmWindowSeconds)}. Asked `,
        day(change.proposedAtMs),
        ...(change.endedAtMs === undefined ? [] : ['. Ended ', day(change.endedAtMs)]),
      ),
    ),
  ];
};

export const changeMessage = (card: ChangeCard): Message => {
  const { change } = card;
  const last = change.measurements.at(-1);
  const judged =
    last === undefined || isEnded(change.state)
      ? ''
      : `. ${OUTCOMES[last.outcome]} after ${duration(last.afterSeconds)}`;
  const act = change.state === 'revert-failed' ? '. Look at the host now' : '';
  return messageOf(spoken(`${titleOf(change)}${judged}${act}`), cardParts(card), '/changes shows all of it.');
};
