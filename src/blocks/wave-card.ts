/** The one message of a wave, for every moment of it: which hosts, in which batches, what became of each, and what can be done. */
import type { Button } from '@slack/types';
import type { Actor, Change } from '../core/change.js';
import { begunOf, isOver, type Wave } from '../core/wave.js';
import { isInForce, toConfirm } from '../core/wave-course.js';
import type { HostLeftOut } from '../core/wave-plan.js';
import { ACTIONS, encodeRef } from './actions.js';
import { type Mention, measurementLine, mentions, type SettingWords, whoDid } from './change-words.js';
import { actions, bullets, button, context, header, type Line, lines, type Moment, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, fits, messageOf, type Part } from './fit.js';
import type { Message } from './message.js';
import {
  batchBlock,
  curesLine,
  leftOutBlock,
  paceWords,
  takesWords,
  valueBlocks,
  valuesIn,
  waveTitle,
} from './wave-words.js';
import { duration, list, plural } from './words.js';

export interface WaveCard {
  wave: Wave;
  /** by id */
  changes: ReadonlyMap<string, Change>;
  words: readonly SettingWords[];
  /** hosts that the selector names and that are no part of it */
  leftOut: readonly HostLeftOut[];
  /** people and groups that may approve on all of its hosts, the requester apart */
  approvers: readonly Mention[];
  stepUp: boolean;
}

const moment = (ms: number): Moment => ({ at: new Date(ms).toISOString() });
const day = (ms: number): Moment => ({ at: new Date(ms).toISOString(), format: '{date_short_pretty} {time_secs}' });

const peopleLines = ({ wave, changes, approvers, stepUp }: WaveCard): Line[] => {
  const missing = wave.approvalsNeeded - wave.approvals.length;
  return [
    [{ bold: 'Asked by  ' }, whoDid(wave.requester), ' ', moment(wave.proposedAtMs), ': ', wave.reason.slice(0, 500)],
    ...(wave.reason.length > 500 ? [[wave.reason.slice(500)] as Line] : []),
    ...(wave.incident === undefined ? [] : [[{ bold: 'Incident  ' }, wave.incident] as Line]),
    ...curesLine([...changes.values()].map(({ finding }) => finding)),
    ...wave.approvals.map((given): Line => [{ bold: 'Approved by  ' }, whoDid(given), ' ', moment(given.atMs)]),
    ...confirmedLines(changes),
    ...(wave.state === 'proposed'
      ? [
          [
            { bold: wave.approvals.length === 0 ? 'Needs  ' : 'Still needs  ' },
            `${plural(missing, 'approval')} of the whole list${stepUp ? ', each with a one-time code' : ''}. `,
            ...(approvers.length === 0
              ? ['Nobody could: no one person that policy names may approve on all of these hosts']
              : ['May approve: ', ...mentions(approvers.slice(0, 20))]),
          ] as Line,
        ]
      : []),
  ];
};

/** Who confirmed on how many hosts, and the last time of each. */
const confirmedLines = (changes: ReadonlyMap<string, Change>): Line[] => {
  const people = new Map<string, { by: Actor; hosts: number; lastMs: number }>();
  for (const { confirmedBy, endedAtMs = 0 } of changes.values()) {
    if (confirmedBy === undefined) continue;
    const known = people.get(confirmedBy.account) ?? { by: confirmedBy, hosts: 0, lastMs: 0 };
    people.set(confirmedBy.account, {
      by: confirmedBy,
      hosts: known.hosts + 1,
      lastMs: Math.max(known.lastMs, endedAtMs),
    });
  }
  return [...people.values()].map(({ by, hosts, lastMs }) => [
    { bold: 'Confirmed by  ' },
    whoDid(by),
    ` on ${plural(hosts, 'host')}, `,
    moment(lastMs),
  ]);
};

/** Hosts that took their values back, and why: each reason once. */
const takenBackLines = ({ wave, changes }: WaveCard): Line[] => {
  const groups = new Map<string, { hosts: string[]; lastMs: number }>();
  for (const { host, change: id } of begunOf(wave)) {
    const change = changes.get(id);
    if (change?.state !== 'reverted') continue;
    const why = change.ending ?? '';
    const known = groups.get(why) ?? { hosts: [], lastMs: 0 };
    groups.set(why, { hosts: [...known.hosts, host], lastMs: Math.max(known.lastMs, change.endedAtMs ?? 0) });
  }
  return [...groups].map(([why, { hosts, lastMs }]) => [
    { bold: 'Values from before are in force again  ' },
    `on ${hosts.length > 6 ? plural(hosts.length, 'host') : list(hosts)} since `,
    moment(lastMs),
    `: ${why === 'the window ended' ? 'nobody confirmed it in time' : why.slice(0, 300)}`,
  ]);
};

