/** `/changes`: those that are open and past; `/changes <id>`: one with its history. */
import type { Change, ChangeEvent, Doer } from '../core/change.js';
import { isEnded } from '../core/change.js';
import type { Wave } from '../core/wave.js';
import { ACTIONS, encodeRef } from './actions.js';
import { type ChangeCard, cardParts } from './change-card.js';
import { briefOf, OUTCOMES, stateWord, titleOf, whoDid } from './change-words.js';
import {
  actions,
  bullets,
  button,
  context,
  header,
  type Line,
  lines,
  type Moment,
  paragraph,
  rich,
  sectionOf,
} from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { Message } from './message.js';
import { waveRow } from './wave-words.js';
import { count, duration, list, plural } from './words.js';

const ROWS = 20;
const BUTTONS = 5;
const day = (ms: number): Moment => ({ at: new Date(ms).toISOString(), format: '{date_short_pretty} {time_secs}' });

const row = (change: Change): Line => [
  { bold: `${stateWord(change)}  ` },
  { bold: change.plan.host.name },
  `: ${briefOf(change)}, asked by `,
  whoDid(change.requester),
  ' ',
  day(change.proposedAtMs),
  ...((change.state === 'applied' || change.state === 'verified') && change.held === undefined
    ? [', reverts itself at ', { at: new Date(change.windowEndsAtMs ?? 0).toISOString() }]
    : []),
  ...(change.review !== undefined && change.review.doneBy === undefined ? [', to be reviewed'] : []),
  ...(change.wave === undefined ? [] : [', of wave ', { code: change.wave }]),
  '  ',
  { code: change.id },
];

export const changesMessage = (view: {
  changes: readonly Change[];
  /** each one row, its hosts folded into it */
  waves?: readonly { wave: Wave; changes: ReadonlyMap<string, Change> }[];
  /** what was asked for, in words */
  filter: string;
  /** those that are over are among them */
  past?: boolean;
  /** there were more than were read */
  more: boolean;
}): Message => {
  const { changes, waves = [], filter, more } = view;
  const counted = [
    ...(waves.length === 0 ? [] : [plural(waves.length, 'wave')]),
    ...(changes.length === 0 ? [] : [plural(changes.length, 'change')]),
  ];
  const verdict = counted.length === 0 ? `No changes: ${filter}` : `${list(counted)}: ${filter}`;
  const waits = [...waves.map(({ wave }) => wave), ...changes].filter(({ state }) => state === 'proposed').length;
  const inForce = changes.filter(({ state }) => state === 'applied' || state === 'verified').length;
  const todo = [
    ...(waits > 0 ? [`${count(waits)} ${waits === 1 ? 'waits' : 'wait'} for an approval`] : []),
    ...(inForce > 0 ? [`${count(inForce)} in force, to be confirmed`] : []),
  ];
  const shown = changes.slice(0, Math.max(0, ROWS - waves.length));
  const open = shown.filter(({ state }) => !isEnded(state)).slice(0, BUTTONS);
  // The newest first, waves among changes.
  const rows = [
    ...waves.map((it) => ({ atMs: it.wave.proposedAtMs, line: waveRow(it.wave, it.changes) })),
    ...shown.map((change) => ({ atMs: change.proposedAtMs, line: row(change) })),
  ]
    .sort((a, b) => b.atMs - a.atMs)
    .map(({ line }) => line);
  const buttons = [
    ...waves.slice(0, BUTTONS).map(({ wave }, index) =>
      button(`${ACTIONS.waveShow}:${index}`, `Show wave ${wave.id.slice(-4)} on ${wave.selector.slice(0, 36)}`, {
        value: encodeRef({ wave: wave.id }),
        label: `Show the wave on ${wave.selector.slice(0, 40)}, host by host`,
      }),
    ),
    ...open.map((change, index) =>
      button(`${ACTIONS.changeShow}:${index}`, `Show ${change.plan.host.name}`, {
        value: encodeRef({ host: change.plan.host.name, change: change.id }),
        label: `Show the change of ${change.plan.host.name}: ${briefOf(change)}`,
      }),
    ),
  ];
  return messageOf(
    spoken([verdict, ...todo].join('; ')),
    [
      always(header(verdict)),
      ...(rows.length === 0
        ? [...(view.past === true ? [] : [always(paragraph('Past ones too: ', { code: '/changes all' }, '.'))])]
        : [
            always(rich(bullets(rows.slice(0, 10)))),
            { blocks: rows.length > 10 ? [rich(bullets(rows.slice(10)))] : [], need: 2, name: 'older ones' },
          ]),
      ...(buttons.length === 0 ? [] : [always(actions(buttons))]),
      ...(more || shown.length < changes.length
        ? [always(context('There are more: narrow it with a host, --person, or --since 2h.'))]
        : []),
    ],
    'Name a host or --since to see them.',
  );
};