const endingLine = ({ ending }: Wave, before: string): Line => [
  { bold: before },
  ...(ending?.host === undefined ? [] : [{ bold: ending.host }, ': ']),
  ...(ending === undefined || ending.by === 'bot'
    ? [(ending?.why ?? '').slice(0, 500)]
    : ending.why === `asked by ${ending.by.person}`
      ? ['by ', whoDid(ending.by)]
      : [ending.why.slice(0, 500), ', by ', whoDid(ending.by)]),
];

const courseLines = (card: WaveCard): Line[] => {
  const { wave, changes } = card;
  const window = duration(wave.confirmWindowSeconds);
  const boot = wave.persistent
    ? 'A confirmation also keeps the values for the next boot.'
    : 'At runtime only: a reboot forgets them.';
  const inForce = begunOf(wave).filter(({ change }) => isInForce(changes.get(change)));
  const ends = inForce.flatMap(({ change }) => changes.get(change)?.windowEndsAtMs ?? []);
  const timer: Line[] =
    ends.length === 0
      ? []
      : [
          [
            { bold: 'Each host takes its values back by itself unless they are confirmed: ' },
            'the first at ',
            moment(Math.min(...ends)),
            ...(Math.max(...ends) - Math.min(...ends) < 1_000 ? [] : [', the last at ', moment(Math.max(...ends))]),
          ],
        ];
  switch (wave.state) {
    case 'proposing':
    case 'proposed':
      return [
        [{ bold: 'Now  ' }, 'nothing is changed. Ends ', moment(wave.expiresAtMs), ' unless approved'],
        [
          { bold: 'Then  ' },
          `one host alone as the canary; ${paceWords(wave.pace, wave.looksSeconds)}; ${takesWords(wave.batches.length, wave.pace, wave.looksSeconds)}. It stops at the first host that fails, can’t be verified or gets worse`,
        ],
        [
          { bold: 'Way back  ' },
          `${window} after it got its values each host takes them back by itself unless they are confirmed. ${boot}`,
        ],
      ];
    case 'running':
      return [
        [
          { bold: 'Now  ' },
          `${paceWords(wave.pace, wave.looksSeconds)}; it stops at the first host that fails, can’t be verified or gets worse`,
        ],
        ...timer,
      ];
    case 'stopped':
      return [
        endingLine(wave, 'Stopped  '),
        ...(inForce.length === 0 || wave.reverting !== undefined
          ? []
          : ([
              [
                { bold: 'Nothing more is begun. ' },
                `In force on ${plural(inForce.length, 'host')}: revert or confirm.`,
              ],
            ] as Line[])),
        ...timer,
        ...takenBackLines(card),
      ];
    case 'done':
      return [
        inForce.length === 0
          ? [{ bold: 'Over  ' }, 'every host has had its turn, and nothing waits any more.']
          : [{ bold: 'Now  ' }, `every host has had its turn and was verified. ${boot}`],
        ...timer,
        ...takenBackLines(card),
      ];
    default:
      return [endingLine(wave, 'Nothing is changed: ')];
  }
};

const revertLine = ({ wave }: WaveCard): Line[] =>
  wave.reverting === undefined
    ? []
    : [[{ bold: 'Revert asked by  ' }, whoDid(wave.reverting), ' ', moment(wave.reverting.atMs), ', all of it']];

const allOf = (count: number): string => (count === 1 ? '1 host' : `all ${count}`);

/** The buttons that fit what it is now; none for what nobody can do any more. */
export const waveButtons = ({ wave, changes }: Pick<WaveCard, 'wave' | 'changes'>): Button[] => {
  const value = encodeRef({ wave: wave.id, digest: wave.digest, begun: wave.begun });
  const make = (action: string, text: string, more: Parameters<typeof button>[2] = {}): Button =>
    button(action, text, { value, label: `${text}: the wave on ${wave.selector.slice(0, 40)}`, ...more });
  const hosts = make(ACTIONS.waveShow, 'Hosts one by one');
  if (wave.state === 'proposing') return [];
  if (wave.state === 'proposed')
    return [
      make(ACTIONS.waveApprove, 'Approve', { style: 'primary' }),
      make(ACTIONS.waveDeny, 'Deny'),
      make(ACTIONS.waveWho, 'Who can?'),
    ];
  if (isOver(wave) && wave.begun === 0) return [];
  const inForce = begunOf(wave).filter(({ change }) => isInForce(changes.get(change)));
  const good = toConfirm(wave, changes, wave.begun);
  const isBad = wave.state === 'stopped';
  const confirm =
    good.length === 0 || wave.reverting !== undefined
      ? []
      : [
          make(
            ACTIONS.waveConfirm,
            good.length === inForce.length
              ? `Confirm ${allOf(good.length)}`
              : `Confirm ${good.length} of ${inForce.length}`,
            {
              ...(isBad ? {} : { style: 'primary' as const }),
            },
          ),
        ];
  const revert =
    inForce.length === 0 || wave.reverting !== undefined
      ? []
      : [
          make(ACTIONS.waveRevert, `Revert ${allOf(inForce.length)}`, {
            ...(isBad ? { style: 'danger' as const } : {}),
            confirm: {
              title: 'Revert all?',
              text: `${wave.state === 'running' ? 'Stops the wave. ' : ''}Every host that has the new values gets its old ones back, ${inForce.length} now.`,
              yes: 'Revert all',
              no: 'Cancel',
            },
          }),
        ];
  const stop = wave.state === 'running' ? [make(ACTIONS.waveStop, 'Stop the wave', { style: 'danger' })] : [];
  // In the same places whatever happened: who clicks in a hurry clicks by habit.
  return [...confirm, ...revert, ...stop, hosts];
};

/** The hosts' own timers may go on after it. */
const ENDED: Partial<Record<Wave['state'], string>> = { done: '. Last host verified ', stopped: '. Stopped ' };

/** Everything that an approval covers is in parts that are never left out. */
export const waveParts = (card: WaveCard): readonly Part[] => {
  const whole = partsOf(card, true);
  // Of very many hosts in very many states the times are left to the lines above, and to each host's own change.
  return fits(whole.filter(({ need }) => need === 0)) ? whole : partsOf(card, false);
};

const partsOf = (card: WaveCard, withTimes: boolean): readonly Part[] => {
  const { wave, changes, words, leftOut } = card;
  const buttons = waveButtons(card);
  const waits = wave.state === 'proposed' || wave.state === 'proposing';
  const values = valueBlocks(valuesIn(wave, changes), waits ? words : []);
  const people = always(rich(lines(...peopleLines(card))));
  const course = always(rich(lines(...courseLines(card), ...revertLine(card))));
  const batches = always(batchBlock(wave, changes, withTimes));
  const others: Part = {
    blocks: leftOutBlock(leftOut),
    need: waits ? 1 : 3,
    name: 'hosts that are no part of it',
  };
  return [
    always(header(waveTitle(wave, changes))),
    // Before its approval what it would do; afterwards what it does. Each host's own change still shows its values then.
    ...(waits
      ? [people, always(...values), batches, others, course]
      : [course, batches, measuredPart(card), people, { blocks: values, need: 2, name: 'the values' }, others]),
    ...(buttons.length === 0 ? [] : [always(actions(buttons))]),
    always(
      context(
        `Wave ${wave.id}, list ${wave.digest.slice(0, 12)}, ${wave.persistent ? 'persistent' : 'runtime only'}, window ${duration(wave.confirmWindowSeconds)}. Asked `,
        day(wave.proposedAtMs),
        ...(wave.endedAtMs === undefined ? [] : [ENDED[wave.state] ?? '. Ended ', day(wave.endedAtMs)]),
      ),
    ),
  ];
};

/** Hosts whose numbers are shown in the wave's own message. */
const MEASURED_MAX = 4;

/** Before and after by the finding's measure: whom it did no good first. A setting by hand is judged by harm alone: a word is enough. */
const measuredPart = ({ wave, changes }: WaveCard): Part => {
  const looks = begunOf(wave).flatMap(({ host, change: id }) => {
    const change = changes.get(id);
    const look = change?.measurements.at(-1);
    return change?.finding === undefined || look === undefined ? [] : [{ host, look }];
  });
  if (looks.length === 0) return { blocks: [], need: 1, name: '' };
  const shown = [
    ...looks.filter(({ look }) => look.outcome !== 'better'),
    ...looks.filter(({ look }) => look.outcome === 'better'),
  ].slice(0, MEASURED_MAX);
  return {
    blocks: [
      rich(
        lines([{ bold: 'Measured' }]),
        bullets(shown.map(({ host, look }): Line => [{ bold: `${host}  ` }, ...measurementLine(look)])),
      ),
      ...(looks.length > shown.length
        ? [context(`${looks.length - shown.length} more: each host’s own change has it, by Hosts one by one.`)]
        : []),
    ],
    need: 1,
    name: 'what was measured',
  };
};

export const waveMessage = (card: WaveCard): Message =>
  messageOf(spoken(waveTitle(card.wave, card.changes)), waveParts(card), '/changes shows all of it.');

/** Whether all that would be approved can be shown: what can't is not proposed. */
export const waveFits = (card: WaveCard): boolean => fits(waveParts(card).filter(({ need }) => need === 0));