const did = (event: ChangeEvent): { who?: Doer; what: string } => {
  switch (event.type) {
    case 'proposed':
      return { who: event.by, what: 'proposed it' };
    case 'approval-given':
      return { who: event.by, what: event.breakGlass === undefined ? 'approved it' : 'broke the glass' };
    case 'denied':
      return { who: event.by, what: `denied it: ${event.reason.slice(0, 200)}` };
    case 'withdrawn':
      return { who: event.by, what: `withdrew it: ${event.reason.slice(0, 200)}` };
    case 'expired':
      return { what: 'it expired' };
    case 'apply-intended':
      return { what: 'the host was about to be told' };
    case 'applied':
      return { what: 'in force on the host' };
    case 'went-stale':
      return { what: `not applied: ${event.detail.slice(0, 200)}` };
    case 'failed':
      return { what: `failed: ${event.detail.slice(0, 200)}` };
    case 'measured':
      return {
        what: `measured after ${duration(event.measurement.afterSeconds)}: ${OUTCOMES[event.measurement.outcome]}, ${event.measurement.now.slice(0, 200)}`,
      };
    case 'verified':
      return { what: 'verified' };
    case 'confirm-intended':
      return { who: event.by, what: 'confirmed it' };
    case 'confirmed':
      return { what: 'the host has confirmed it' };
    case 'revert-intended':
      return { who: event.by, what: `reverted it: ${event.why.slice(0, 200)}` };
    case 'reverted':
      return { what: `the values from before are in force: ${event.why.slice(0, 200)}` };
    case 'revert-failed':
      return { what: `the revert failed: ${event.detail.slice(0, 200)}` };
    case 'revert-held':
      return { what: `the revert waits: ${event.why.slice(0, 200)}` };
    case 'step-refused':
      return { what: `${event.step} had no effect: ${event.detail.slice(0, 200)}` };
    case 'reviewed':
      return { who: event.by, what: 'reviewed it' };
  }
};
const atOf = (event: ChangeEvent): number => (event.type === 'measured' ? event.measurement.atMs : event.atMs);

const historyPart = (events: readonly ChangeEvent[]): Part => ({
  blocks: [
    rich(
      sectionOf([{ bold: 'History' }]),
      bullets(
        events.slice(-25).map((event): Line => {
          const { who, what } = did(event);
          return [day(atOf(event)), '  ', ...(who === undefined ? [] : [whoDid(who), ' ']), what];
        }),
      ),
    ),
  ],
  need: 1,
  name: 'the history',
});

/** One change, to who asks, with the same buttons as its message: also where that one was deleted. */
export const changeDetailMessage = (card: ChangeCard, events: readonly ChangeEvent[]): Message =>
  messageOf(
    spoken(titleOf(card.change)),
    [...cardParts(card), historyPart(events)],
    'npx tcpstates audit has all of it.',
  );

export const noSuchChangeMessage = (id: string): Message =>
  messageOf(spoken(`There is no change ${id} that you may see.`), [
    always(
      rich(
        lines(
          [{ bold: 'There is no change ' }, { code: id }, { bold: ' that you may see.' }],
          ['See them with ', { code: '/changes all' }],
        ),
      ),
    ),
  ]);
